// The routes by subject; each function adds its own. The backend outlives the router.
#pragma once

#include "admin/backend.h"
#include "admin/router.h"

namespace barnabas::admin {

void add_cluster_routes(Router& router, Backend& backend);    // clusters, brokers
void add_topic_routes(Router& router, Backend& backend);      // topics
void add_partition_routes(Router& router, Backend& backend);  // partitions, offsets, replicas, reassignments
void add_config_routes(Router& router, Backend& backend);     // of topics, brokers and the cluster
void add_group_routes(Router& router, Backend& backend);      // consumer groups, members, lags
void add_share_group_routes(Router& router, Backend& backend);    // share groups, members, offsets
void add_streams_group_routes(Router& router, Backend& backend);  // streams groups, members, tasks, lags
void add_produce_routes(Router& router, Backend& backend);        // records in
void add_record_routes(Router& router, Backend& backend);         // records out
void add_health_routes(Router& router, Backend& backend);         // livez, readyz, metrics

}  // namespace barnabas::admin
