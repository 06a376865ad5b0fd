// The partitions this broker hosts, as the metadata image says.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/partition/partition.h"
#include "common/result.h"
#include "controller/image/metadata_image.h"
#include "protocol/error_code.h"
#include "storage/log_manager.h"

namespace barnabas::broker {

// Look-ups from any thread; changes from the one thread that publishes images. A table behind a shared mutex,
// not a copied snapshot: creating ten thousand topics one by one would copy it ten thousand times.
class PartitionManager {
 public:
  using RulesOf = std::function<std::shared_ptr<const TopicRules>(const std::string& topic)>;
  using PartitionResult = Result<std::shared_ptr<Partition>, protocol::ErrorCode>;

  // `logs` outlives the manager. `rules_of` gives the rules in force for a topic when it is called.
  // `group_commit`: see Partition.
  PartitionManager(std::int32_t broker_id, storage::LogManager& logs, RulesOf rules_of,
                   Scheduler* group_commit = nullptr)
      : broker_id_(broker_id), logs_(logs), rules_of_(std::move(rules_of)), group_commit_(group_commit) {}

  // UNKNOWN_TOPIC_OR_PARTITION, or KAFKA_STORAGE_ERROR where the log could not be opened.
  PartitionResult find(std::string_view topic, std::int32_t partition) const;
  // UNKNOWN_TOPIC_ID if no topic has the id; else as above.
  PartitionResult find(const Uuid& topic_id, std::int32_t partition) const;
  std::vector<std::shared_ptr<Partition>> all() const;

  // Makes the table agree with `image`: replicas of this broker are created or opened, the others retired and
  // their directories removed. Looks at every topic: for the first image.
  void apply_all(const controller::MetadataImage& image);
  // The same for topics that changed: new, with other partitions, or deleted (null in the image).
  void apply_topic(const controller::MetadataImage& image, const std::string& name);
  // Takes new rules over, for one topic or for all when the broker's own defaults changed.
  void refresh_rules(const std::string& topic);
  void refresh_all_rules();

 private:
  struct Topic {
    Uuid id;
    std::vector<std::shared_ptr<Partition>> partitions;  // null: not here, or its log failed
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using TopicPointer = std::shared_ptr<const Topic>;

  PartitionResult pick(const Topic& topic, std::int32_t partition) const;
  TopicPointer topic(std::string_view name) const;
  void put(const std::string& name, TopicPointer topic);
  void drop(const std::string& name);
  void retire(Partition& partition);
  std::shared_ptr<Partition> open(const controller::TopicImage& topic, std::int32_t number,
                                  const controller::PartitionImage& image,
                                  std::shared_ptr<const TopicRules> rules);

  const std::int32_t broker_id_;
  storage::LogManager& logs_;
  const RulesOf rules_of_;
  Scheduler* const group_commit_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, TopicPointer, TextHash, std::equal_to<>> by_name_;
  std::unordered_map<Uuid, TopicPointer> by_id_;
};

}  // namespace barnabas::broker
