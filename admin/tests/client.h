// A small HTTP client of the tests, on a real socket.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "admin/json.h"

namespace barnabas::admin {

struct Reply {
  int status = 0;                              // 0: the server closed
  std::map<std::string, std::string> headers;  // by lower-case name
  std::string body;
  Json json() const { return Json::parse(body, nullptr, false); }
};

// One connection to 127.0.0.1; every wait ends after ten seconds.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;

  void send(std::string_view bytes);
  Reply read(bool is_head = false);
  Reply ask(std::string_view method, std::string_view path, std::string_view body = {},
            const std::vector<std::string>& headers = {});
  bool closed();  // waits for the server to close

 private:
  bool fill();
  int socket_;
  std::uint16_t port_;
  std::string buffer_;
};

}  // namespace barnabas::admin
