// /openapi.json: the route table and the schemas as an OpenAPI 3.0 document.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "admin/router.h"

namespace barnabas::admin {

// An object of the JSON that goes in or out.
struct SchemaRow {
  std::string_view name;
  std::string_view description;
  // "name:type" separated by spaces. The type is string, integer, int64, number, boolean, datetime, bytes,
  // any, map, or the name of a schema; "[]" makes it a list, "!" required, "?" nullable, in this order.
  std::string_view fields;
  bool resource = false;  // also kind, metadata and cluster_id
  std::string_view more_fields = {};
};

std::span<const SchemaRow> openapi_schemas();
std::string make_openapi(const Router& router);

}  // namespace barnabas::admin
