#include "admin/routes/call.h"

#include "common/text.h"

namespace barnabas::admin {

Response backend_error(const BackendError& error) {
  switch (error.kind) {
    case BackendError::Kind::kBadRequest:
      return error_response(400, 40002, error.message);
    case BackendError::Kind::kUnauthorized:
      return error_response(403, 40301, error.message);
    case BackendError::Kind::kUnknownTopicOrPartition:
      return error_response(404, 40403, error.message);
    case BackendError::Kind::kNotFound:
      return error_response(404, 404, error.message);
    case BackendError::Kind::kTooLarge:
      return error_response(413, 413, error.message);
    case BackendError::Kind::kRetriable:
      return error_response(503, 50003, error.message);
    case BackendError::Kind::kInternal:
      return error_response(500, 50002, error.message);
  }
  return error_response(500, 50002, error.message);
}

std::optional<std::int32_t> Call::number(std::string_view name) {
  const auto parsed = parse_number<std::int32_t>(parameter(name));
  if (!parsed || *parsed < 0) {
    not_found("HTTP 404 Not Found");
    return std::nullopt;
  }
  return parsed;
}

std::optional<Json> Call::body() {
  if (trim(request->body).empty()) {
    responder.send(error_response(422, "Payload error. Request body is empty. Data is required."));
    return std::nullopt;
  }
  auto json = parse_json(request->body);
  if (json && json->is_object()) return std::move(*json);
  bad_request(json ? "A JSON object is expected." : json.error());
  return std::nullopt;
}

std::string Call::url(std::initializer_list<std::string_view> segments) const {
  std::string text = concat(request->base_url, "/v3/clusters/", percent_encode(cluster.cluster_id));
  for (const std::string_view segment : segments) text += "/" + percent_encode(segment);
  return text;
}

Json Call::item(std::string_view kind, std::initializer_list<std::string_view> segments,
                const std::string& name) const {
  return {{"kind", kind},
          {"metadata",
           {{"self", url(segments)}, {"resource_name", concat("crn:///kafka=", cluster.cluster_id, name)}}},
          {"cluster_id", cluster.cluster_id}};
}

Json Call::list(std::string_view kind, std::initializer_list<std::string_view> segments, Json data) const {
  return {
      {"kind", kind}, {"metadata", {{"self", url(segments)}, {"next", nullptr}}}, {"data", std::move(data)}};
}

std::string upper_snake(std::string_view text) {
  std::string upper;
  for (const char letter : text) {
    const bool capital = letter >= 'A' && letter <= 'Z';
    if (capital && !upper.empty()) upper += '_';
    upper += letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
  }
  return upper;
}

Handler in_cluster(Backend& backend, std::function<void(Call)> handler) {
  return [&backend, handler = std::move(handler)](RequestPtr request, Responder responder) {
    Call call{std::move(request), std::move(responder), backend};
    backend.cluster(then<ClusterInfo>(std::move(call), [handler](Call checked, ClusterInfo cluster) {
      checked.cluster = std::move(cluster);
      const std::string& asked = checked.parameter("cluster_id");
      if (asked != checked.cluster.cluster_id)
        return checked.not_found(concat("Cluster ", asked, " cannot be found."));
      handler(std::move(checked));
    }));
  };
}

}  // namespace barnabas::admin
