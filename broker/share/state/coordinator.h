// The broker's share coordinator: finds the shard of a share partition and answers when the log has what the
// answer promises.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "broker/coordination/coordinator_log.h"
#include "broker/share/persister.h"
#include "broker/share/state/host.h"
#include "broker/share/state/settings.h"
#include "common/clock.h"
#include "common/metrics.h"
#include "common/scheduler.h"
#include "controller/image/metadata_image.h"

namespace barnabas::broker::share {

// What was asked since the start. Any thread.
struct ShareStateCounts {
  Counter writes;            // those that were refused among them, and reads that brought a leader epoch
  Summary write_latency_ms;  // until a write was answered
};

// Any thread; a lock per shard. Answers are given on whatever thread completes them, never within a lock.
// What cannot be served now is refused at once; LocalPersister asks again. Lives as long as the broker; the
// references outlive it and its last timer and append.
class ShareStateCoordinator final : public Persister, private ShareStatePorts {
 public:
  ShareStateCoordinator(const ShareStateSettings& settings, const Clock& clock, Scheduler& scheduler,
                        coordination::CoordinatorLog& log);
  ShareStateCoordinator(const ShareStateCoordinator&) = delete;
  ShareStateCoordinator& operator=(const ShareStateCoordinator&) = delete;

  // --- Partitions of __share_group_state ---
  // The topic exists and has so many; until then there are as many as it will be created with.
  void set_partition_count(std::int32_t count);
  bool topic_exists() const { return topic_exists_; }
  std::int32_t partition_for(const SharePartitionKey& key) const;
  void on_leader(std::int32_t partition, std::int32_t leader_epoch) { shards_.lead(partition, leader_epoch); }
  void on_resign(std::int32_t partition) { shards_.resign(partition); }
  // The topic is deleted, and with it all states.
  void on_topic_deleted();
  // Gives every shard up and refuses all that follows (ShardTable::shut_down).
  void shut_down() { shards_.shut_down(); }

  // --- The cluster ---
  // Topics and the feature share.version as they are from now on.
  void set_cluster(std::shared_ptr<const controller::MetadataImage> image) { image_ = std::move(image); }
  // Topics are gone: the states of their partitions go too.
  void on_topics_deleted(const std::vector<Uuid>& topic_ids);

  void initialize(SharePartitionKey key, std::int32_t state_epoch, std::int64_t start_offset,
                  Answerer<StateResult> answerer) override;
  void read(SharePartitionKey key, std::int32_t leader_epoch, Answerer<PartitionState> answerer) override;
  void read_summary(SharePartitionKey key, std::int32_t leader_epoch,
                    Answerer<StateSummary> answerer) override;
  void write(SharePartitionKey key, StateWrite state, Answerer<StateResult> answerer) override;
  void remove(SharePartitionKey key, Answerer<StateResult> answerer) override;

  // --- For metrics ---
  const ShareStateCounts& counts() const { return counts_; }
  // Where partitions of the topic were last made to begin.
  std::map<std::int32_t, std::int64_t> pruned_offsets() const;

 private:
  // Decides in the shard of `key`. `failure` begins the message when the log refuses.
  template <class Answer, class Decide>
  void ask(const SharePartitionKey& key, std::string_view failure, Answerer<Answer> answerer, Decide decide);

  std::int32_t partition_count(const Uuid& topic_id) const override;
  bool share_groups_enabled() const override;
  void prune(std::int32_t shard) override;

  const Clock& clock_;
  coordination::CoordinatorLog& log_;
  std::atomic<std::shared_ptr<const controller::MetadataImage>> image_;
  std::atomic<bool> topic_exists_{false};
  ShareStateCounts counts_;
  mutable std::mutex pruned_mutex_;
  std::map<std::int32_t, std::int64_t> pruned_offsets_;  // guarded by pruned_mutex_
  ShareStateShards shards_;
};

}  // namespace barnabas::broker::share
