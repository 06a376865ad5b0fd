// What the routes share: the checked cluster, links, errors. For .cc files alone.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "admin/backend.h"
#include "admin/json.h"
#include "admin/router.h"

namespace barnabas::admin {

Response backend_error(const BackendError& error);

// One request that is being answered. Move-only: it goes along into the callbacks.
struct Call {
  RequestPtr request;
  Responder responder;
  Backend& backend;
  ClusterInfo cluster = {};

  void fail(const BackendError& error) { responder.send(backend_error(error)); }
  void bad_request(std::string_view message) { responder.send(error_response(400, message)); }
  void not_found(std::string_view message) { responder.send(error_response(404, message)); }
  void send(int status, const Json& json) { responder.send(json_response(status, json)); }
  void send_nothing() { responder.send({.status = 204}); }

  const std::string& parameter(std::string_view name) const { return request->parameter(name); }
  // A parameter of the path as a number, or nothing and 404 is sent.
  std::optional<std::int32_t> number(std::string_view name);
  // The body as an object, or nothing and 400 is sent.
  std::optional<Json> body();

  // The URL below this cluster, segments escaped: {"topics", name}.
  std::string url(std::initializer_list<std::string_view> segments) const;
  Json related(std::initializer_list<std::string_view> segments) const {
    return {{"related", url(segments)}};
  }
  // An item with kind, metadata and cluster_id; `name` follows "crn:///kafka=<id>".
  Json item(std::string_view kind, std::initializer_list<std::string_view> segments,
            const std::string& name) const;
  Json list(std::string_view kind, std::initializer_list<std::string_view> segments, Json data) const;
};

// Kafka's "PreparingRebalance" as REST v3 writes it: "PREPARING_REBALANCE".
std::string upper_snake(std::string_view text);

// A route below /v3/clusters/{cluster_id}: answers 404 unless that is this cluster.
Handler in_cluster(Backend& backend, std::function<void(Call)> handler);

// An answer that fails the call, or goes on with the call and the value.
template <class T, class Next>
Answer<T> then(Call call, Next next) {
  return [call = std::move(call), next = std::move(next)](Result<T, BackendError> result) mutable {
    if (!result) return call.fail(result.error());
    next(std::move(call), std::move(*result));
  };
}

}  // namespace barnabas::admin
