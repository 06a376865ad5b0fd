// The rules of committed offsets: who may commit, what a fetch answers, what is deleted or expires.
// OffsetCommit 0-10, TxnOffsetCommit 0-5, OffsetFetch 0-10, OffsetDelete 0; KIP-211 (expiry), 447 (stable
// fetch), 496 (delete), 848's topic ids.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "broker/groups/classic_protocol.h"
#include "broker/groups/commands.h"
#include "broker/groups/consumer/protocol.h"
#include "broker/groups/effects.h"
#include "broker/groups/group_settings.h"
#include "broker/groups/group_table.h"
#include "broker/groups/offset_store.h"
#include "broker/groups/streams/protocol.h"

namespace barnabas::broker::groups {

// Used under the shard's lock; its references live in the shard.
class OffsetRules {
 public:
  OffsetRules(const GroupSettings& settings, GroupTable& table, const OffsetStore& offsets,
              ClassicProtocol& classic, const consumer::Protocol& consumers, const streams::Protocol& streams)
      : settings_(settings),
        table_(table),
        offsets_(offsets),
        classic_(classic),
        consumers_(consumers),
        streams_(streams) {}

  // Answered when the offsets are in the log.
  void commit(CommitCommand&& command, Answerer<CommitReply> answerer, Instant now, Effects& effects);
  // The same for offsets of a transaction, which stay pending until its end. Fenced by member id and
  // generation where the client names them (KIP-447).
  void commit_in_transaction(TransactionalCommitCommand&& command, Answerer<CommitReply> answerer,
                             Instant now, Effects& effects) const;
  FetchOffsetsReply fetch(const FetchOffsetsCommand& command) const;
  void remove(const DeleteOffsetsCommand& command, Answerer<DeleteOffsetsReply> answerer, Effects& effects);

  // Tombstones for all that a group has committed or an open transaction may.
  void remove_all(const std::string& group_id, std::vector<GroupRecord>& records) const;
  void remove_topics(const std::vector<DeletedTopic>& topics, std::vector<GroupRecord>& records) const;
  // Tombstones for what has expired. True if nothing of the group is left, so that it may go too.
  bool expire(const std::string& group_id, Instant now, std::vector<GroupRecord>& records) const;

 private:
  ErrorCode check_commit(const CommitCommand& command, Instant now);
  ErrorCode check_transactional_commit(const CommitCommand& command) const;
  // Of one group; offsets count as unused since `unused_since_ms`, or each since its commit. True if all go.
  bool expire_topics(const std::string& group_id, std::optional<std::int64_t> unused_since_ms, Instant now,
                     const TopicOffsets& topics, std::vector<GroupRecord>& records,
                     const std::function<bool(const std::string&)>& subscribes) const;
  void commit_topic(const CommitCommand& command, CommitTopic& topic, Instant now, CommitReply& reply,
                    std::vector<GroupRecord>& records) const;
  FetchedOffset fetch_one(const FetchOffsetsCommand& command, const std::string& topic, const Uuid& topic_id,
                          std::int32_t partition) const;

  const GroupSettings& settings_;
  GroupTable& table_;
  const OffsetStore& offsets_;
  ClassicProtocol& classic_;
  const consumer::Protocol& consumers_;
  const streams::Protocol& streams_;
};

}  // namespace barnabas::broker::groups
