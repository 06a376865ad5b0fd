#include "broker/share/state/shard.h"

#include <algorithm>

#include "broker/share/state/batches.h"
#include "broker/share/state/key_text.h"
#include "common/logging.h"

namespace barnabas::broker::share {
namespace {

using protocol::ErrorCode;

const Logger logger("kafka.coordinator.share.ShareCoordinatorShard");

constexpr std::string_view kNegativePartition = "The partition id cannot be a negative number.";
constexpr std::string_view kWriteUninitialized =
    "Write operation on uninitialized share partition not allowed.";
constexpr std::string_view kReadUninitialized =
    "Read operation on uninitialized share partition not allowed.";
constexpr std::int32_t kUncheckedEpoch = -1;
constexpr std::int64_t kNoStartOffset = -1;

StateResult refused(ErrorCode error) {
  return {error, std::string(protocol::error_message(error))};
}

StateResult refused(std::string_view message) {
  return {ErrorCode::kInvalidRequest, std::string(message)};
}

// Wraps around, as a Java broker's does.
std::int32_t next_epoch(std::int32_t epoch) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(epoch) + 1);
}

bool is_old(std::int32_t epoch, std::int32_t highest) {
  return epoch != kUncheckedEpoch && highest > epoch;
}

}  // namespace

bool ShareStateShard::topic_partition_exists(const SharePartitionKey& key) const {
  return key.partition < ports_.partition_count(key.topic_id);
}

const ShareStateShard::SharePartition* ShareStateShard::partition(const SharePartitionKey& key) const {
  const auto found = partitions_.find(key);
  return found == partitions_.end() ? nullptr : &found->second;
}

const ShareState* ShareStateShard::find(const SharePartitionKey& key) const {
  const SharePartition* found = partition(key);
  return found == nullptr ? nullptr : &found->state;
}

Decision<StateResult> ShareStateShard::initialize(const SharePartitionKey& key, std::int32_t state_epoch,
                                                  std::int64_t start_offset, Instant now) const {
  if (key.partition < 0) return {refused(kNegativePartition)};
  const SharePartition* before = partition(key);
  if (before != nullptr && is_old(state_epoch, before->highest_state_epoch)) {
    logger.info("Initialize request state epoch is smaller than last recorded current: ",
                before->highest_state_epoch, ", requested: ", state_epoch, ".");
    return {refused(ErrorCode::kFencedStateEpoch)};
  }
  if (!topic_partition_exists(key)) return {refused(ErrorCode::kUnknownTopicOrPartition)};
  ShareState state;
  state.snapshot_epoch = before != nullptr ? next_epoch(before->state.snapshot_epoch) : 0;
  state.state_epoch = state_epoch;
  state.start_offset = start_offset;
  // From a start that is known a lag can be reckoned: nothing behind it is done.
  state.delivery_complete_count = start_offset == kNoStartOffset ? -1 : 0;
  state.create_ms = now.wall_ms;
  state.write_ms = now.wall_ms;
  return {{}, ShareStateRecord{key, std::move(state)}};
}

Decision<PartitionState> ShareStateShard::read(const SharePartitionKey& key, std::int32_t leader_epoch,
                                               Instant now) const {
  const auto fail = [](StateResult why) { return Decision<PartitionState>{{.result = std::move(why)}, {}}; };
  if (key.partition < 0) return fail(refused(kNegativePartition));
  const SharePartition* known = partition(key);
  if (known == nullptr) return fail(refused(kReadUninitialized));
  if (is_old(leader_epoch, known->highest_leader_epoch)) {
    logger.error("Read request leader epoch is smaller than last recorded current: ",
                 known->highest_leader_epoch, ", requested: ", leader_epoch, ".");
    return fail(refused(ErrorCode::kFencedLeaderEpoch));
  }
  if (!topic_partition_exists(key)) return fail(refused(ErrorCode::kUnknownTopicOrPartition));
  const ShareState& state = known->state;
  Decision<PartitionState> decision;
  decision.answer = {{}, state.state_epoch, state.start_offset, state.batches};
  if (leader_epoch == kUncheckedEpoch || leader_epoch == known->highest_leader_epoch) return decision;
  logger.info("Read with leader epoch update call for key ", key_text(key), " having new leader epoch ",
              leader_epoch, ".");
  StateWrite write;
  write.start_offset = state.start_offset;
  write.delivery_complete_count = state.delivery_complete_count;
  decision.record = next_record(key, *known, write, leader_epoch, now);
  return decision;
}

