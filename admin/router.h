// Which handler answers which method and path. The table also gives /openapi.json.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/http.h"

namespace barnabas::admin {

// Called on the server's thread; must not block. The request is kept as long as somebody needs it.
using Handler = std::function<void(RequestPtr, Responder)>;

struct QueryParameter {
  std::string_view name;
  std::string_view type;  // "string", "integer", "boolean"
  std::string_view description;
  bool required = false;
  bool repeated = false;
};

struct Route {
  std::string_view method;
  std::string_view path;  // segments are literal or {parameter}; a literal wins over a parameter
  std::string_view operation_id;
  std::string_view summary;
  Handler handler;
  std::vector<QueryParameter> query = {};
  std::string_view request_schema = {};   // a name of openapi_schemas(); empty: no body
  std::string_view response_schema = {};  // empty: no body or no JSON
  int success_status = 200;
  std::string_view content_type = "application/json";  // of the response
  bool body_optional = false;
};

// Constant once the server runs. Any thread.
class Router {
 public:
  void add(Route route);
  const std::vector<Route>& routes() const { return routes_; }

  struct Match {
    const Route* route = nullptr;  // null: see `allowed`
    std::map<std::string, std::string, std::less<>> parameters;
    std::string allowed;  // methods the path has, "GET, HEAD, OPTIONS"; empty: no such path
    bool broken_path = false;
  };
  // HEAD finds the route of GET.
  Match match(std::string_view method, std::string_view path) const;

 private:
  std::vector<Route> routes_;
};

std::vector<std::string_view> split_path(std::string_view path);

}  // namespace barnabas::admin
