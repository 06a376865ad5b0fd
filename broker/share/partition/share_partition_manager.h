// The share partitions of this broker: made when they are first asked for, dropped when they are led
// elsewhere, deleted or out of use.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/partition/partition_manager.h"
#include "broker/share/partition/hosted_partition.h"
#include "broker/share/partition/share_session.h"
#include "common/result.h"

namespace barnabas::broker::share {

// A door for any thread; its mutex is held for look-ups alone. Lives as long as the broker; what it is made
// of outlives it.
class SharePartitionManager {
 public:
  SharePartitionManager(PartitionManager& partitions, HostEnvironment environment)
      : partitions_(partitions), environment_(std::move(environment)) {}

  using Found = Result<std::shared_ptr<HostedPartition>, protocol::ErrorCode>;
  // The share partition; who asks has it load() its state. UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID,
  // NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR.
  Found get_or_make(const SharePartitionKey& key);
  // Null if nobody has read from it lately.
  std::shared_ptr<HostedPartition> find(const SharePartitionKey& key) const;
  // Makes what a member holds available again.
  void release(const std::string& group_id, const std::string& member_id,
               const std::vector<SessionPartition>& partitions);

  // Metadata has changed: drops what is not led here any more.
  void follow();
  // No member of the group is connected: its share partitions are read anew when one is.
  void drop_group(const std::string& group_id);
  // Drops all; nothing is loaded any more.
  void shut_down();

  std::vector<std::shared_ptr<HostedPartition>> all() const;
  const HostEnvironment& environment() const { return environment_; }

 private:
  void drop(const HostedPartition& hosted);
  template <class Predicate>
  void drop_if(Predicate&& predicate);

  PartitionManager& partitions_;
  HostEnvironment environment_;
  mutable std::mutex mutex_;  // guards all below
  std::unordered_map<SharePartitionKey, std::shared_ptr<HostedPartition>, SharePartitionKeyHash> hosted_;
  bool shut_down_ = false;
};

}  // namespace barnabas::broker::share
