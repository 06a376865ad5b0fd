#include "admin/openapi.h"

#include "admin/json.h"
#include "common/assert.h"
#include "common/text.h"

namespace barnabas::admin {
namespace {

Json reference(std::string_view schema) {
  return {{"$ref", concat("#/components/schemas/", schema)}};
}

Json type_json(std::string_view type) {
  if (type == "string" || type == "integer" || type == "boolean" || type == "number") return {{"type", type}};
  if (type == "int64") return {{"type", "integer"}, {"format", "int64"}};
  if (type == "datetime") return {{"type", "string"}, {"format", "date-time"}};
  if (type == "bytes") return {{"type", "string"}, {"format", "byte"}};
  if (type == "any") return {{"description", "Any JSON value."}};
  if (type == "map") return {{"type", "object"}, {"additionalProperties", true}};
  return reference(type);
}

// Adds "name:type[]!?" to an object's schema.
void add_field(std::string_view field, Json& properties, Json& required) {
  const auto colon = field.find(':');
  ASSERT(colon != std::string_view::npos);
  const std::string name(field.substr(0, colon));
  std::string_view type = field.substr(colon + 1);
  const auto drop = [&type](std::string_view mark) {
    if (!type.ends_with(mark)) return false;
    type.remove_suffix(mark.size());
    return true;
  };
  const bool nullable = drop("?"), needed = drop("!"), list = drop("[]");
  Json schema = type_json(type);
  if (list) schema = Json{{"type", "array"}, {"items", std::move(schema)}};
  if (nullable) schema["nullable"] = true;
  properties[name] = std::move(schema);
  if (needed) required.push_back(name);
}

Json schema_json(const SchemaRow& row) {
  Json properties = Json::object(), required = Json::array();
  if (row.resource) {
    for (const std::string_view field : {"kind:string!", "metadata:ResourceMetadata!", "cluster_id:string!"})
      add_field(field, properties, required);
  }
  for (const std::string_view fields : {row.fields, row.more_fields})
    for (const std::string& field : split(fields, ' ')) add_field(field, properties, required);
  Json schema{{"type", "object"}, {"description", row.description}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

Json parameters_json(const Route& route) {
  Json parameters = Json::array();
  for (const std::string_view segment : split_path(route.path)) {
    if (!segment.starts_with('{')) continue;
    const std::string_view name = segment.substr(1, segment.size() - 2);
    const bool number = name == "partition_id" || name == "broker_id";
    parameters.push_back({{"name", name},
                          {"in", "path"},
                          {"required", true},
                          {"schema", type_json(number ? "integer" : "string")}});
  }
  for (const QueryParameter& parameter : route.query) {
    Json schema = type_json(parameter.type);
    if (parameter.repeated) schema = Json{{"type", "array"}, {"items", std::move(schema)}};
    parameters.push_back({{"name", parameter.name},
                          {"in", "query"},
                          {"required", parameter.required},
                          {"description", parameter.description},
                          {"schema", std::move(schema)}});
  }
  return parameters;
}

Json content(std::string_view type, Json schema) {
  Json media = Json::object();
  media[std::string(type)] = Json{{"schema", std::move(schema)}};
  return media;
}

Json operation_json(const Route& route) {
  const bool changes = route.method != "GET";
  Json operation{{"operationId", route.operation_id}, {"summary", route.summary}};
  if (Json parameters = parameters_json(route); !parameters.empty())
    operation["parameters"] = std::move(parameters);
  if (!route.request_schema.empty()) {
    operation["requestBody"] =
        Json{{"required", !route.body_optional},
             {"content", content("application/json", reference(route.request_schema))}};
  }
  Json success{{"description", route.success_status == 204 ? "Done." : "The answer."}};
  if (!route.response_schema.empty()) {
    success["content"] = content(route.content_type, reference(route.response_schema));
  } else if (route.success_status != 204) {
    const bool document = route.content_type == "application/json";
    success["content"] =
        content(route.content_type, document ? Json{{"type", "object"}} : type_json("string"));
  }
  Json responses = Json::object();
  responses[std::to_string(route.success_status)] = std::move(success);
  if (route.operation_id == "getReadiness") {
    responses["503"] =
        Json{{"description", "Not ready."}, {"content", content("application/json", reference("Readiness"))}};
  }
  responses["default"] = Json{{"description", "Refused or failed."},
                              {"content", content("application/json", reference("Error"))}};
  operation["responses"] = std::move(responses);
  if (changes) operation["security"] = Json::array({Json::object(), Json{{"token", Json::array()}}});
  return operation;
}

std::string lower(std::string_view method) {
  std::string text(method);
  for (char& letter : text) letter = static_cast<char>(letter - 'A' + 'a');
  return text;
}

}  // namespace

std::string make_openapi(const Router& router) {
  Json paths = Json::object();
  for (const Route& route : router.routes())
    paths[std::string(route.path)][lower(route.method)] = operation_json(route);
  Json schemas = Json::object();
  for (const SchemaRow& row : openapi_schemas()) schemas[std::string(row.name)] = schema_json(row);
  const Json document{{"openapi", "3.0.3"},
                      {"info",
                       {{"title", "Barnabas"},
                        {"version", "1"},
                        {"description",
                         "State and changes of a broker. Below /v3 the resources have the paths and names of "
                         "the Confluent REST API; "
                         "below /barnabas/v1 are our additions. Changes need the token of admin.token as a "
                         "bearer token when one is "
                         "set, and otherwise come from the broker's own machine."}}},
                      {"paths", std::move(paths)},
                      {"components",
                       {{"schemas", std::move(schemas)},
                        {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
  return to_text(document);
}

}  // namespace barnabas::admin
