// Committed offsets of one shard, and those of transactions that are still open.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "broker/groups/group_records.h"
#include "common/uuid.h"

namespace barnabas::broker::groups {

struct CommittedOffset {
  std::int64_t offset = -1;
  std::int32_t leader_epoch = -1;
  std::string metadata;
  std::int64_t commit_ms = -1;
  std::int64_t expire_ms = -1;  // -1: by the broker's retention
  Uuid topic_id;                // zero if the commit named none
  std::int64_t record_offset = -1;
};

using PartitionOffsets = std::map<std::int32_t, CommittedOffset>;
using TopicOffsets = std::map<std::string, PartitionOffsets>;

// Changed by replay alone. Used under the shard's lock.
class OffsetStore {
 public:
  // `record_offset` is the record's place in the log; `producer_id` is -1 outside transactions.
  void replay(const OffsetRecord& record, std::int64_t record_offset, std::int64_t producer_id);
  // The end marker of a transaction: its offsets count now, unless a later commit has overtaken them.
  void replay_end(std::int64_t producer_id, bool committed);

  // Null if the group has none.
  const TopicOffsets* group(const std::string& group_id) const;
  const CommittedOffset* find(const std::string& group_id, const std::string& topic,
                              std::int32_t partition) const;
  // Whether an open transaction holds an offset for the partition.
  bool pending(const std::string& group_id, const std::string& topic, std::int32_t partition) const;
  bool has_open_transactions(const std::string& group_id) const { return open_.contains(group_id); }
  // Calls visit(group_id, topics) for every group, open transactions included: a group may come twice.
  template <class Visit>
  void for_each_with_pending(Visit visit) const {
    for (const auto& [group_id, topics] : committed_) visit(group_id, topics);
    for (const auto& [producer_id, groups] : pending_) {
      for (const auto& [group_id, topics] : groups) visit(group_id, topics);
    }
  }
  // The offsets of a group's open transactions.
  template <class Visit>
  void for_each_pending(const std::string& group_id, Visit visit) const {
    for (const auto& [producer_id, groups] : pending_) {
      if (const auto found = groups.find(group_id); found != groups.end()) visit(found->second);
    }
  }
  std::size_t size() const { return size_; }  // committed offsets
  std::size_t open_transactions() const { return pending_.size(); }

 private:
  using Groups = std::unordered_map<std::string, TopicOffsets>;

  void put(const std::string& group_id, const std::string& topic, std::int32_t partition,
           CommittedOffset offset);
  void erase_pending(const std::string& group_id, const std::string& topic, std::int32_t partition);
  static bool erase(Groups& groups, const std::string& group_id, const std::string& topic,
                    std::int32_t partition);

  Groups committed_;
  std::unordered_map<std::int64_t, Groups> pending_;                        // producer id -> offsets
  std::unordered_map<std::string, std::unordered_set<std::int64_t>> open_;  // group -> producer ids
  std::size_t size_ = 0;
};

}  // namespace barnabas::broker::groups
