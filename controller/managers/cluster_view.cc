#include "controller/managers/cluster_view.h"

#include <algorithm>
#include <string>

#include "common/text.h"

namespace barnabas::controller {

bool ClusterView::may_lead(std::int32_t broker, const PartitionImage& partition) const {
  const BrokerRegistration* registration = image_.broker(broker);
  if (!registration || !registration->active()) return false;
  const Uuid directory = partition.directory_of(broker);
  if (directory == kDirectoryUnassigned || directory == kDirectoryMigrating) return true;
  if (directory == kDirectoryLost) return false;
  const auto& online = registration->directories;
  return online.empty() || std::find(online.begin(), online.end(), directory) != online.end();
}

Uuid ClusterView::default_directory(std::int32_t broker) const {
  const BrokerRegistration* registration = image_.broker(broker);
  if (!registration || registration->directories.empty()) return kDirectoryMigrating;
  return registration->directories.size() == 1 ? registration->directories.front() : kDirectoryUnassigned;
}

std::int32_t ClusterView::min_isr(std::string_view topic) const {
  constexpr std::string_view kName = "min.insync.replicas";
  auto value = image_.config({ConfigResourceType::kTopic, std::string(topic)}, kName);
  if (!value) value = image_.config({ConfigResourceType::kBroker, ""}, kName);
  if (!value) return settings_.default_min_isr;
  return parse_number<std::int32_t>(trim(*value)).value_or(settings_.default_min_isr);
}

bool ClusterView::unclean_election(std::string_view topic) const {
  constexpr std::string_view kName = "unclean.leader.election.enable";
  auto value = image_.config({ConfigResourceType::kTopic, std::string(topic)}, kName);
  if (!value) value = image_.config({ConfigResourceType::kBroker, ""}, kName);
  return value ? trim(*value) == "true" : settings_.unclean_leader_election;
}

}  // namespace barnabas::controller
