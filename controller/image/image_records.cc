#include "controller/image/image_records.h"

namespace barnabas::controller {

namespace {

using Take = std::function<void(const MetadataRecord&)>;

template <class Record, class At>
void add_endpoints_and_features(Record& record, const At& registration) {
  for (const Endpoint& from : registration.endpoints) {
    auto& to = record.end_points.emplace_back();
    to.name = from.listener;
    to.host = from.host;
    to.port = from.port;
    to.security_protocol = from.security_protocol;
  }
  for (const auto& [name, range] : registration.features) {
    auto& to = record.features.emplace_back();
    to.name = name;
    to.min_supported_version = range.min;
    to.max_supported_version = range.max;
  }
}

void write_feature(const std::string& name, std::int16_t level, const Take& take) {
  protocol::FeatureLevelRecord record;
  record.name = name;
  record.feature_level = level;
  take(record);
}

void write_features(const MetadataImage& image, const Take& take) {
  const std::string leading(kMetadataVersionFeature);
  if (image.metadata_version() > 0) write_feature(leading, image.metadata_version(), take);
  for (const auto& [name, level] : image.features()) {
    if (name != leading) write_feature(name, level, take);
  }
}

void write_topics(const MetadataImage& image, const Take& take) {
  image.for_each_topic([&](const std::shared_ptr<const TopicImage>& topic) {
    protocol::TopicRecord record;
    record.name = topic->name;
    record.topic_id = topic->id;
    take(record);
    for (std::int32_t i = 0; i < topic->partition_count(); ++i) {
      if (const PartitionImage* partition = topic->partition(i)) take(to_record(topic->id, i, *partition));
    }
  });
}

void write_configs(const MetadataImage& image, const Take& take) {
  image.for_each_config([&](const ConfigResource& resource, const ConfigMap& map) {
    for (const auto& [name, value] : map) {
      protocol::ConfigRecord record;
      record.resource_type = static_cast<std::int8_t>(resource.type);
      record.resource_name = resource.name;
      record.name = name;
      record.value = value;
      take(record);
    }
  });
}

void write_quotas(const MetadataImage& image, const Take& take) {
  for (const auto& [entity, values] : image.quotas()) {
    for (const auto& [key, value] : values) {
      protocol::ClientQuotaRecord record;
      for (const auto& [type, name] : entity) {
        auto& part = record.entity.emplace_back();
        part.entity_type = type;
        part.entity_name = name;
      }
      record.key = key;
      record.value = value;
      take(record);
    }
  }
}

void write_producer_ids(const MetadataImage& image, const Take& take) {
  if (image.next_producer_id() <= 0) return;
  protocol::ProducerIdsRecord record;
  // Kafka's snapshots keep the next id alone.
  record.broker_id = -1;
  record.broker_epoch = -1;
  record.next_producer_id = image.next_producer_id();
  take(record);
}

void write_security(const MetadataImage& image, const Take& take) {
  image.acls().for_each([&](const Uuid& id, const AclEntry& entry) {
    protocol::AccessControlEntryRecord record;
    record.id = id;
    record.resource_type = entry.resource_type;
    record.resource_name = entry.resource_name;
    record.pattern_type = entry.pattern_type;
    record.principal = entry.principal;
    record.host = entry.host;
    record.operation = entry.operation;
    record.permission_type = entry.permission_type;
    take(record);
  });
  for (const auto& [key, credential] : image.scram_credentials()) {
    protocol::UserScramCredentialRecord record;
    record.name = key.first;
    record.mechanism = key.second;
    record.salt = credential.salt;
    record.stored_key = credential.stored_key;
    record.server_key = credential.server_key;
    record.iterations = credential.iterations;
    take(record);
  }
  for (const auto& [id, token] : image.delegation_tokens()) {
    protocol::DelegationTokenRecord record;
    record.owner = token.owner;
    record.requester = token.requester;
    record.renewers = token.renewers;
    record.issue_timestamp = token.issue_ms;
    record.max_timestamp = token.max_ms;
    record.expiration_timestamp = token.expiration_ms;
    record.token_id = id;
    take(record);
  }
}

}  // namespace

protocol::PartitionRecord to_record(const Uuid& topic_id, std::int32_t number,
                                    const PartitionImage& partition) {
  protocol::PartitionRecord record;
  record.partition_id = number;
  record.topic_id = topic_id;
  record.replicas = partition.replicas;
  record.isr = partition.isr;
  record.removing_replicas = partition.removing_replicas;
  record.adding_replicas = partition.adding_replicas;
  record.leader = partition.leader;
  record.leader_recovery_state = static_cast<std::int8_t>(partition.recovery_state);
  record.leader_epoch = partition.leader_epoch;
  record.partition_epoch = partition.partition_epoch;
  record.directories = partition.directories;
  if (!partition.elr.empty()) record.eligible_leader_replicas = partition.elr;
  if (!partition.last_known_elr.empty()) record.last_known_elr = partition.last_known_elr;
  return record;
}

protocol::RegisterBrokerRecord to_record(const BrokerRegistration& broker) {
  protocol::RegisterBrokerRecord record;
  record.broker_id = broker.id;
  record.is_migrating_zk_broker = broker.migrating_zk_broker;
  record.incarnation_id = broker.incarnation_id;
  record.broker_epoch = broker.epoch;
  record.rack = broker.rack;
  record.fenced = broker.fenced;
  record.in_controlled_shutdown = broker.in_controlled_shutdown;
  record.log_dirs = broker.directories;
  record.cordoned_log_dirs = broker.cordoned_directories;
  add_endpoints_and_features(record, broker);
  return record;
}

protocol::RegisterControllerRecord to_record(const ControllerRegistration& controller) {
  protocol::RegisterControllerRecord record;
  record.controller_id = controller.id;
  record.incarnation_id = controller.incarnation_id;
  record.zk_migration_ready = controller.zk_migration_ready;
  add_endpoints_and_features(record, controller);
  return record;
}

void write_image(const MetadataImage& image, const Take& take) {
  write_features(image, take);
  for (const auto& [id, broker] : image.brokers()) take(to_record(*broker));
  for (const auto& [id, controller] : image.controllers()) take(to_record(*controller));
  write_topics(image, take);
  write_configs(image, take);
  write_quotas(image, take);
  write_producer_ids(image, take);
  write_security(image, take);
  if (image.zk_migration_state().value_or(0) != 0) {
    protocol::ZkMigrationStateRecord record;
    record.zk_migration_state = *image.zk_migration_state();
    take(record);
  }
}

}  // namespace barnabas::controller
