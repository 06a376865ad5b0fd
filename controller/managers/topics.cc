#include "controller/managers/topics.h"

#include <algorithm>
#include <map>
#include <optional>

#include "common/text.h"
#include "controller/image/image_records.h"
#include "controller/managers/assignment.h"
#include "controller/managers/cluster_view.h"
#include "controller/managers/topic_name.h"

namespace barnabas::controller {

using protocol::ErrorCode;

namespace {

constexpr std::string_view kMetadataTopic = "__cluster_metadata";
constexpr std::string_view kMinIsr = "min.insync.replicas";

}  // namespace

struct TopicManager::Plan {
  std::vector<PartitionImage> partitions;
  std::int16_t replication_factor = 0;
};

ApiError TopicManager::check(const MetadataImage& image, const CreateTopic& topic) const {
  if (topic.name == kMetadataTopic) {
    return {ErrorCode::kInvalidRequest,
            concat("Creation of internal topic ", kMetadataTopic, " is prohibited.")};
  }
  if (std::string reason = invalid_topic_name_reason(topic.name); !reason.empty()) {
    return {ErrorCode::kInvalidTopicException, std::move(reason)};
  }
  if (image.topic(topic.name)) {
    return {ErrorCode::kTopicAlreadyExists, concat("Topic '", topic.name, "' already exists.")};
  }
  if (const auto other = image.colliding_topic(topic.name)) {
    return {ErrorCode::kInvalidTopicException,
            concat("Topic '", topic.name, "' collides with existing topic: ", *other)};
  }
  return {};
}

ApiError TopicManager::check_configs(const CreateTopic& topic, ConfigMap& configs) const {
  std::string nulls;
  for (const ConfigEntry& entry : topic.configs) {
    if (entry.value) {
      configs[entry.name] = *entry.value;
    } else {
      nulls += concat(nulls.empty() ? "" : ",", entry.name);
    }
  }
  if (!nulls.empty()) {
    return {ErrorCode::kInvalidConfig, concat("Null value not supported for topic configs: ", nulls)};
  }
  if (configs.empty()) return {};
  return schema_.validate({ConfigResourceType::kTopic, topic.name}, configs);
}

ApiError TopicManager::plan_manual(const MetadataImage& image, const CreateTopic& topic, Plan& plan) const {
  if (topic.replication_factor != -1) {
    return {ErrorCode::kInvalidRequest,
            "A manual partition assignment was specified, but replication factor was not set to -1."};
  }
  if (topic.partitions != -1) {
    return {ErrorCode::kInvalidRequest,
            "A manual partition assignment was specified, but numPartitions was not set to -1."};
  }
  const ClusterView view(image, settings_);
  std::map<std::int32_t, PartitionImage> partitions;
  std::optional<std::size_t> factor;
  for (const ReplicaAssignment& assignment : topic.assignments) {
    if (partitions.contains(assignment.partition)) {
      return {ErrorCode::kInvalidReplicaAssignment,
              concat("Found multiple manual partition assignments for partition ", assignment.partition)};
    }
    if (ApiError error = check_assignment(image, assignment.brokers, factor); !error.ok()) return error;
    factor = assignment.brokers.size();
    auto partition = new_partition(view, assignment.brokers);
    if (!partition) {
      return {ErrorCode::kInvalidReplicaAssignment,
              concat("All brokers specified in the manual partition assignment for partition ",
                     assignment.partition, " are fenced or in controlled shutdown.")};
    }
    partitions.emplace(assignment.partition, std::move(*partition));
  }
  for (auto& [number, partition] : partitions) {
    if (number != static_cast<std::int32_t>(plan.partitions.size())) {
      return {ErrorCode::kInvalidReplicaAssignment,
              "partitions should be a consecutive 0-based integer sequence"};
    }
    plan.partitions.push_back(std::move(partition));
  }
  plan.replication_factor = static_cast<std::int16_t>(factor.value_or(0));
  return {};
}

ApiError TopicManager::plan_placed(const MetadataImage& image, const CreateTopic& topic, Plan& plan) const {
  if (topic.replication_factor < -1 || topic.replication_factor == 0) {
    return {ErrorCode::kInvalidReplicationFactor,
            "Replication factor must be larger than 0, or -1 to use the default value."};
  }
  if (topic.partitions < -1 || topic.partitions == 0) {
    return {ErrorCode::kInvalidPartitions, "Number of partitions was set to an invalid non-positive value."};
  }
  PlacementRequest request;
  request.partitions = topic.partitions == -1 ? settings_.default_partitions : topic.partitions;
  request.replication_factor =
      topic.replication_factor == -1 ? settings_.default_replication_factor : topic.replication_factor;
  std::vector<UsableBroker> brokers = usable_brokers(image);
  if (topic.cap_replication_factor && !brokers.empty() &&
      static_cast<std::size_t>(request.replication_factor) > brokers.size()) {
    request.replication_factor = static_cast<std::int16_t>(brokers.size());
  }
  // Checked before a place is sought for each of them.
  if (request.partitions > settings_.max_records_per_batch) {
    return {ErrorCode::kPolicyViolation, "Excessively large number of partitions per request."};
  }
  const auto placed = place_replicas(request, std::move(brokers), random_);
  if (!placed) {
    return {ErrorCode::kInvalidReplicationFactor,
            concat("Unable to replicate the partition ", request.replication_factor,
                   " time(s): ", placed.error())};
  }
  const ClusterView view(image, settings_);
  for (const auto& replicas : *placed) {
    auto partition = new_partition(view, replicas);
    if (!partition) {
      return {ErrorCode::kInvalidReplicationFactor,
              concat("Unable to replicate the partition ", request.replication_factor,
                     " time(s): All brokers are currently fenced or in controlled shutdown.")};
    }
    plan.partitions.push_back(std::move(*partition));
  }
  plan.replication_factor = request.replication_factor;
  return {};
}

ApiError TopicManager::plan_topic(const MetadataImage& image, const CreateTopic& topic, ConfigMap& configs,
                                  Plan& plan) const {
  if (ApiError error = check(image, topic); !error.ok()) return error;
  if (ApiError error = check_configs(topic, configs); !error.ok()) return error;
  return topic.assignments.empty() ? plan_placed(image, topic, plan) : plan_manual(image, topic, plan);
}

void TopicManager::write_topic(const MetadataImage& image, const CreateTopic& topic,
                               const CreatedTopic& created, const Plan& plan,
                               MetadataRecords& records) const {
  protocol::TopicRecord record;
  record.name = topic.name;
  record.topic_id = created.id;
  records.emplace_back(record);
  for (const ConfigEntry& entry : topic.configs) {
    protocol::ConfigRecord config;
    config.resource_type = static_cast<std::int8_t>(ConfigResourceType::kTopic);
    config.resource_name = topic.name;
    config.name = entry.name;
    config.value = entry.value;
    records.emplace_back(std::move(config));
  }
  if (image.elr_enabled() && created.configs.contains(kMinIsr)) {
    protocol::ClearElrRecord cleared;
    cleared.topic_name = topic.name;
    records.emplace_back(std::move(cleared));
  }
  for (std::size_t i = 0; i < plan.partitions.size(); ++i) {
    records.emplace_back(to_record(created.id, static_cast<std::int32_t>(i), plan.partitions[i]));
  }
}

Decision<std::vector<CreatedTopic>> TopicManager::create(const MetadataImage& image,
                                                         const CreateTopicsCommand& command) const {
  Decision<std::vector<CreatedTopic>> decision;
  // Names made in this very request collide too.
  std::map<std::string, std::string> new_forms;
  for (const CreateTopic& topic : command.topics) {
    CreatedTopic& created = decision.reply.emplace_back();
    created.name = topic.name;
    Plan plan;
    created.error = plan_topic(image, topic, created.configs, plan);
    const auto same = new_forms.find(collision_form(topic.name));
    if (created.error.ok() && same != new_forms.end()) {
      created.error = {ErrorCode::kInvalidTopicException,
                       concat("Topic '", topic.name, "' collides with existing topic: ", same->second)};
    }
    const std::size_t wanted = decision.records.size() + 2 + created.configs.size() + plan.partitions.size();
    if (created.error.ok() && wanted > static_cast<std::size_t>(settings_.max_records_per_batch)) {
      created.error = {ErrorCode::kPolicyViolation, "Excessively large number of partitions per request."};
    }
    if (!created.error.ok()) {
      created.configs.clear();
      continue;
    }
    new_forms.emplace(collision_form(topic.name), topic.name);
    created.partitions = static_cast<std::int32_t>(plan.partitions.size());
    created.replication_factor = plan.replication_factor;
    if (command.validate_only) continue;
    created.id = Uuid::random(random_);
    write_topic(image, topic, created, plan, decision.records);
  }
  return decision;
}

Decision<std::vector<DeletedTopic>> TopicManager::remove(const MetadataImage& image,
                                                         std::vector<DeletedTopic> wanted) const {
  Decision<std::vector<DeletedTopic>> decision;
  for (DeletedTopic& topic : wanted) {
    const bool by_name = topic.id.is_zero();
    const auto found = by_name ? image.topic(topic.name) : image.topic(topic.id);
    if (!found) {
      topic.error = ApiError(by_name ? ErrorCode::kUnknownTopicOrPartition : ErrorCode::kUnknownTopicId);
      continue;
    }
    topic.name = found->name;
    topic.id = found->id;
    if (!settings_.delete_topic_enable) {
      topic.error = {ErrorCode::kTopicDeletionDisabled, "Topic deletion is disabled."};
      continue;
    }
    protocol::RemoveTopicRecord record;
    record.topic_id = found->id;
    decision.records.emplace_back(record);
  }
  decision.reply = std::move(wanted);
  return decision;
}

ApiError TopicManager::plan_growth(const MetadataImage& image, const GrowTopic& wanted,
                                   MetadataRecords& records) const {
  const auto topic = image.topic(wanted.name);
  if (!topic) return ApiError(ErrorCode::kUnknownTopicOrPartition);
  const std::int32_t count = topic->partition_count();
  if (wanted.partitions == count) {
    return {ErrorCode::kInvalidPartitions, concat("Topic already has ", count, " partition(s).")};
  }
  if (wanted.partitions < count) {
    return {ErrorCode::kInvalidPartitions,
            concat("The topic ", wanted.name, " currently has ", count, " partition(s); ", wanted.partitions,
                   " would not be an increase.")};
  }
  const std::int32_t added = wanted.partitions - count;
  if (wanted.assignments && wanted.assignments->size() != static_cast<std::size_t>(added)) {
    return {ErrorCode::kInvalidReplicaAssignment,
            concat("Attempted to add ", added, " additional partition(s), but only ",
                   wanted.assignments->size(), " assignment(s) were specified.")};
  }
  if (records.size() + static_cast<std::size_t>(added) >
      static_cast<std::size_t>(settings_.max_records_per_batch)) {
    return {ErrorCode::kPolicyViolation, "Excessively large number of partitions per request."};
  }
  const PartitionImage* first = topic->partition(0);
  const std::size_t factor = first ? first->replicas.size() : 1;
  std::vector<std::vector<std::int32_t>> replicas;
  if (wanted.assignments) {
    for (const auto& brokers : *wanted.assignments) {
      if (ApiError error = check_assignment(image, brokers, factor); !error.ok()) return error;
    }
    replicas = *wanted.assignments;
  } else {
    auto placed = place_replicas({added, static_cast<std::int16_t>(factor)}, usable_brokers(image), random_);
    if (!placed) {
      return {ErrorCode::kInvalidReplicationFactor,
              concat("Unable to replicate the partition ", factor, " time(s): ", placed.error())};
    }
    replicas = std::move(*placed);
  }
  const ClusterView view(image, settings_);
  MetadataRecords made;
  for (std::int32_t i = 0; i < added; ++i) {
    const auto partition = new_partition(view, replicas[static_cast<std::size_t>(i)]);
    if (!partition) {
      return {ErrorCode::kInvalidReplicaAssignment,
              concat("All brokers specified in the manual partition assignment for partition ", count + i,
                     " are fenced or in controlled shutdown.")};
    }
    made.emplace_back(to_record(topic->id, count + i, *partition));
  }
  std::move(made.begin(), made.end(), std::back_inserter(records));
  return {};
}

Decision<std::vector<NamedResult>> TopicManager::grow(const MetadataImage& image,
                                                      const CreatePartitionsCommand& command) const {
  Decision<std::vector<NamedResult>> decision;
  for (const GrowTopic& topic : command.topics) {
    decision.reply.emplace_back(topic.name, plan_growth(image, topic, decision.records));
  }
  if (command.validate_only) decision.records.clear();
  return decision;
}

}  // namespace barnabas::controller
