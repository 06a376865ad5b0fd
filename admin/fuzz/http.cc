// Bytes as what arrives on a connection of the HTTP endpoint: parsed, checked by the gate, led to its route
// and answered from a backend that knows a little cluster.
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "admin/api.h"
#include "admin/gate.h"
#include "admin/tests/fake_backend.h"

namespace barnabas::admin {
namespace {

void answer(const Router& router, const RequestHead& head, std::string_view target, std::string body) {
  static const Gate gate("", {});
  if (gate.check(head)) return;
  const auto question = target.find('?');
  const std::string_view query =
      question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  auto request = std::make_shared<Request>();
  request->method = head.method;
  request->path = target.substr(0, question);
  request->base_url = concat("http://", head.host);
  request->body = std::move(body);
  auto parsed = parse_query(query);
  auto match = router.match(request->method, request->path);
  if (!parsed || match.broken_path || !match.route) return;
  request->query = std::move(*parsed);
  request->parameters = std::move(match.parameters);
  match.route->handler(std::move(request), Responder([](Response response) {
                         if (response.status < 100 || response.status > 599) std::abort();
                       }));
}

}  // namespace
}  // namespace barnabas::admin

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace barnabas::admin;  // NOLINT: one short program
  namespace beast = boost::beast;
  namespace http = boost::beast::http;
  // The backend notes what it is told to change; nothing of that is read back here.
  static FakeBackend backend;
  static const Router router = make_api(backend);
  const auto view = [](beast::string_view text) { return std::string_view(text.data(), text.size()); };
  std::size_t at = 0;
  while (at < size) {
    http::request_parser<http::string_body> parser;
    parser.eager(true);
    parser.header_limit(16 * 1024);
    parser.body_limit(64 * 1024);
    beast::error_code error;
    const std::size_t used = parser.put(boost::asio::buffer(data + at, size - at), error);
    if (error || !parser.is_done() || used == 0) return 0;
    at += used;
    auto message = parser.release();
    const RequestHead head{.method = view(message.method_string()),
                           .host = view(message[http::field::host]),
                           .origin = view(message[http::field::origin]),
                           .authorization = view(message[http::field::authorization]),
                           .content_type = view(message[http::field::content_type]),
                           .peer_is_local = true};
    answer(router, head, view(message.target()), message.body());
  }
  return 0;
}
