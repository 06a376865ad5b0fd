#include "admin/gate.h"

#include <arpa/inet.h>

#include <algorithm>

#include "common/text.h"

namespace barnabas::admin {
namespace {

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& letter : lowered) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return lowered;
}

bool is_json(std::string_view content_type) {
  const std::string type = lower(trim(content_type.substr(0, content_type.find(';'))));
  return type == "application/json" || (type.starts_with("application/") && type.ends_with("+json"));
}

// "http://localhost:9080" against the Host header "localhost:9080".
bool same_origin(std::string_view origin, std::string_view host) {
  constexpr std::string_view kHttp = "http://", kHttps = "https://";
  if (origin.starts_with(kHttp)) {
    origin.remove_prefix(kHttp.size());
  } else if (origin.starts_with(kHttps)) {
    origin.remove_prefix(kHttps.size());
  } else {
    return false;  // "null" among others
  }
  return lower(origin) == lower(host);
}

}  // namespace

std::string_view host_name_of(std::string_view host) {
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    return end == std::string_view::npos ? std::string_view() : host.substr(1, end - 1);
  }
  const auto colon = host.find(':');
  return host.find(':', colon == std::string_view::npos ? colon : colon + 1) == std::string_view::npos
             ? host.substr(0, colon)
             : host;
}

bool is_ip_address(std::string_view host) {
  const std::string text(host);
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, text.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

bool is_loopback_address(std::string_view address) {
  if (address.starts_with("::ffff:")) address.remove_prefix(7);
  return address.starts_with("127.") || address == "::1";
}

bool changes_something(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

bool equal_in_constant_time(std::string_view left, std::string_view right) {
  // The length of the secret may show; its content must not.
  unsigned difference = left.size() == right.size() ? 0 : 1;
  for (std::size_t at = 0; at < left.size(); ++at) {
    const auto other = right.empty() ? '\0' : right[at % right.size()];
    difference |= static_cast<unsigned>(left[at] ^ other);
  }
  return difference == 0;
}

Gate::Gate(std::string token, std::vector<std::string> allowed_hosts)
    : token_(std::move(token)), allowed_hosts_(std::move(allowed_hosts)) {}

bool Gate::host_allowed(std::string_view host) const {
  const std::string_view name = host_name_of(host);
  if (name.empty()) return false;
  const std::string lowered = lower(name);
  if (lowered == "localhost" || is_ip_address(lowered)) return true;
  return std::any_of(allowed_hosts_.begin(), allowed_hosts_.end(),
                     [&](const std::string& allowed) { return allowed == "*" || lower(allowed) == lowered; });
}

std::optional<Response> Gate::check(const RequestHead& head) const {
  if (!host_allowed(head.host)) {
    return error_response(403, concat("The host '", head.host,
                                      "' is not allowed; names other than localhost are listed in "
                                      "admin.allowed.hosts."));
  }
  if (!head.origin.empty() && !same_origin(head.origin, head.host))
    return error_response(403, concat("Requests from the origin '", head.origin, "' are not allowed."));
  if (!changes_something(head.method)) return std::nullopt;
  if (!token_.empty()) {
    constexpr std::string_view kBearer = "bearer ";
    const bool bearer = lower(head.authorization.substr(0, kBearer.size())) == kBearer;
    if (!bearer || !equal_in_constant_time(token_, trim(head.authorization.substr(kBearer.size())))) {
      Response refusal =
          error_response(401, 40101, "This change needs the token of admin.token as a bearer token.");
      refusal.headers.emplace_back("WWW-Authenticate", "Bearer");
      return refusal;
    }
  } else if (!head.peer_is_local) {
    return error_response(403, 40301, "Changes from other machines need a token: set admin.token.");
  }
  if (head.method != "DELETE" && !is_json(head.content_type)) {
    return error_response(415, "The content type must be application/json.");
  }
  return std::nullopt;
}

}  // namespace barnabas::admin
