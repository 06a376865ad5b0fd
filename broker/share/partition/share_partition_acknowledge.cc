// What members say about the records they hold.
#include "broker/share/partition/share_partition.h"
#include "broker/share/partition/share_partition_parts.h"

namespace barnabas::broker::share {
namespace {

using protocol::ErrorCode;

constexpr std::string_view kNotFound =
    "Batch record not found. The request batch offsets are not found in the cache.";
constexpr std::string_view kFirstTooHigh =
    "Batch record not found. The first offset in request is past acquired records.";
constexpr std::string_view kLastTooHigh =
    "Batch record not found. The last offset in request is past acquired records.";
constexpr std::string_view kBatchNotAcquired =
    "The batch cannot be acknowledged. The batch is not in the acquired state.";
constexpr std::string_view kBatchOfAnother = "Member is not the owner of batch record";
constexpr std::string_view kOffsetNotAcquired =
    "The offset cannot be acknowledged. The offset is not acquired.";
constexpr std::string_view kOffsetOfAnother = "Member is not the owner of offset";
constexpr std::string_view kNoRenewal = "Renewing acquisition locks is not enabled for the group.";

RecordState state_after(std::int8_t type) {
  switch (static_cast<AcknowledgeType>(type)) {
    case AcknowledgeType::kAccept:
      return RecordState::kAcknowledged;
    case AcknowledgeType::kRelease:
      return RecordState::kAvailable;
    case AcknowledgeType::kGap:
    case AcknowledgeType::kReject:
    case AcknowledgeType::kRenew:
      break;
  }
  return RecordState::kArchived;
}

}  // namespace

struct SharePartition::Acknowledging {
  const std::string& member;
  const ShareLimits& limits;
  std::int64_t now_ms = 0;
  Change change = {};

  bool failed() const { return change.error != ErrorCode::kNone; }
  void fail(ErrorCode error, std::string_view message) {
    change.error = error;
    change.message = message;
  }
};

SharePartition::Change SharePartition::acknowledge(const std::string& member,
                                                   std::span<const AcknowledgeBatch> batches,
                                                   const ShareLimits& limits, std::int64_t now_ms) {
  Acknowledging work{member, limits, now_ms};
  for (const AcknowledgeBatch& batch : batches) {
    if (batch.last_offset < start_offset_) continue;  // done with already
    acknowledge_batch(work, batch);
    if (work.failed()) {
      finish(work.change.batches, false, limits, now_ms);
      work.change.batches.clear();
      break;
    }
  }
  return std::move(work.change);
}

void SharePartition::acknowledge_batch(Acknowledging& work, const AcknowledgeBatch& batch) {
  if (in_flight_.empty()) return work.fail(ErrorCode::kInvalidRecordState, kNotFound);
  if (batch.first_offset >= next_new_offset_) {
    return work.fail(ErrorCode::kInvalidRequest, kFirstTooHigh);
  }
  if (batch.last_offset >= next_new_offset_) return work.fail(ErrorCode::kInvalidRequest, kLastTooHigh);
  for (auto at = batch_at(batch.first_offset); at != in_flight_.end() && at->first <= batch.last_offset;
       ++at) {
    auto& [first, found] = *at;
    const bool whole = !found.is_split() && first >= batch.first_offset && found.last <= batch.last_offset &&
                       batch.types.size() == 1;
    if (!found.is_split() && !found.whole.is_held()) {
      return work.fail(ErrorCode::kInvalidRecordState, kBatchNotAcquired);
    }
    if (!found.is_split() && !found.whole.is_held_by(work.member)) {
      return work.fail(ErrorCode::kInvalidRecordState, kBatchOfAnother);
    }
    if (whole) {
      acknowledge_whole(work, batch, first, found);
    } else {
      found.split(first);
      acknowledge_each(work, batch, first, found);
    }
    if (work.failed()) return;
  }
}

void SharePartition::acknowledge_whole(Acknowledging& work, const AcknowledgeBatch& batch, std::int64_t first,
                                       InFlightBatch& found) {
  answer_for(work, found.whole, first, found.last, batch.types.front());
}

void SharePartition::acknowledge_each(Acknowledging& work, const AcknowledgeBatch& batch, std::int64_t first,
                                      InFlightBatch& found) {
  const std::int64_t from = std::max({first, batch.first_offset, start_offset_});
  const std::int64_t to = std::min(found.last, batch.last_offset);
  for (std::int64_t offset = from; offset <= to && !work.failed(); ++offset) {
    DeliveryState& state = found.each[index_of(first, offset)];
    if (!state.is_held()) return work.fail(ErrorCode::kInvalidRecordState, kOffsetNotAcquired);
    if (!state.is_held_by(work.member)) return work.fail(ErrorCode::kInvalidRecordState, kOffsetOfAnother);
    const auto type =
        batch.types.size() > 1 ? batch.types[index_of(batch.first_offset, offset)] : batch.types.front();
    answer_for(work, state, offset, offset, type);
  }
}

void SharePartition::answer_for(Acknowledging& work, DeliveryState& state, std::int64_t first,
                                std::int64_t last, std::int8_t type) {
  if (static_cast<AcknowledgeType>(type) != AcknowledgeType::kRenew) {
    return begin_change(state, first, last, state_after(type), work.limits, work.change.batches);
  }
  if (!work.limits.renew_acknowledge) return work.fail(ErrorCode::kInvalidRecordState, kNoRenewal);
  state.deadline_ms = work.now_ms + work.limits.lock_duration_ms;
}

}  // namespace barnabas::broker::share
