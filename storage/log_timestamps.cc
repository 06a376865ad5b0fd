// Look-ups by time.
#include <algorithm>
#include <cerrno>

#include "records/record.h"
#include "storage/log.h"
#include "storage/segment.h"

namespace barnabas::storage {
namespace {

// The first record of the batch at `position` that `matches(timestamp, offset)` accepts.
template <class Matches>
IoResult<std::optional<TimestampOffset>> search_batch(const Segment& segment, std::int64_t position,
                                                      std::int64_t end, Matches matches) {
  auto file = segment.file();
  if (!file) return std::unexpected(file.error());
  BatchScanner scanner(**file, position, end, BatchScanner::Depth::kWhole, records::kBatchHeaderBytes);
  const auto outcome = scanner.next();
  if (!outcome) return std::unexpected(outcome.error());
  if (*outcome != ScanOutcome::kBatch)
    return std::unexpected(IoError{EBADMSG, "no batch where the index says in " + segment.path(".log")});
  records::BatchRecords walk(scanner.batch());
  while (walk.next() != nullptr)
    if (matches(walk.timestamp(), walk.offset()))
      return TimestampOffset{walk.timestamp(), walk.offset(), scanner.batch().leader_epoch()};
  return std::nullopt;
}

IoResult<std::optional<TimestampOffset>> search_segment(const Segment& segment, std::int64_t timestamp,
                                                        std::int64_t start_offset) {
  const auto before = segment.offset_before_timestamp(timestamp);
  if (!before) return std::unexpected(before.error());
  const std::int64_t end = segment.size();
  auto batch = segment.find(std::max(*before, start_offset), end);
  for (;;) {
    if (!batch) return std::unexpected(batch.error());
    if (!*batch) return std::nullopt;
    if ((*batch)->max_timestamp >= timestamp) {
      auto record = search_batch(segment, (*batch)->position, end, [&](std::int64_t at, std::int64_t offset) {
        return at >= timestamp && offset >= start_offset;
      });
      if (!record || *record) return record;
    }
    batch = segment.batch_at((*batch)->position + (*batch)->size, end);
  }
}

}  // namespace

StorageResult<std::optional<TimestampOffset>> Log::offset_for_timestamp(std::int64_t timestamp) const {
  if (is_offline()) return fail(StorageErrorCode::kDirectoryOffline, partition_.to_string());
  for (const SegmentPtr& segment : copy_segments()) {
    const auto largest = segment->largest_timestamp();
    auto record = largest ? IoResult<std::optional<TimestampOffset>>(std::nullopt)
                          : IoResult<std::optional<TimestampOffset>>(std::unexpected(largest.error()));
    if (largest && largest->timestamp >= timestamp)
      record = search_segment(*segment, timestamp, log_start_offset());
    if (!record && segment->is_deleted()) continue;
    if (!record && record.error().code == EBADMSG)
      return fail(StorageErrorCode::kCorruptRecord, record.error().to_string());
    if (!record) return io_failure(record.error());
    if (*record) return *record;
  }
  return std::nullopt;
}

StorageResult<std::optional<TimestampOffset>> Log::offset_of_max_timestamp() const {
  if (is_offline()) return fail(StorageErrorCode::kDirectoryOffline, partition_.to_string());
  SegmentPtr best;
  TimestampMark mark;
  for (const SegmentPtr& segment : copy_segments()) {
    const auto largest = segment->largest_timestamp();
    if (!largest && segment->is_deleted()) continue;
    if (!largest) return io_failure(largest.error());
    if (largest->timestamp > mark.timestamp) {
      mark = *largest;
      best = segment;
    }
  }
  if (!best) return std::nullopt;
  const std::int64_t end = best->size();
  const auto batch = best->find(mark.offset, end);
  if (!batch) return io_failure(batch.error());
  if (!*batch) return std::nullopt;
  auto record = search_batch(*best, (*batch)->position, end,
                             [&](std::int64_t at, std::int64_t) { return at == (*batch)->max_timestamp; });
  if (!record) return io_failure(record.error());
  return *record;
}

}  // namespace barnabas::storage
