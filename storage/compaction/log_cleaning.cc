#include "storage/compaction/log_cleaning.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/logging.h"
#include "common/text.h"
#include "records/record.h"
#include "storage/compaction/chunk_reader.h"

namespace barnabas::storage {
namespace {

constexpr Logger logger("storage.LogCleaner");
constexpr records::RecordLimits kNoLimits{.max_batch_bytes = INT32_MAX, .max_record_bytes = INT32_MAX};

}  // namespace

LogCleaning::LogCleaning(Log& log, CleaningPlan plan, const CleaningLimits& limits, std::int64_t now_ms,
                         CleaningPace pace)
    : log_(log),
      plan_(std::move(plan)),
      limits_(limits),
      now_ms_(now_ms),
      pace_(std::move(pace)),
      config_(log.config()),
      keys_(limits.key_bytes, limits.load_factor, limits.secret, plan_.first_dirty) {}

StorageResult<CleaningReport> LogCleaning::run() {
  logger.info("Cleaning ", log_.partition(), " from offset ", plan_.first_dirty, " to ", plan_.end);
  report_.first_dirty = plan_.first_dirty;
  if (auto done = settle_sources(); !done) return std::unexpected(done.error());
  if (auto done = collect_aborted(); !done) return std::unexpected(done.error());
  if (auto done = build_map(); !done) return std::unexpected(done.error());
  report_.end = keys_.latest_offset() + 1;
  report_.map_utilization = static_cast<double>(keys_.size()) / static_cast<double>(keys_.capacity());
  const auto groups =
      group_segments(segments_between(plan_.view.segments, 0, report_.end), *config_, plan_.end);
  if (!groups) return std::unexpected(log_.report_io_error(groups.error()));
  // As of now: whoever writes later writes behind what is cleaned.
  for (const ActiveProducer& producer : log_.active_producers()) {
    LastRecord& last = producers_[producer.producer_id];
    last.epoch = static_cast<std::int16_t>(producer.producer_epoch);
    if (producer.last_data_offset >= 0) last.data_offset = producer.last_data_offset;
  }
  // Their last batches stand in for those that go now: a power loss may not take them.
  if (auto done = log_.flush(); !done) return std::unexpected(done.error());
  CleanedTransactions transactions;
  transactions.add_aborted(aborted_);
  for (const SegmentRun& group : *groups)
    if (auto done = clean_group(group, transactions); !done) return std::unexpected(done.error());
  return report_;
}

// What takes the place of the sources is durable, so they must be: else a crash could lose records between
// them that were not cleaned.
StorageResult<void> LogCleaning::settle_sources() {
  for (const auto& segment : segments_between(plan_.view.segments, 0, plan_.end))
    if (!segment->is_durable()) return log_.flush();
  return {};
}

StorageResult<void> LogCleaning::collect_aborted() {
  for (const auto& segment : plan_.view.segments) {
    const auto entries = segment->aborted();
    if (!entries) return read_failure(*segment, entries.error());
    aborted_.insert(aborted_.end(), entries->begin(), entries->end());
  }
  return {};
}

StorageResult<void> LogCleaning::build_map() {
  CleanedTransactions transactions;
  for (const AbortedEntry& entry : aborted_)
    if (entry.last_offset >= plan_.first_dirty) transactions.add_aborted({&entry, 1});
  const auto dirty = segments_between(plan_.view.segments, plan_.first_dirty, plan_.end);
  keys_.update_latest_offset(plan_.first_dirty - 1);
  for (std::size_t i = 0; i < dirty.size(); ++i) {
    const auto more = map_segment(*dirty[i], transactions);
    if (!more) return std::unexpected(more.error());
    if (!*more) {
      logger.info("The map of keys is full at offset ", keys_.latest_offset(), " of ", log_.partition(),
                  ": the rest is cleaned next time");
      return {};
    }
    keys_.update_latest_offset((i + 1 < dirty.size() ? dirty[i + 1]->base_offset() : plan_.end) - 1);
  }
  return {};
}

StorageResult<bool> LogCleaning::map_segment(Segment& segment, CleanedTransactions& transactions) {
  const auto begin = segment.find(plan_.first_dirty, segment.size());
  if (!begin) return read_failure(segment, begin.error());
  if (!*begin) return true;
  auto file = segment.file();
  if (!file) return read_failure(segment, file.error());
  ChunkReader reader(**file, (*begin)->position, segment.size(), limits_.io_bytes, chunk_);
  for (;;) {
    const auto run = reader.next();
    if (!run) return read_failure(segment, run.error());
    if (run->empty()) return true;
    report_.map_bytes_read += static_cast<std::int64_t>(run->size());
    if (auto done = proceed(static_cast<std::int64_t>(run->size())); !done)
      return std::unexpected(done.error());
    records::BatchSplitter splitter(*run);
    records::BatchView batch;
    while (splitter.next(batch) == records::SplitOutcome::kBatch) {
      const auto more = map_batch(batch, transactions);
      if (!more || !*more) return more;
    }
  }
}

StorageResult<bool> LogCleaning::map_batch(const records::BatchView& batch,
                                           CleanedTransactions& transactions) {
  if (batch.is_control()) {
    transactions.on_control(batch);
  } else if (!transactions.on_data(batch)) {
    records::BatchRecords walk(batch, kNoLimits);
    while (const records::RecordView* record = walk.next())
      if (record->key && walk.offset() >= plan_.first_dirty && !note(*record->key, walk.offset()))
        return false;
    if (!put_noted()) return false;
    if (walk.fault() != records::RecordFault::kNone)
      return corrupt(batch, records::record_fault_name(walk.fault()));
  }
  keys_.update_latest_offset(batch.last_offset());
  return true;
}

bool LogCleaning::note(ByteView key, std::int64_t offset) {
  noted_[noted_count_++] = {keys_.ask_for(key), offset};
  return noted_count_ < noted_.size() || put_noted();
}

// False once the map is full.
bool LogCleaning::put_noted() {
  const std::size_t count = std::exchange(noted_count_, 0);
  for (std::size_t i = 0; i < count; ++i)
    if (!keys_.put(noted_[i].key, noted_[i].offset)) return false;
  return true;
}

StorageResult<void> LogCleaning::clean_group(const SegmentRun& group, CleanedTransactions& transactions) {
  CleanedOutput output(log_);
  if (auto done = output.begin(group.front()->base_offset()); !done) return done;
  BatchFilter filter({.keys = keys_,
                      .producers = producers_,
                      .now_ms = now_ms_,
                      .delete_retention_ms = config_->delete_retention_ms,
                      .round_end = plan_.end},
                     transactions);
  rewritten_in_group_ = gone_in_group_ = 0;
  for (const auto& segment : group)
    if (auto done = clean_segment(*segment, filter, transactions, output); !done) return done;
  report_.bytes_written += output.bytes();
  report_.records.records_read += filter.counts().records_read;
  report_.records.records_kept += filter.counts().records_kept;
  report_.records.records_without_key += filter.counts().records_without_key;
  // Nothing to exchange: the segment is what it would become.
  if (group.size() == 1 && rewritten_in_group_ == 0 && gone_in_group_ == 0) return {};
  const auto modified = group.back()->modified_ms();
  if (!modified) return read_failure(*group.back(), modified.error());
  if (auto done = output.finish(*modified); !done) return done;
  const auto replaced = log_.replace_segments(plan_.view, group, output.segments());
  if (!replaced) {
    // Whatever state the swap is in, its files belong to the recovery.
    output.release();
    return std::unexpected(replaced.error());
  }
  if (*replaced)
    output.release();
  else if (!log_.allows_cleaning(plan_.view))
    return fail(StorageErrorCode::kClosed, "the log was changed");
  // Else retention took some of them meanwhile; the groups that follow are not touched by that.
  return {};
}

StorageResult<void> LogCleaning::clean_segment(Segment& segment, BatchFilter& filter,
                                               CleanedTransactions& transactions, CleanedOutput& output) {
  auto file = segment.file();
  if (!file) return read_failure(segment, file.error());
  ChunkReader reader(**file, 0, segment.size(), limits_.io_bytes, chunk_);
  for (;;) {
    const auto run = reader.next();
    if (!run) return read_failure(segment, run.error());
    if (run->empty()) return {};
    report_.bytes_read += static_cast<std::int64_t>(run->size());
    const std::int64_t before = output.bytes();
    if (auto done = clean_run(*run, filter, transactions, output); !done) return done;
    if (auto done = proceed(static_cast<std::int64_t>(run->size()) + output.bytes() - before); !done)
      return done;
  }
}

StorageResult<void> LogCleaning::clean_run(ByteView run, BatchFilter& filter,
                                           CleanedTransactions& transactions, CleanedOutput& output) {
  records::BatchSplitter splitter(run);
  records::BatchView batch;
  while (splitter.next(batch) == records::SplitOutcome::kBatch) {
    const auto fate = filter.filter(batch);
    if (!fate) return corrupt(batch, fate.error());
    StorageResult<void> added;
    switch (*fate) {
      case BatchFate::kGone:
        ++gone_in_group_;
        break;
      case BatchFate::kWhole:
        added = output.add(batch);
        break;
      case BatchFate::kRewritten:
        ++rewritten_in_group_;
        added = output.add(std::move(filter.rewritten()));
        break;
    }
    if (!added) return added;
    for (const AbortedEntry& entry : transactions.take_kept_aborts())
      if (auto done = output.add_aborted(entry); !done) return done;
  }
  return output.write();
}

StorageResult<void> LogCleaning::proceed(std::int64_t bytes) {
  if (!pace_(bytes) || !log_.allows_cleaning(plan_.view))
    return fail(StorageErrorCode::kClosed, concat("the cleaning of ", log_.partition(), " was given up"));
  return {};
}

std::unexpected<StorageError> LogCleaning::read_failure(const Segment& segment, const IoError& error) const {
  // A truncation may have taken away what was being read.
  if (!log_.allows_cleaning(plan_.view)) return fail(StorageErrorCode::kClosed, "the log was changed");
  if (error.code == EBADMSG || error.code == EINVAL)
    return fail(StorageErrorCode::kCorruptRecord, concat(segment.path(".log"), ": ", error.to_string()));
  return std::unexpected(log_.report_io_error(error));
}

std::unexpected<StorageError> LogCleaning::corrupt(const records::BatchView& batch,
                                                   std::string_view why) const {
  if (!log_.allows_cleaning(plan_.view)) return fail(StorageErrorCode::kClosed, "the log was changed");
  return fail(StorageErrorCode::kCorruptRecord, concat("the batch at offset ", batch.base_offset(), " of ",
                                                       log_.partition(), " cannot be read: ", why));
}

}  // namespace barnabas::storage
