// The APIs that change or describe the cluster, in the table of what is served.
#pragma once

#include "broker/api/api_table.h"
#include "broker/handlers/admin_service.h"

namespace barnabas::broker {

// Adds CreateTopics, DeleteTopics, CreatePartitions, ElectLeaders, UpdateFeatures, UnregisterBroker,
// DescribeCluster, DescribeQuorum, DescribeTopicPartitions and the APIs of ACLs and SCRAM credentials. The
// service must outlive the table.
void add_admin_apis(ApiTable& apis, const AdminService& service);

}  // namespace barnabas::broker