Decision<StateSummary> ShareStateShard::read_summary(const SharePartitionKey& key) const {
  const auto fail = [](StateResult why) { return Decision<StateSummary>{{.result = std::move(why)}, {}}; };
  if (key.partition < 0) return fail(refused(kNegativePartition));
  if (!topic_partition_exists(key)) return fail(refused(ErrorCode::kUnknownTopicOrPartition));
  const ShareState* state = find(key);
  if (state == nullptr) return {};  // it was never initialized
  return {{{}, state->state_epoch, state->leader_epoch, state->start_offset, state->delivery_complete_count},
          {}};
}

Decision<StateResult> ShareStateShard::write(const SharePartitionKey& key, const StateWrite& state,
                                             Instant now) const {
  if (key.partition < 0) return {refused(kNegativePartition)};
  const SharePartition* known = partition(key);
  if (known == nullptr) return {refused(kWriteUninitialized)};
  if (is_old(state.leader_epoch, known->highest_leader_epoch)) {
    logger.error("Write request leader epoch is smaller than last recorded current: ",
                 known->highest_leader_epoch, ", requested: ", state.leader_epoch, ".");
    return {refused(ErrorCode::kFencedLeaderEpoch)};
  }
  if (is_old(state.state_epoch, known->highest_state_epoch)) {
    logger.info("Write request state epoch is smaller than last recorded current: ",
                known->highest_state_epoch, ", requested: ", state.state_epoch, ".");
    return {refused(ErrorCode::kFencedStateEpoch)};
  }
  if (!topic_partition_exists(key)) return {refused(ErrorCode::kUnknownTopicOrPartition)};
  return {{}, next_record(key, *known, state, known->state.leader_epoch, now)};
}

// The epochs of a write fence and are not recorded: a state epoch is new with a new start alone, a leader
// epoch with the read that each leader begins with.
ShareStateRecord ShareStateShard::next_record(const SharePartitionKey& key, const SharePartition& known,
                                              const StateWrite& write, std::int32_t leader_epoch,
                                              Instant now) const {
  const ShareState& current = known.state;
  if (known.updates < settings_.updates_per_snapshot) {
    ShareUpdate update;
    update.snapshot_epoch = current.snapshot_epoch;
    update.leader_epoch = leader_epoch;
    update.start_offset = write.start_offset;
    update.delivery_complete_count = write.delivery_complete_count;
    update.batches = combine_batches({}, write.batches, write.start_offset);
    return {key, std::move(update)};
  }
  ShareState next;
  next.snapshot_epoch = next_epoch(current.snapshot_epoch);
  next.state_epoch = current.state_epoch;
  next.leader_epoch = leader_epoch;
  next.start_offset = write.start_offset == kNoStartOffset ? current.start_offset : write.start_offset;
  next.delivery_complete_count = write.delivery_complete_count;
  next.create_ms = now.wall_ms;
  next.write_ms = now.wall_ms;
  next.batches = combine_batches(current.batches, write.batches, next.start_offset);
  return {key, std::move(next)};
}

Decision<StateResult> ShareStateShard::remove(const SharePartitionKey& key) const {
  if (key.partition < 0) return {refused(kNegativePartition)};
  if (!topic_partition_exists(key)) return {refused(ErrorCode::kUnknownTopicOrPartition)};
  if (partition(key) == nullptr) {
    logger.warn("Attempted to delete non-existent share partition ", key_text(key), ".");
    return {};
  }
  return {{}, ShareStateRecord{key, std::monostate()}};
}

std::vector<ShareStateRecord> ShareStateShard::forget_topics(
    const std::unordered_set<Uuid>& topic_ids) const {
  std::vector<ShareStateRecord> tombstones;
  for (const auto& [key, partition] : partitions_) {
    if (topic_ids.contains(key.topic_id)) tombstones.push_back({key, std::monostate()});
  }
  return tombstones;
}

