#include "admin/api.h"

#include <memory>

#include "admin/openapi.h"
#include "admin/routes/routes.h"

namespace barnabas::admin {

Router make_api(Backend& backend) {
  Router router;
  add_cluster_routes(router, backend);
  add_topic_routes(router, backend);
  add_partition_routes(router, backend);
  add_config_routes(router, backend);
  add_group_routes(router, backend);
  add_share_group_routes(router, backend);
  add_streams_group_routes(router, backend);
  add_produce_routes(router, backend);
  add_record_routes(router, backend);
  add_health_routes(router, backend);
  // Written once, when everything is in the table, this route included.
  const auto document = std::make_shared<std::string>();
  router.add({.method = "GET",
              .path = "/openapi.json",
              .operation_id = "getOpenApi",
              .summary = "This document.",
              .handler = [document](RequestPtr, Responder responder) {
                responder.send({.status = 200, .body = *document});
              }});
  *document = make_openapi(router);
  return router;
}

}  // namespace barnabas::admin
