#include "broker/groups/group_shard.h"

#include <algorithm>

#include "common/logging.h"

namespace barnabas::broker::groups {
namespace {

const Logger logger("broker.groups.GroupShard");

}  // namespace

void GroupShard::replay(const GroupRecord& record, std::int64_t record_offset, std::int64_t producer_id,
                        Instant now, Effects& effects) {
  if (const auto* offset = std::get_if<OffsetRecord>(&record)) {
    const std::string& group_id = offset->key.group;
    // Commits without membership make a simple group: empty, without a protocol
    // type.
    if (offset->value && table_.find(group_id) == nullptr && !table_.foreign.contains(group_id)) {
      table_.create(group_id, now.wall_ms);
    }
    offsets_.replay(*offset, record_offset, producer_id);
  } else if (const auto* group = std::get_if<GroupMetadataRecord>(&record)) {
    replay_group(*group, effects);
  } else if (const auto* consumer = std::get_if<consumer::Record>(&record)) {
    replay_consumer(*consumer, effects);
  } else if (const auto* of_share = std::get_if<share::Record>(&record)) {
    replay_share(*of_share, now, effects);
  } else if (const auto* of_streams = std::get_if<streams::Record>(&record)) {
    replay_streams(*of_streams, effects);
  }
}

void GroupShard::replay_group(const GroupMetadataRecord& record, Effects& effects) {
  const std::string& group_id = record.key.group;
  if (ClassicGroup* former = table_.find(group_id)) classic_.erase(*former, effects);
  if (!record.value) return;
  table_.foreign.erase(group_id);
  table_.create(group_id, *record.value);
}

void GroupShard::replay_consumer(const consumer::Record& record, Effects& effects) {
  const std::string& group_id = consumer::group_of(record);
  consumers_.replay(record);
  if (consumers_.find(group_id) == nullptr) {
    table_.foreign.erase(group_id);
    return;
  }
  // A simple group that came from its offsets, or a classic one that was
  // converted.
  if (ClassicGroup* former = table_.find(group_id)) classic_.erase(*former, effects);
  table_.foreign[group_id] = consumer::kGroupType;
}

void GroupShard::replay_share(const share::Record& record, Instant now, Effects& effects) {
  const std::string& group_id = share::group_of(record);
  shares_.replay(record, now);
  if (shares_.find(group_id) == nullptr) {
    const auto known = table_.foreign.find(group_id);
    if (known != table_.foreign.end() && known->second == share::kGroupType) table_.foreign.erase(known);
    return;
  }
  if (ClassicGroup* former = table_.find(group_id)) classic_.erase(*former, effects);
  table_.foreign[group_id] = share::kGroupType;
}

void GroupShard::end_transaction(const transactions::Marker& marker, Answerer<ErrorCode> answerer,
                                 Effects& effects) {
  Write& write = effects.add_write();
  write.marker = marker;
  write.done = [answerer = std::move(answerer)](ErrorCode error, Instant, Effects& more) mutable {
    more.answer(std::move(answerer), std::move(error));
  };
}

void GroupShard::loaded(Instant now, Effects& effects) {
  classic_.loaded(now, effects);
  consumers_.loaded(now);
  shares_.loaded(now);
  streams_.loaded(now);
  await_expiry(now);
  if (!table_.groups().empty()) {
    logger.info("Loaded ", table_.groups().size(), " groups with ", offsets_.size(), " offsets.");
  }
}

void GroupShard::await_expiry(Instant now) {
  deadlines_.set(expiry_, now.mono_ms + settings_.offsets_retention_check_interval_ms,
                 {.kind = DeadlineKind::kExpireOffsets});
}

std::optional<std::int64_t> GroupShard::next_deadline_ms() const {
  std::optional<std::int64_t> first;
  for (const auto& next : {deadlines_.next_ms(), consumers_.next_deadline_ms(), shares_.next_deadline_ms(),
                           streams_.next_deadline_ms()}) {
    if (next && (!first || *next < *first)) first = next;
  }
  return first;
}

bool GroupShard::run_consumer_due(Instant now, Effects& effects) {
  const auto event = consumers_.take_due(now);
  if (!event) return false;
  consumer::Records records;
  consumers_.run(*event, now, records);
  if (records.empty()) return true;
  write_consumer(event->group_id, std::move(records), effects,
                 [this, event = *event](ErrorCode error, Instant then, Effects&) {
                   if (error != ErrorCode::kNone) consumers_.repeat(event, then);
                 });
  return true;
}

bool GroupShard::run_due(Instant now, Effects& effects) {
  const auto event = deadlines_.take_due(now.mono_ms);
  if (!event)
    return run_consumer_due(now, effects) || run_share_due(now, effects) || run_streams_due(now, effects);
  if (event->kind == DeadlineKind::kExpireOffsets) {
    expire_offsets(now, effects);
  } else {
    classic_.expire(*event, now, effects);
  }
  return true;
}

void GroupShard::expire_offsets(Instant now, Effects& effects) {
  std::vector<GroupRecord> records;
  for (const auto& [id, group] : table_.groups()) {
    const bool nothing_left = offset_rules_.expire(id, now, records);
    if (nothing_left && group.in(GroupState::kEmpty)) records.emplace_back(group_tombstone(id));
  }
  for (const auto& [id, group] : consumers_.groups()) {
    const bool nothing_left = offset_rules_.expire(id, now, records);
    if (!nothing_left || !group.members().empty()) continue;
    consumer::Records tombstones;
    group.add_tombstones(tombstones);
    for (consumer::Record& record : tombstones) records.emplace_back(std::move(record));
  }
  for (const auto& [id, group] : streams_.groups()) {
    const bool nothing_left = offset_rules_.expire(id, now, records);
    if (!nothing_left || !group.members().empty()) continue;
    streams::Records tombstones;
    group.add_tombstones(tombstones);
    for (streams::Record& record : tombstones) records.emplace_back(std::move(record));
  }
  await_expiry(now);
  if (records.empty()) return;
  logger.info("Removing ", records.size(), " expired offsets and groups.");
  Write& write = effects.add_write();
  write.records = std::move(records);
  write.atomic = false;
  write.done = [](ErrorCode error, Instant, Effects&) {
    if (error != ErrorCode::kNone)
      logger.warn("Expired offsets could not be removed; the next round tries again.");
  };
}

}  // namespace barnabas::broker::groups
