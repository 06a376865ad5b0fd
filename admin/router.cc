#include "admin/router.h"

#include <algorithm>

#include "common/assert.h"

namespace barnabas::admin {
namespace {

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool fits(const std::vector<std::string_view>& pattern, const std::vector<std::string_view>& path) {
  if (pattern.size() != path.size()) return false;
  for (std::size_t at = 0; at < path.size(); ++at) {
    if (is_parameter(pattern[at]) ? path[at].empty() : pattern[at] != path[at]) return false;
  }
  return true;
}

// Which of two patterns that fit the same path says more, from the left.
bool more_literal(const std::vector<std::string_view>& left, const std::vector<std::string_view>& right) {
  for (std::size_t at = 0; at < left.size(); ++at) {
    if (is_parameter(left[at]) != is_parameter(right[at])) return is_parameter(right[at]);
  }
  return false;
}

}  // namespace

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> segments;
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  for (;;) {
    const auto slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

void Router::add(Route route) {
  ASSERT(route.handler != nullptr && route.path.starts_with('/'));
  routes_.push_back(std::move(route));
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
  Match match;
  const auto segments = split_path(path);
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  std::vector<std::string_view> best;
  std::vector<std::string_view> methods;
  for (const Route& route : routes_) {
    auto pattern = split_path(route.path);
    if (!fits(pattern, segments)) continue;
    if (!best.empty() && more_literal(best, pattern)) continue;
    if (best.empty() || more_literal(pattern, best)) {
      best = pattern;
      methods.clear();
      match.route = nullptr;
    }
    methods.push_back(route.method);
    if (route.method == wanted) match.route = &route;
  }
  if (best.empty()) return match;
  if (std::find(methods.begin(), methods.end(), "GET") != methods.end()) methods.push_back("HEAD");
  methods.push_back("OPTIONS");
  for (const std::string_view one : methods)
    match.allowed += (match.allowed.empty() ? "" : ", ") + std::string(one);
  for (std::size_t at = 0; at < best.size(); ++at) {
    if (!is_parameter(best[at])) continue;
    auto decoded = percent_decode(segments[at], false);
    if (!decoded) {
      match.broken_path = true;
      return match;
    }
    match.parameters.emplace(best[at].substr(1, best[at].size() - 2), std::move(*decoded));
  }
  return match;
}

}  // namespace barnabas::admin
