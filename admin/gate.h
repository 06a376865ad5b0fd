// Who may ask what: the checks that come before any route.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/http.h"

namespace barnabas::admin {

// What the checks look at; empty where the request has no such header.
struct RequestHead {
  std::string_view method;
  std::string_view host;
  std::string_view origin;
  std::string_view authorization;
  std::string_view content_type;
  bool peer_is_local = false;  // a loopback address
};

// A browser of the operator must not become a tool of a web page: neither by a foreign name that resolves to
// this machine (Host), nor by a request from a foreign page (Origin), nor by a form (content type). Whoever
// can reach the port may read; changes need the token, or, without one, come from this machine. Constant; any
// thread.
class Gate {
 public:
  Gate(std::string token, std::vector<std::string> allowed_hosts);

  // The refusal, or nothing.
  std::optional<Response> check(const RequestHead& head) const;

 private:
  bool host_allowed(std::string_view host) const;

  const std::string token_;
  const std::vector<std::string> allowed_hosts_;
};

// "[::1]:9080" to "::1"; "localhost" stays.
std::string_view host_name_of(std::string_view host_and_port);
bool is_ip_address(std::string_view host);
bool is_loopback_address(std::string_view address);
bool changes_something(std::string_view method);
// Takes the same time wherever the texts differ.
bool equal_in_constant_time(std::string_view left, std::string_view right);

}  // namespace barnabas::admin
