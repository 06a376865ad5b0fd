// A request and its answer, without sockets.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace barnabas::admin {

struct Request {
  std::string method;                                               // "GET"
  std::string path;                                                 // as sent, without the query
  std::map<std::string, std::string, std::less<>> parameters = {};  // of the path, decoded
  std::vector<std::pair<std::string, std::string>> query = {};      // decoded, in order
  std::string body = {};
  std::string base_url = {};  // "http://localhost:9080", for links

  const std::string& parameter(std::string_view name) const;            // must be in the route's pattern
  std::optional<std::string> query_value(std::string_view name) const;  // the first of that name
  std::vector<std::string> query_values(std::string_view name) const;
};
using RequestPtr = std::shared_ptr<const Request>;

struct Response {
  int status = 200;
  std::string body = {};
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// The one answer to a request. Move-only, from any thread; the first call counts. Destroyed without an answer
// it sends 500, so that no client waits for a bug of ours.
class Responder {
 public:
  using Sink = std::move_only_function<void(Response)>;
  explicit Responder(Sink sink) : sink_(std::move(sink)) {}
  Responder(Responder&& other) noexcept : sink_(std::exchange(other.sink_, nullptr)) {}
  Responder& operator=(Responder&&) = delete;
  ~Responder();

  void send(Response response);

 private:
  Sink sink_;
};

// {"error_code": code, "message": message}
Response error_response(int status, int code, std::string_view message);
inline Response error_response(int status, std::string_view message) {
  return error_response(status, status, message);
}

// "%2F" to "/"; nullopt for a broken escape.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
// Everything but unreserved characters becomes an escape.
std::string percent_encode(std::string_view text);
// nullopt for a broken escape.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);

}  // namespace barnabas::admin