std::optional<std::int64_t> ShareStateShard::take_redundant() {
  // A state is read from its last snapshot on. Without any state all before the last tombstone is idle.
  std::int64_t needed = last_tombstone_;
  bool first = true;
  for (const auto& [key, partition] : partitions_) {
    needed = first ? partition.snapshot_offset : std::min(needed, partition.snapshot_offset);
    first = false;
  }
  if (needed <= taken_redundant_) return std::nullopt;
  taken_redundant_ = needed;
  return needed;
}

void ShareStateShard::replay(const Record& record, std::int64_t offset, std::int64_t, Instant, Effects&) {
  if (const auto* state = std::get_if<ShareState>(&record.value)) {
    replay_snapshot(record.key, *state, offset);
  } else if (const auto* update = std::get_if<ShareUpdate>(&record.value)) {
    replay_update(record.key, *update);
  } else {
    partitions_.erase(record.key);
    last_tombstone_ = offset;
  }
}

void ShareStateShard::replay_snapshot(const SharePartitionKey& key, const ShareState& state,
                                      std::int64_t offset) {
  SharePartition& known = partitions_[key];
  known.state = state;
  known.highest_leader_epoch = std::max(known.highest_leader_epoch, state.leader_epoch);
  known.highest_state_epoch = std::max(known.highest_state_epoch, state.state_epoch);
  // A snapshot for another reason leaves the count as it is.
  if (known.updates >= settings_.updates_per_snapshot) known.updates = 0;
  known.snapshot_offset = offset;
}

void ShareStateShard::replay_update(const SharePartitionKey& key, const ShareUpdate& update) {
  const auto [place, is_new] = partitions_.try_emplace(key);
  SharePartition& known = place->second;
  ShareState& state = known.state;
  if (is_new) {
    // Its snapshot is lost with a damaged part of the log; what is left is better than nothing.
    state.snapshot_epoch = update.snapshot_epoch;
    state.batches = update.batches;
  } else {
    const std::int64_t start =
        update.start_offset == kNoStartOffset ? state.start_offset : update.start_offset;
    state.batches = combine_batches(state.batches, update.batches, start);
  }
  if (update.start_offset != kNoStartOffset) state.start_offset = update.start_offset;
  if (update.leader_epoch != kUncheckedEpoch) state.leader_epoch = update.leader_epoch;
  state.delivery_complete_count = update.delivery_complete_count;
  known.highest_leader_epoch = std::max(known.highest_leader_epoch, update.leader_epoch);
  ++known.updates;
}

void ShareStateShard::loaded(Instant now, Effects&) {
  deadlines_.set(cold_, now.mono_ms + settings_.cold_snapshot_interval_ms, Job::kSnapshotCold);
  deadlines_.set(prune_, now.mono_ms + settings_.prune_interval_ms, Job::kPrune);
}

bool ShareStateShard::run_due(Instant now, Effects& effects) {
  const auto due = deadlines_.take_due(now.mono_ms);
  if (!due) return false;
  switch (*due) {
    case Job::kSnapshotCold:
      deadlines_.set(cold_, now.mono_ms + settings_.cold_snapshot_interval_ms, Job::kSnapshotCold);
      if (ports_.share_groups_enabled()) snapshot_cold(now, effects);
      break;
    case Job::kPrune:
      deadlines_.set(prune_, now.mono_ms + settings_.prune_interval_ms, Job::kPrune);
      if (ports_.share_groups_enabled()) {
        effects.answers.emplace_back([&ports = ports_, shard = shard_] { ports.prune(shard); });
      }
      break;
  }
  return true;
}

// Partitions that do not change would hold the start of the log where it is while others write on.
void ShareStateShard::snapshot_cold(Instant now, Effects& effects) const {
  const bool all_are_cold = std::all_of(partitions_.begin(), partitions_.end(), [](const auto& entry) {
    return entry.second.state.create_ms != entry.second.state.write_ms;
  });
  if (all_are_cold) return;  // and nobody writes on
  std::vector<Record> records;
  for (const auto& [key, partition] : partitions_) {
    if (partition.state.write_ms > now.wall_ms - settings_.cold_snapshot_interval_ms) continue;
    ShareState state = partition.state;
    state.snapshot_epoch = next_epoch(state.snapshot_epoch);
    state.write_ms = now.wall_ms;
    records.push_back({key, std::move(state)});
  }
  if (records.empty()) return;
  auto& write = effects.add_write();
  write.records = std::move(records);
  write.atomic = false;
}

}  // namespace barnabas::broker::share
