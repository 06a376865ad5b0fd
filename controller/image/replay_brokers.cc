// ImageBuilder: registrations of brokers and controllers.
#include "common/text.h"
#include "controller/image/image_builder.h"

namespace barnabas::controller {

namespace {

template <class Record>
std::vector<Endpoint> endpoints_of(const Record& record) {
  std::vector<Endpoint> endpoints;
  for (const auto& at : record.end_points) {
    endpoints.emplace_back(at.name, at.host, at.port, at.security_protocol);
  }
  return endpoints;
}

template <class Record>
FeatureRanges features_of(const Record& record) {
  FeatureRanges ranges;
  for (const auto& feature : record.features) {
    ranges[feature.name] = VersionRange{feature.min_supported_version, feature.max_supported_version};
  }
  return ranges;
}

// Puts `value` into a copy of the map.
template <class Map, class Value>
void put(std::shared_ptr<const Map>& slot, std::int32_t key, Value value) {
  auto copy = std::make_shared<Map>(*slot);
  (*copy)[key] = std::make_shared<const Value>(std::move(value));
  slot = std::move(copy);
}

}  // namespace

ReplayResult ImageBuilder::replay(const protocol::RegisterBrokerRecord& record) {
  BrokerRegistration broker;
  broker.id = record.broker_id;
  broker.epoch = record.broker_epoch;
  broker.incarnation_id = record.incarnation_id;
  broker.endpoints = endpoints_of(record);
  broker.features = features_of(record);
  broker.rack = record.rack;
  broker.fenced = record.fenced;
  broker.in_controlled_shutdown = record.in_controlled_shutdown;
  broker.migrating_zk_broker = record.is_migrating_zk_broker;
  broker.directories = record.log_dirs;
  broker.cordoned_directories = record.cordoned_log_dirs;
  put(next_.brokers_, record.broker_id, std::move(broker));
  changes_.brokers.insert(record.broker_id);
  return {};
}

ReplayResult ImageBuilder::replay(const protocol::UnregisterBrokerRecord& record) {
  const BrokerRegistration* broker = next_.broker(record.broker_id);
  if (!broker) return unexpected(concat("no broker ", record.broker_id, " to unregister"));
  if (broker->epoch != record.broker_epoch) {
    return unexpected(concat("broker ", record.broker_id, " has epoch ", broker->epoch,
                             ", the record that ends its ", "registration ", record.broker_epoch));
  }
  auto copy = std::make_shared<BrokerMap>(*next_.brokers_);
  copy->erase(record.broker_id);
  next_.brokers_ = std::move(copy);
  changes_.brokers.insert(record.broker_id);
  return {};
}

ReplayResult ImageBuilder::change_fenced(std::int32_t id, std::int64_t epoch, bool fenced) {
  protocol::BrokerRegistrationChangeRecord change;
  change.broker_id = id;
  change.broker_epoch = epoch;
  change.fenced = fenced ? 1 : -1;
  return replay(change);
}

ReplayResult ImageBuilder::replay(const protocol::FenceBrokerRecord& record) {
  return change_fenced(record.id, record.epoch, true);
}

ReplayResult ImageBuilder::replay(const protocol::UnfenceBrokerRecord& record) {
  return change_fenced(record.id, record.epoch, false);
}

ReplayResult ImageBuilder::replay(const protocol::BrokerRegistrationChangeRecord& record) {
  const BrokerRegistration* old = next_.broker(record.broker_id);
  if (!old) return unexpected(concat("no broker ", record.broker_id, " whose registration could change"));
  if (old->epoch != record.broker_epoch) {
    return unexpected(concat("broker ", record.broker_id, " has epoch ", old->epoch, ", the change of its ",
                             "registration ", record.broker_epoch));
  }
  BrokerRegistration broker = *old;
  if (record.fenced != 0) broker.fenced = record.fenced > 0;
  if (record.in_controlled_shutdown != 0) broker.in_controlled_shutdown = record.in_controlled_shutdown > 0;
  if (!record.log_dirs.empty()) broker.directories = record.log_dirs;
  if (record.cordoned_log_dirs) broker.cordoned_directories = record.cordoned_log_dirs;
  put(next_.brokers_, record.broker_id, std::move(broker));
  changes_.brokers.insert(record.broker_id);
  return {};
}

ReplayResult ImageBuilder::replay(const protocol::RegisterControllerRecord& record) {
  ControllerRegistration controller;
  controller.id = record.controller_id;
  controller.incarnation_id = record.incarnation_id;
  controller.zk_migration_ready = record.zk_migration_ready;
  controller.endpoints = endpoints_of(record);
  controller.features = features_of(record);
  put(next_.controllers_, record.controller_id, std::move(controller));
  changes_.controllers.insert(record.controller_id);
  return {};
}

}  // namespace barnabas::controller
