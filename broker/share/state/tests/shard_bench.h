// A shard of the share coordinator on the bench: virtual time and a log in memory.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "broker/share/state/shard.h"

namespace barnabas::broker::share {

class ShardBench final : public ShareStatePorts {
 public:
  explicit ShardBench(ShareStateSettings settings = {}) : settings_(settings) { restart(); }

  // --- Questions; what they decide is written at once ---
  StateResult initialize(const SharePartitionKey& key, std::int32_t state_epoch, std::int64_t start_offset) {
    return settle(shard->initialize(key, state_epoch, start_offset, now));
  }
  PartitionState read(const SharePartitionKey& key, std::int32_t leader_epoch) {
    return settle(shard->read(key, leader_epoch, now));
  }
  StateSummary summary(const SharePartitionKey& key) { return settle(shard->read_summary(key)); }
  StateResult write(const SharePartitionKey& key, const StateWrite& state) {
    return settle(shard->write(key, state, now));
  }
  StateResult remove(const SharePartitionKey& key) { return settle(shard->remove(key)); }
  void forget(const Uuid& topic_id) {
    for (const ShareStateRecord& record : shard->forget_topics({topic_id})) append(record);
  }

  // Through every deadline on the way.
  void advance(std::int64_t ms) {
    const std::int64_t until = now.mono_ms + ms;
    for (auto due = shard->next_deadline_ms(); due && *due <= until; due = shard->next_deadline_ms()) {
      pass(*due - now.mono_ms);
      ShareStateShard::Effects effects;
      shard->run_due(now, effects);
      if (effects.write) {
        for (const ShareStateRecord& record : effects.write->records) append(record);
      }
      for (Task& answer : effects.answers) answer();
    }
    pass(until - now.mono_ms);
  }
  // A new shard takes the old one's place and reads the log from `start` on.
  void restart() {
    shard = std::make_unique<ShareStateShard>(settings_, *this, 3);
    ShareStateShard::Effects effects;
    for (std::size_t offset = start; offset < log.size(); ++offset) {
      const auto& bytes = log[offset];
      const auto record = ShareStateShard::decode(
          bytes.key, bytes.value ? std::optional<ByteView>(*bytes.value) : std::nullopt);
      if (record) shard->replay(*record, static_cast<std::int64_t>(offset), -1, now, effects);
    }
    shard->loaded(now, effects);
  }
  ShareStateRecord last_record() const {
    const auto& bytes = log.back();
    return *ShareStateShard::decode(bytes.key,
                                    bytes.value ? std::optional<ByteView>(*bytes.value) : std::nullopt);
  }

  std::int32_t partition_count(const Uuid& topic_id) const override {
    const auto found = topics.find(topic_id);
    return found == topics.end() ? 0 : found->second;
  }
  bool share_groups_enabled() const override { return enabled; }
  void prune(std::int32_t) override {
    if (const auto offset = shard->take_redundant()) pruned.push_back(*offset);
  }

  Instant now{1'700'000'000'000, 5'000};
  std::map<Uuid, std::int32_t> topics = {{Uuid::reserved(101), 4}, {Uuid::reserved(102), 4}};
  bool enabled = true;
  std::vector<coordination::EncodedRecord> log;
  std::size_t start = 0;             // of the log
  std::vector<std::int64_t> pruned;  // where the log was asked to begin
  std::unique_ptr<ShareStateShard> shard;

 private:
  template <class Answer>
  Answer settle(Decision<Answer> decision) {
    if (decision.record) append(*decision.record);
    return std::move(decision.answer);
  }
  void append(const ShareStateRecord& record) {
    log.push_back(ShareStateShard::encode(record));
    ShareStateShard::Effects effects;
    shard->replay(record, static_cast<std::int64_t>(log.size()) - 1, -1, now, effects);
  }
  void pass(std::int64_t ms) {
    now.mono_ms += ms;
    now.wall_ms += ms;
  }

  const ShareStateSettings settings_;
};

inline const SharePartitionKey kKeyA{"sg", Uuid::reserved(101), 0};
inline const SharePartitionKey kKeyB{"sg", Uuid::reserved(102), 1};

}  // namespace barnabas::broker::share
