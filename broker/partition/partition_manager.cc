#include "broker/partition/partition_manager.h"

#include <mutex>
#include <unordered_set>

#include "common/logging.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;

const Logger logger("kafka.server.ReplicaManager");

Leadership leadership_of(const controller::PartitionImage& image) {
  return {image.leader, image.leader_epoch, image.partition_epoch,
          static_cast<std::int32_t>(image.replicas.size()), static_cast<std::int32_t>(image.isr.size())};
}

}  // namespace

PartitionManager::PartitionResult PartitionManager::find(std::string_view topic,
                                                         std::int32_t partition) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_name_.find(topic);
  if (found == by_name_.end()) return unexpected(ErrorCode::kUnknownTopicOrPartition);
  return pick(*found->second, partition);
}

PartitionManager::PartitionResult PartitionManager::find(const Uuid& topic_id, std::int32_t partition) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_id_.find(topic_id);
  if (found == by_id_.end()) return unexpected(ErrorCode::kUnknownTopicId);
  return pick(*found->second, partition);
}

PartitionManager::PartitionResult PartitionManager::pick(const Topic& topic, std::int32_t partition) const {
  if (partition < 0 || static_cast<std::size_t>(partition) >= topic.partitions.size()) {
    return unexpected(ErrorCode::kUnknownTopicOrPartition);
  }
  const auto& found = topic.partitions[static_cast<std::size_t>(partition)];
  if (!found) return unexpected(ErrorCode::kKafkaStorageError);
  return found;
}

std::vector<std::shared_ptr<Partition>> PartitionManager::all() const {
  std::vector<std::shared_ptr<Partition>> partitions;
  const std::shared_lock lock(mutex_);
  for (const auto& [name, topic] : by_name_) {
    for (const auto& partition : topic->partitions) {
      if (partition) partitions.push_back(partition);
    }
  }
  return partitions;
}

PartitionManager::TopicPointer PartitionManager::topic(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

void PartitionManager::put(const std::string& name, TopicPointer topic) {
  const std::unique_lock lock(mutex_);
  by_id_[topic->id] = topic;
  by_name_[name] = std::move(topic);
}

void PartitionManager::drop(const std::string& name) {
  const TopicPointer gone = topic(name);
  if (!gone) return;
  {
    const std::unique_lock lock(mutex_);
    by_name_.erase(name);
    by_id_.erase(gone->id);
  }
  for (const auto& partition : gone->partitions) {
    if (partition) retire(*partition);
  }
}

void PartitionManager::retire(Partition& partition) {
  partition.retire();
  if (const auto removed = logs_.remove(partition.name()); !removed) {
    logger.error("Removing the log of ", partition.name(), " failed: ", removed.error().message);
  }
}

void PartitionManager::apply_all(const controller::MetadataImage& image) {
  std::vector<std::string> gone;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [name, topic] : by_name_) {
      if (!image.topic(name)) gone.push_back(name);
    }
  }
  for (const auto& name : gone) drop(name);
  image.for_each_topic([&](const auto& topic) { apply_topic(image, topic->name); });
}

void PartitionManager::apply_topic(const controller::MetadataImage& image, const std::string& name) {
  const auto wanted = image.topic(name);
  TopicPointer known = topic(name);
  if (known && (!wanted || wanted->id != known->id)) {
    drop(name);
    known = nullptr;
  }
  if (!wanted) return;

  const auto rules = rules_of_(name);
  auto next = std::make_shared<Topic>();
  next->id = wanted->id;
  next->partitions.resize(wanted->partitions.size());
  for (std::int32_t number = 0; number < wanted->partition_count(); ++number) {
    const auto* partition = wanted->partition(number);
    if (partition == nullptr || !partition->has_replica(broker_id_)) continue;
    const auto index = static_cast<std::size_t>(number);
    auto& slot = next->partitions[index];
    if (known && index < known->partitions.size()) slot = known->partitions[index];
    if (!slot) slot = open(*wanted, number, *partition, rules);
    if (slot) slot->lead(leadership_of(*partition));
  }
  put(name, std::move(next));
}

std::shared_ptr<Partition> PartitionManager::open(const controller::TopicImage& topic, std::int32_t number,
                                                  const controller::PartitionImage& image,
                                                  std::shared_ptr<const TopicRules> rules) {
  const TopicPartition name{topic.name, number};
  Uuid directory = image.directory_of(broker_id_);
  // Not placed yet, or by a cluster older than KIP-858: wherever there is room.
  if (directory == controller::kDirectoryUnassigned || directory == controller::kDirectoryMigrating)
    directory = {};
  auto log = logs_.get_or_create(name, topic.id, rules->log, directory);
  if (!log) {
    logger.error("Opening the log of ", name, " failed: ", log.error().message);
    return nullptr;
  }
  return std::make_shared<Partition>(name, topic.id, broker_id_, std::move(*log), std::move(rules),
                                     group_commit_);
}

void PartitionManager::refresh_rules(const std::string& name) {
  const TopicPointer known = topic(name);
  if (!known) return;
  const auto rules = rules_of_(name);
  for (const auto& partition : known->partitions) {
    if (partition) partition->set_rules(rules);
  }
}

void PartitionManager::refresh_all_rules() {
  std::vector<std::string> names;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [name, topic] : by_name_) names.push_back(name);
  }
  for (const auto& name : names) refresh_rules(name);
}

}  // namespace barnabas::broker
