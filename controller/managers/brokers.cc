#include "controller/managers/brokers.h"

#include <algorithm>
#include <map>

#include "common/text.h"
#include "controller/features.h"
#include "controller/image/image_records.h"
#include "controller/managers/cluster_view.h"
#include "controller/managers/partition_change.h"

namespace barnabas::controller {

using protocol::ErrorCode;

namespace {

constexpr std::int32_t kProducerIdBlockSize = 1000;

bool has(const std::vector<std::int32_t>& brokers, std::int32_t broker) {
  return std::find(brokers.begin(), brokers.end(), broker) != brokers.end();
}

// The change of a partition that leaves its in-sync set as it is, for the caller to adjust.
PartitionChange change_of(const ClusterView& view, const TopicImage& topic, std::int32_t number) {
  PartitionChange change;
  change.topic_id = topic.id;
  change.number = number;
  change.partition = topic.partition(number);
  change.target_isr = change.partition->isr;
  change.elr_enabled = view.image().elr_enabled();
  change.min_isr = view.min_isr(topic.name);
  change.is_acceptable_leader = [view, partition = change.partition](std::int32_t broker) {
    return view.may_lead(broker, *partition);
  };
  return change;
}

protocol::BrokerRegistrationChangeRecord change_record(std::int32_t broker, std::int64_t epoch) {
  protocol::BrokerRegistrationChangeRecord record;
  record.broker_id = broker;
  record.broker_epoch = epoch;
  return record;
}

}  // namespace

ApiError BrokerManager::check_epoch(const MetadataImage& image, std::int32_t broker,
                                    std::int64_t epoch) const {
  const BrokerRegistration* registration = image.broker(broker);
  if (!registration) {
    return {ErrorCode::kStaleBrokerEpoch, concat("No broker registration found for broker id ", broker)};
  }
  if (registration->epoch == epoch) return {};
  return {ErrorCode::kStaleBrokerEpoch,
          concat("Expected broker epoch ", registration->epoch, ", but got broker epoch ", epoch)};
}

void BrokerManager::remove_from_isrs(const MetadataImage& image, std::int32_t broker, bool unclean,
                                     MetadataRecords& records) const {
  const ClusterView view(image, settings_);
  image.for_each_topic([&](const std::shared_ptr<const TopicImage>& topic) {
    for (std::int32_t i = 0; i < topic->partition_count(); ++i) {
      const PartitionImage* partition = topic->partition(i);
      if (!partition) continue;
      if (!has(partition->isr, broker) && !(unclean && has(partition->elr, broker))) continue;
      PartitionChange change = change_of(view, *topic, i);
      std::erase(change.target_isr, broker);
      if (unclean) change.unclean_shutdown_replicas = {broker};
      if (view.unclean_election(topic->name)) change.election = Election::kUnclean;
      change.is_acceptable_leader = [&view, partition, broker](std::int32_t candidate) {
        return candidate != broker && view.may_lead(candidate, *partition);
      };
      if (auto record = change.build()) records.emplace_back(std::move(*record));
    }
  });
}

Decision<ApiResult<std::int64_t>> BrokerManager::register_broker(const MetadataImage& image,
                                                                 const BrokerDescription& broker,
                                                                 std::int64_t next_offset) const {
  Decision<ApiResult<std::int64_t>> decision;
  if (image.metadata_version() >= kLevelDirectoryAssignment && broker.directories.empty()) {
    decision.reply = refuse(ErrorCode::kInvalidRegistration, "No directories specified in request");
    return decision;
  }
  BrokerRegistration registration;
  registration.id = broker.id;
  registration.incarnation_id = Uuid::random(random_);
  registration.endpoints = broker.endpoints;
  registration.features = supported_features();
  registration.rack = broker.rack;
  registration.fenced = true;
  if (image.metadata_version() >= kLevelDirectoryAssignment) registration.directories = broker.directories;
  std::sort(registration.directories.begin(), registration.directories.end());
  if (const BrokerRegistration* old = image.broker(broker.id)) {
    // What the last process of this broker led, nobody leads until this one is ready.
    const bool unclean = image.elr_enabled() && old->epoch != broker.previous_broker_epoch;
    remove_from_isrs(image, broker.id, unclean, decision.records);
  }
  registration.epoch = next_offset + static_cast<std::int64_t>(decision.records.size());
  decision.records.emplace_back(to_record(registration));
  decision.reply = registration.epoch;
  return decision;
}

Decision<ApiError> BrokerManager::unfence(const MetadataImage& image, std::int32_t broker,
                                          std::int64_t epoch) const {
  Decision<ApiError> decision;
  decision.reply = check_epoch(image, broker, epoch);
  if (!decision.reply.ok() || image.broker_active(broker)) return decision;
  auto unfenced = change_record(broker, epoch);
  unfenced.fenced = -1;
  decision.records.emplace_back(unfenced);

  const ClusterView view(image, settings_);
  image.for_each_topic([&](const std::shared_ptr<const TopicImage>& topic) {
    for (std::int32_t i = 0; i < topic->partition_count(); ++i) {
      const PartitionImage* partition = topic->partition(i);
      if (!partition || partition->has_leader() || !partition->has_replica(broker)) continue;
      PartitionChange change = change_of(view, *topic, i);
      if (view.unclean_election(topic->name)) change.election = Election::kUnclean;
      change.is_acceptable_leader = [&view, partition, broker](std::int32_t candidate) {
        return candidate == broker || view.may_lead(candidate, *partition);
      };
      if (auto record = change.build()) decision.records.emplace_back(std::move(*record));
    }
  });
  return decision;
}

Decision<ApiError> BrokerManager::begin_shutdown(const MetadataImage& image, std::int32_t broker,
                                                 std::int64_t epoch) const {
  Decision<ApiError> decision;
  decision.reply = check_epoch(image, broker, epoch);
  if (!decision.reply.ok() || image.broker(broker)->in_controlled_shutdown) return decision;
  auto stopping = change_record(broker, epoch);
  stopping.in_controlled_shutdown = 1;
  decision.records.emplace_back(stopping);
  remove_from_isrs(image, broker, false, decision.records);
  return decision;
}

Decision<ApiError> BrokerManager::unregister(const MetadataImage& image, std::int32_t broker) const {
  Decision<ApiError> decision;
  const BrokerRegistration* registration = image.broker(broker);
  if (!registration) {
    decision.reply = {ErrorCode::kBrokerIdNotRegistered,
                      concat("Broker ID ", broker, " is not currently registered")};
    return decision;
  }
  remove_from_isrs(image, broker, true, decision.records);
  protocol::UnregisterBrokerRecord record;
  record.broker_id = broker;
  record.broker_epoch = registration->epoch;
  decision.records.emplace_back(record);
  return decision;
}

Decision<ApiError> BrokerManager::change_directories(const MetadataImage& image, std::int32_t broker,
                                                     std::int64_t epoch,
                                                     const std::vector<Uuid>& online) const {
  Decision<ApiError> decision;
  decision.reply = check_epoch(image, broker, epoch);
  if (!decision.reply.ok() || online.empty() || online == image.broker(broker)->directories) return decision;
  auto changed = change_record(broker, epoch);
  changed.log_dirs = online;
  std::sort(changed.log_dirs.begin(), changed.log_dirs.end());
  decision.records.emplace_back(changed);
  // Replicas in a directory that failed can neither lead nor be in sync.
  const ClusterView view(image, settings_);
  const auto is_offline = [&](const Uuid& directory) {
    return directory != kDirectoryUnassigned && directory != kDirectoryMigrating &&
           std::find(online.begin(), online.end(), directory) == online.end();
  };
  image.for_each_topic([&](const std::shared_ptr<const TopicImage>& topic) {
    for (std::int32_t i = 0; i < topic->partition_count(); ++i) {
      const PartitionImage* partition = topic->partition(i);
      if (!partition || !has(partition->isr, broker) || !is_offline(partition->directory_of(broker)))
        continue;
      PartitionChange change = change_of(view, *topic, i);
      std::erase(change.target_isr, broker);
      change.is_acceptable_leader = [&view, partition, broker](std::int32_t candidate) {
        return candidate != broker && view.may_lead(candidate, *partition);
      };
      if (auto record = change.build()) decision.records.emplace_back(std::move(*record));
    }
  });
  return decision;
}

Decision<ApiError> BrokerManager::assign_directories(const MetadataImage& image, std::int32_t broker,
                                                     std::int64_t epoch,
                                                     const std::vector<ReplicaDirectory>& replicas) const {
  Decision<ApiError> decision;
  decision.reply = check_epoch(image, broker, epoch);
  if (!decision.reply.ok()) return decision;
  for (const ReplicaDirectory& replica : replicas) {
    const auto topic = image.topic(replica.topic_id);
    const PartitionImage* partition = topic ? topic->partition(replica.partition) : nullptr;
    // Gone meanwhile, or there already: nothing to say.
    if (!partition || !partition->has_replica(broker)) continue;
    if (partition->directory_of(broker) == replica.directory) continue;
    protocol::PartitionChangeRecord record;
    record.topic_id = replica.topic_id;
    record.partition_id = replica.partition;
    record.directories = partition->directories;
    for (std::size_t i = 0; i < partition->replicas.size(); ++i) {
      if (partition->replicas[i] == broker) (*record.directories)[i] = replica.directory;
    }
    decision.records.emplace_back(std::move(record));
  }
  return decision;
}

ApiError BrokerManager::elect_one(const MetadataImage& image, ElectionType type, const TopicImage& topic,
                                  std::int32_t number, MetadataRecords& records) const {
  const PartitionImage* partition = topic.partition(number);
  if (!partition) {
    return {ErrorCode::kUnknownTopicOrPartition, concat("No such partition as ", topic.name, '-', number)};
  }
  const bool preferred = type == ElectionType::kPreferred;
  const bool needed = preferred ? partition->leader != partition->replicas.front() : !partition->has_leader();
  if (!needed) return ApiError(ErrorCode::kElectionNotNeeded);
  PartitionChange change = change_of(ClusterView(image, settings_), topic, number);
  change.election = preferred ? Election::kPreferred : Election::kUnclean;
  auto record = change.build();
  const bool elected =
      record && record->leader >= 0 && (!preferred || record->leader == partition->replicas.front());
  if (elected) {
    records.emplace_back(std::move(*record));
    return {};
  }
  return preferred ? ApiError(ErrorCode::kPreferredLeaderNotAvailable)
                   : ApiError(ErrorCode::kEligibleLeadersNotAvailable);
}

Decision<std::vector<ElectedPartition>> BrokerManager::elect(const MetadataImage& image,
                                                             const ElectLeadersCommand& command) const {
  Decision<std::vector<ElectedPartition>> decision;
  const auto add = [&](const std::string& topic, std::int32_t number, ApiError error) {
    ElectedPartition& elected = decision.reply.emplace_back();
    elected.topic = topic;
    elected.partition = number;
    elected.error = std::move(error);
  };
  if (!command.topics) {
    image.for_each_topic([&](const std::shared_ptr<const TopicImage>& topic) {
      for (std::int32_t i = 0; i < topic->partition_count(); ++i) {
        ApiError error = elect_one(image, command.type, *topic, i, decision.records);
        if (error.code != ErrorCode::kElectionNotNeeded) add(topic->name, i, std::move(error));
      }
    });
    return decision;
  }
  for (const auto& [name, numbers] : *command.topics) {
    const auto topic = image.topic(name);
    for (const std::int32_t number : numbers) {
      add(name, number,
          topic ? elect_one(image, command.type, *topic, number, decision.records)
                : ApiError(ErrorCode::kUnknownTopicOrPartition, concat("No such topic as ", name)));
    }
  }
  return decision;
}

Decision<ApiResult<ProducerIdBlock>> BrokerManager::allocate_producer_ids(const MetadataImage& image,
                                                                          std::int32_t broker,
                                                                          std::int64_t epoch) const {
  Decision<ApiResult<ProducerIdBlock>> decision;
  if (ApiError error = check_epoch(image, broker, epoch); !error.ok()) {
    decision.reply = unexpected(std::move(error));
    return decision;
  }
  const std::int64_t first = image.next_producer_id();
  if (first > INT64_MAX - kProducerIdBlockSize) {
    decision.reply = refuse(ErrorCode::kUnknownServerError, "Exhausted all producerIds");
    return decision;
  }
  protocol::ProducerIdsRecord record;
  record.broker_id = broker;
  record.broker_epoch = epoch;
  record.next_producer_id = first + kProducerIdBlockSize;
  decision.records.emplace_back(record);
  ProducerIdBlock block;
  block.first = first;
  block.count = kProducerIdBlockSize;
  decision.reply = block;
  return decision;
}

}  // namespace barnabas::controller
