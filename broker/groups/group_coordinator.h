// The broker's group coordinator: finds the shard of a group, checks what every request must have, and
// answers when the log has what the answer promises.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/groups/commands.h"
#include "broker/groups/group_settings.h"
#include "broker/groups/shard_host.h"
#include "broker/share/persister.h"
#include "common/clock.h"
#include "common/random.h"
#include "common/scheduler.h"

namespace barnabas::broker::groups {

// Any thread; a lock per shard. Answers are given on whatever thread completes them, never within a lock.
// Lives as long as the broker; the references outlive it and its last timer.
class GroupCoordinator {
 public:
  GroupCoordinator(const GroupSettings& settings, const Clock& clock, Random& random, Scheduler& scheduler,
                   coordination::CoordinatorLog& log);
  GroupCoordinator(const GroupCoordinator&) = delete;
  GroupCoordinator& operator=(const GroupCoordinator&) = delete;

  // Where the states of share partitions are kept: told once, before the first request. It outlives this.
  void use_persister(broker::share::Persister& persister) { persister_ = &persister; }

  // --- Partitions of __consumer_offsets ---
  // How many the topic has; the configured number until it exists.
  void set_partition_count(std::int32_t count) { shards_.set_partition_count(count); }
  std::int32_t partition_count() const { return shards_.partition_count(); }
  std::int32_t partition_for(std::string_view group_id) const;
  // This broker has become the leader of a partition, or is not any more.
  void on_leader(std::int32_t partition, std::int32_t leader_epoch) { shards_.lead(partition, leader_epoch); }
  void on_resign(std::int32_t partition) { shards_.resign(partition); }
  // __consumer_offsets itself is deleted: every group is forgotten.
  void on_offsets_topic_deleted() { shards_.resign_all(); }
  // Writes the marker into a partition; the transaction's offsets count or are gone when it is appended. The
  // answer, once it is committed: NOT_LEADER_OR_FOLLOWER where the partition is led elsewhere or still
  // loading, which the transaction coordinator tries again after.
  void end_transaction(std::int32_t partition, const transactions::Marker& marker,
                       Answerer<ErrorCode> answerer);
  // Topics are gone: their offsets go too.
  void on_topics_deleted(const std::vector<DeletedTopic>& topics);
  // What consumer groups see of the cluster from now on.
  void set_cluster(consumer::ClusterViewPtr cluster) { cluster_->store(std::move(cluster)); }
  // Gives every shard up and refuses all that follows. Blocks while an operation holds a shard or a load
  // reads the log; afterwards nothing touches the log or the clocks any more.
  void shut_down() { shards_.shut_down(); }

  // --- Requests ---
  void join(JoinCommand&& command, JoinAnswerer answerer);
  void sync(SyncCommand&& command, SyncAnswerer answerer);
  void heartbeat(HeartbeatCommand&& command, Answerer<ErrorCode> answerer);
  void leave(LeaveCommand&& command, Answerer<LeaveReply> answerer);
  void consumer_heartbeat(consumer::HeartbeatCommand&& command, Answerer<consumer::HeartbeatReply> answerer);
  // --- Streams groups (streams_coordinator.cc) ---
  void streams_heartbeat(streams::HeartbeatCommand&& command, Answerer<streams::HeartbeatReply> answerer);
  void describe_streams(std::vector<std::string> group_ids,
                        Answerer<std::vector<streams::Description>> answerer);

  // --- Offsets ---
  void commit_offsets(CommitCommand&& command, Answerer<CommitReply> answerer);
  void commit_in_transaction(TransactionalCommitCommand&& command, Answerer<CommitReply> answerer);
  void fetch_offsets(FetchOffsetsCommand&& command, Answerer<FetchOffsetsReply> answerer);
  void delete_offsets(DeleteOffsetsCommand&& command, Answerer<DeleteOffsetsReply> answerer);
  // Of all groups that this broker coordinates.
  void list(GroupFilter filter, Answerer<ListReply> answerer);
  // In the order of `group_ids`.
  void describe(std::vector<std::string> group_ids, Answerer<std::vector<GroupDescription>> answerer);
  void describe_consumers(std::vector<std::string> group_ids,
                          Answerer<std::vector<consumer::Description>> answerer);
  void delete_groups(std::vector<std::string> group_ids, Answerer<std::vector<DeletedGroup>> answerer);

  // --- Share groups (share_coordinator.cc) ---
  // States that a heartbeat finds missing are initialized after its answer.
  void share_heartbeat(share::HeartbeatCommand&& command, Answerer<share::HeartbeatReply> answerer);
  void describe_shares(std::vector<std::string> group_ids,
                       Answerer<std::vector<share::Description>> answerer);
  // Those whose state is initialized; none of a group that does not exist.
  void share_partitions(const std::string& group_id, Answerer<share::InitializedPartitions> answerer);
  void alter_share_offsets(share::AlterOffsetsCommand&& command, Answerer<share::AlterOffsetsReply> answerer);
  void delete_share_offsets(share::DeleteOffsetsCommand&& command,
                            Answerer<share::DeleteOffsetsReply> answerer);

  const GroupSettings& settings() const { return settings_; }
  // Summed over the shards, for metrics.
  GroupCounts counts() const;

 private:
  using HostPtr = std::shared_ptr<ShardHost>;

  HostPtr host_of(std::string_view group_id) const { return shards_.host(partition_for(group_id)); }
  std::vector<HostPtr> hosts() const { return shards_.all(); }

  // Removes the states of a share group before the group itself.
  void delete_group(const std::string& group_id, Answerer<ErrorCode> answerer);

  const GroupSettings settings_;
  broker::share::Persister* persister_ = nullptr;
  // Shared with the shards.
  const std::shared_ptr<std::atomic<consumer::ClusterViewPtr>> cluster_;
  Scheduler& scheduler_;
  ShardTable shards_;
};

}  // namespace barnabas::broker::groups
