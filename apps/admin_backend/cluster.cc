#include "apps/admin_backend/cluster.h"

namespace barnabas::apps {

admin::ClusterInfo cluster_info(const controller::MetadataImage& image, const std::string& cluster_id) {
  admin::ClusterInfo info;
  info.cluster_id = cluster_id;
  if (image.broker(image.controller_id()) != nullptr) info.controller_id = image.controller_id();
  return info;
}

std::vector<admin::BrokerInfo> broker_infos(const controller::MetadataImage& image) {
  std::vector<admin::BrokerInfo> infos;
  for (const auto& [id, broker] : image.brokers()) {
    if (broker->fenced || broker->endpoints.empty()) continue;
    const controller::Endpoint& first = broker->endpoints.front();
    infos.push_back({id, first.host, first.port, broker->rack});
  }
  return infos;
}

}  // namespace barnabas::apps
