// The cluster and its brokers for the HTTP endpoint.
#pragma once

#include <string>
#include <vector>

#include "admin/model.h"
#include "controller/image/metadata_image.h"

namespace barnabas::apps {

// The controller is named only if it is a broker as well: links lead to brokers.
admin::ClusterInfo cluster_info(const controller::MetadataImage& image, const std::string& cluster_id);
// Those that serve, with the first of their listeners.
std::vector<admin::BrokerInfo> broker_infos(const controller::MetadataImage& image);

}  // namespace barnabas::apps
