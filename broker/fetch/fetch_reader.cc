#include "broker/fetch/fetch_reader.h"

#include <algorithm>

#include "broker/error_mapping.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;

constexpr std::int64_t kUnknownOffset = -1;

void fail(FetchedPartition& fetched, ErrorCode error) {
  fetched.error = error;
  fetched.read = {};
  fetched.read.log_start_offset = kUnknownOffset;
  fetched.read.high_watermark = kUnknownOffset;
  fetched.read.last_stable_offset = kUnknownOffset;
}

// What the client fetched last is checked against the epochs of the log (KIP-595): where they part, the
// client is told instead of being given records.
std::optional<storage::EpochEndOffset> divergence(const Partition& partition, const FetchPartition& wanted,
                                                  ErrorCode& error) {
  if (wanted.last_fetched_epoch < 0) return std::nullopt;
  const auto end = partition.log().end_offset_for_epoch(wanted.last_fetched_epoch);
  if (end.epoch < 0) {
    error = ErrorCode::kOffsetOutOfRange;
    return std::nullopt;
  }
  if (end.epoch < wanted.last_fetched_epoch || end.end_offset < wanted.fetch_offset) return end;
  return std::nullopt;
}

void read_one(FetchedPartition& fetched, const FetchPartition& wanted, const FetchLimits& limits,
              std::int64_t max_bytes, bool min_one_batch) {
  const Partition& partition = *fetched.partition;
  ErrorCode error = partition.check_leader(wanted.current_leader_epoch);
  if (error == ErrorCode::kNone) fetched.diverging = divergence(partition, wanted, error);
  if (error != ErrorCode::kNone) return fail(fetched, error);
  const auto& log = partition.log();
  if (fetched.diverging) {
    fetched.read.log_start_offset = log.log_start_offset();
    fetched.read.high_watermark = log.high_watermark();
    fetched.read.last_stable_offset = log.last_stable_offset();
    return;
  }
  auto read = log.read(wanted.fetch_offset, max_bytes, min_one_batch, limits.bound);
  if (!read) {
    fetched.message = std::move(read.error().message);
    return fail(fetched, error_code_of(read.error().code));
  }
  fetched.read = std::move(*read);
}

}  // namespace

FetchPass read_partitions(const PartitionManager& manager, const std::vector<FetchPartition>& wanted,
                          const FetchLimits& limits) {
  FetchPass pass;
  pass.partitions.reserve(wanted.size());
  bool min_one_batch = limits.whole_first_batch;
  std::int64_t left = limits.max_bytes;
  for (const FetchPartition& want : wanted) {
    auto& fetched = pass.partitions.emplace_back();
    fetched.key = want.key;
    auto found = limits.by_topic_id ? manager.find(want.key.topic_id, want.key.partition)
                                    : manager.find(want.key.topic, want.key.partition);
    if (!found) {
      fail(fetched, found.error());
      pass.has_news = true;
      continue;
    }
    fetched.partition = std::move(*found);
    read_one(fetched, want, limits, std::min<std::int64_t>(want.max_bytes, left), min_one_batch);
    pass.has_news |= fetched.error != ErrorCode::kNone || fetched.diverging.has_value();
    const auto bytes = static_cast<std::int64_t>(fetched.read.records.size());
    if (bytes > 0) min_one_batch = false;
    left = std::max<std::int64_t>(0, left - bytes);
    pass.bytes += bytes;
  }
  return pass;
}

}  // namespace barnabas::broker
