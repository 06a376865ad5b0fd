#include "admin/routes/call.h"
#include "admin/routes/routes.h"
#include "common/metrics.h"

namespace barnabas::admin {
namespace {

void get_readiness(Backend& backend, RequestPtr request, Responder responder) {
  auto topics = request->query_values("topic");
  auto groups = request->query_values("group");
  Call call{std::move(request), std::move(responder), backend};
  backend.readiness(std::move(topics), std::move(groups),
                    then<Readiness>(std::move(call), [](Call asked, const Readiness& readiness) {
                      asked.send(readiness.ready ? 200 : 503,
                                 {{"ready", readiness.ready}, {"reason", readiness.reason}});
                    }));
}

}  // namespace

void add_health_routes(Router& router, Backend& backend) {
  router.add({.method = "GET",
              .path = "/livez",
              .operation_id = "getLiveness",
              .summary = "200 as long as the process answers.",
              .handler = [](RequestPtr,
                            Responder responder) { responder.send(json_response(200, {{"alive", true}})); },
              .response_schema = "Liveness"});
  router.add(
      {.method = "GET",
       .path = "/readyz",
       .operation_id = "getReadiness",
       .summary = "200 when clients can be served, 503 with the reason before that.",
       .handler =
           [&backend](RequestPtr request, Responder responder) {
             get_readiness(backend, std::move(request), std::move(responder));
           },
       .query = {{"topic", "string", "Also: this topic exists and has leaders.", false, true},
                 {"group", "string", "Also: the coordinator of this group has loaded it.", false, true}},
       .response_schema = "Readiness"});
  router.add({.method = "GET",
              .path = "/metrics",
              .operation_id = "getMetrics",
              .summary = "All metrics in Prometheus' text format.",
              .handler =
                  [&backend](RequestPtr, Responder responder) {
                    responder.send({.status = 200,
                                    .body = backend.metrics(),
                                    .content_type = std::string(MetricsWriter::kContentType)});
                  },
              .content_type = MetricsWriter::kContentType});
}

}  // namespace barnabas::admin
