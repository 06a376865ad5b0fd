// The way of an append: describe, check, make room, write, publish. One function each.
#include <algorithm>
#include <array>
#include <limits>

#include "common/assert.h"
#include "common/crc32c.h"
#include "common/text.h"
#include "storage/log.h"
#include "storage/segment.h"

namespace barnabas::storage {
namespace {

using records::BatchView;

// Base offset, length and leader epoch stand outside the CRC; the attributes and the timestamps do not.
constexpr std::size_t kPatchedHead = 16;
// Batches that one pwritev takes: a patched head and the rest of each.
constexpr std::size_t kBatchesPerWrite = 32;

using Head = std::array<std::uint8_t, records::kBatchHeaderBytes>;

// The head of `batch` as it will stand in the log, into `head`; returns how many bytes of it count.
std::size_t patch_head(const BatchView& batch, std::int64_t base_offset, std::int32_t leader_epoch,
                       std::int64_t log_append_time_ms, Head& head) {
  std::copy_n(batch.bytes().data(), head.size(), head.data());
  records::set_base_offset(head, base_offset);
  records::set_leader_epoch(head, leader_epoch);
  if (log_append_time_ms < 0) return kPatchedHead;
  namespace at = records::position;
  head[at::kAttributes + 1] |= 0x08;
  store_be(head.data() + at::kMaxTimestamp, log_append_time_ms);
  const std::uint32_t crc = crc32c(ByteView(head).subspan(at::kAttributes));
  store_be(head.data() + at::kCrc, crc32c(batch.records(), crc));
  return head.size();
}

// A number in [0, bound) that differs from segment to segment but not from run to run.
std::int64_t spread(const TopicPartition& partition, std::int64_t base_offset, std::int64_t bound) {
  if (bound <= 0) return 0;
  std::uint64_t mixed = std::hash<TopicPartition>()(partition) ^
                        (static_cast<std::uint64_t>(base_offset) * 0x9e3779b97f4a7c15ull);
  mixed ^= mixed >> 32;
  return static_cast<std::int64_t>(mixed % static_cast<std::uint64_t>(bound));
}

std::int64_t bytes_of(std::span<const BatchView> batches) {
  std::size_t bytes = 0;
  for (const BatchView& batch : batches) bytes += batch.size_in_bytes();
  return static_cast<std::int64_t>(bytes);
}

}  // namespace

StorageResult<AppendInfo> Log::append_as_leader(std::span<const BatchView> batches, std::int32_t leader_epoch,
                                                const AppendOptions& options) {
  return append(batches, leader_epoch, options);
}

StorageResult<AppendInfo> Log::append_as_follower(std::span<const BatchView> batches,
                                                  const AppendOptions& options) {
  return append(batches, std::nullopt, options);
}

StorageResult<AppendInfo> Log::append(std::span<const BatchView> batches,
                                      std::optional<std::int32_t> leader_epoch,
                                      const AppendOptions& options) {
  auto info = write(batches, leader_epoch, options);
  if (!info || batches.empty()) return info;
  // A repetition waits too: what it repeats may not be on disk yet. Others write meanwhile and share the
  // sync.
  if (options.flush || log_end_offset() - recovery_point() >= config()->flush_messages)
    if (auto done = flush_to(info->last_offset + 1); !done) return std::unexpected(done.error());
  if (!info->duplicate) changed();
  return info;
}

StorageResult<AppendInfo> Log::write(std::span<const BatchView> batches,
                                     std::optional<std::int32_t> leader_epoch, const AppendOptions& options) {
  std::lock_guard writer(writer_);
  if (auto done = check_open(); !done) return std::unexpected(done.error());
  const AppendInfo info = describe(batches, leader_epoch.has_value(), options);
  if (batches.empty()) return info;
  if (!leader_epoch)
    if (auto done = check_given_offsets(batches); !done) return std::unexpected(done.error());
  if (options.origin == AppendOrigin::kClient)
    if (const auto duplicate = find_duplicate(batches)) return *duplicate;
  if (auto done = check_producers(batches, leader_epoch.has_value(), options); !done)
    return std::unexpected(done.error());
  if (auto done = make_room(bytes_of(batches), info); !done) return std::unexpected(done.error());
  if (auto done = write_batches(batches, leader_epoch, options); !done) return std::unexpected(done.error());
  if (auto done = publish_append(batches, leader_epoch, info); !done) return std::unexpected(done.error());
  return info;
}

AppendInfo Log::describe(std::span<const BatchView> batches, bool assign_offsets,
                         const AppendOptions& options) const {
  AppendInfo info;
  info.log_start_offset = log_start_offset();
  info.log_append_time_ms = options.log_append_time_ms;
  if (batches.empty()) return info;
  info.first_offset = assign_offsets ? log_end_offset() : batches.front().base_offset();
  std::int64_t next = info.first_offset;
  for (const BatchView& batch : batches) {
    ASSERT(batch.is_whole());
    info.max_timestamp =
        std::max(info.max_timestamp,
                 options.log_append_time_ms >= 0 ? options.log_append_time_ms : batch.max_timestamp());
    next = assign_offsets ? next + batch.last_offset_delta() + 1 : batch.next_offset();
  }
  info.last_offset = next - 1;
  return info;
}

StorageResult<void> Log::check_given_offsets(std::span<const BatchView> batches) const {
  std::int64_t next = log_end_offset();
  std::int32_t epoch = latest_epoch();
  for (const BatchView& batch : batches) {
    if (batch.base_offset() < next || batch.last_offset_delta() < 0)
      return fail(StorageErrorCode::kUnexpectedOffset,
                  concat("a batch at offset ", batch.base_offset(), " does not follow offset ", next - 1,
                         " of ", partition_));
    if (batch.leader_epoch() >= 0 && batch.leader_epoch() < epoch)
      return fail(StorageErrorCode::kInvalidEpoch, concat("a batch of leader epoch ", batch.leader_epoch(),
                                                          " after epoch ", epoch, " in ", partition_));
    next = batch.next_offset();
    epoch = std::max(epoch, batch.leader_epoch());
  }
  return {};
}

std::optional<AppendInfo> Log::find_duplicate(std::span<const BatchView> batches) const {
  std::lock_guard state(state_);
  for (const BatchView& batch : batches)
    if (const ProducerBatch* known = producers_.find_duplicate(batch))
      return AppendInfo{.first_offset = known->first_offset(),
                        .last_offset = known->last_offset,
                        .max_timestamp = known->timestamp,
                        .log_append_time_ms = known->timestamp,
                        .log_start_offset = log_start_offset(),
                        .duplicate = true};
  return std::nullopt;
}

StorageResult<void> Log::check_producers(std::span<const BatchView> batches, bool assign_offsets,
                                         const AppendOptions& options) {
  changes_.clear();
  if (options.origin == AppendOrigin::kRaftLeader) return {};
  const ProducerCheck how{options.origin, options.guard, options.transaction_version};
  std::lock_guard state(state_);
  std::int64_t next = log_end_offset();
  for (const BatchView& batch : batches) {
    const std::int64_t base_offset = assign_offsets ? next : batch.base_offset();
    if (auto done = producers_.check(batch, base_offset, how, changes_); !done) return done;
    next = base_offset + batch.last_offset_delta() + 1;
  }
  if (options.log_append_time_ms >= 0)
    for (auto& update : changes_.updates) update.updated.last_timestamp = options.log_append_time_ms;
  return {};
}

IoResult<bool> Log::must_roll(const Segment& active, std::int64_t bytes, const AppendInfo& info) const {
  const auto config = this->config();
  const std::int64_t size = active.size();
  if (size + bytes > config->segment_bytes && size > 0) return true;
  if (size + bytes > std::numeric_limits<std::int32_t>::max()) return true;
  if (info.last_offset - active.base_offset() > std::numeric_limits<std::int32_t>::max()) return true;
  if (size > 0) {
    const auto first = active.first_batch_timestamp();
    if (!first) return std::unexpected(first.error());
    const std::int64_t waited = *first >= 0 && info.max_timestamp >= 0
                                    ? info.max_timestamp - *first
                                    : environment_.clock.wall_ms() - active.opened_ms();
    const std::int64_t jitter = spread(partition_, active.base_offset(),
                                       std::min(config->segment_jitter_ms, config->longest_segment_ms()));
    if (waited > config->longest_segment_ms() - jitter) return true;
  }
  return active.index_full(config->segment_index_bytes);
}

StorageResult<void> Log::make_room(std::int64_t bytes, const AppendInfo& info) {
  if (const auto limit = config()->segment_bytes; bytes > limit)
    return fail(StorageErrorCode::kBatchTooLarge,
                concat("an append of ", bytes, " bytes exceeds the segment size of ", limit));
  if (segments_.empty()) return add_segment(log_end_offset());
  const auto roll = must_roll(*segments_.back(), bytes, info);
  if (!roll) return io_failure(roll.error());
  if (*roll) return roll_to(info.first_offset);
  return {};
}

StorageResult<void> Log::add_segment(std::int64_t base_offset) {
  auto segment =
      std::make_shared<Segment>(environment_.files, environment_.descriptors, directory_, base_offset,
                                config()->index_interval_bytes, environment_.clock.wall_ms());
  segment->start_empty();
  if (auto file = segment->create_file(); !file) return io_failure(file.error());
  touched_ = true;
  names_unsynced_.store(true);
  std::lock_guard state(state_);
  segments_.push_back(std::move(segment));
  return {};
}

StorageResult<void> Log::roll_to(std::int64_t base_offset) {
  Segment& active = *segments_.back();
  if (active.size() == 0 && active.base_offset() == base_offset) {
    active.reset_indexes();
    return {};
  }
  ASSERT(base_offset > active.base_offset());
  if (auto done = active.store_indexes(); !done) return io_failure(done.error());
  {
    std::lock_guard state(state_);
    producers_.set_end_offset(base_offset);
  }
  if (auto done = take_producer_snapshot(base_offset); !done) return done;
  rolled_.store(true);
  return add_segment(base_offset);
}

StorageResult<std::int64_t> Log::roll() {
  std::lock_guard writer(writer_);
  if (auto done = check_open(); !done) return std::unexpected(done.error());
  auto done = segments_.empty() ? add_segment(log_end_offset()) : StorageResult<void>();
  if (done && segments_.back()->size() > 0) done = roll_to(log_end_offset());
  if (!done) return std::unexpected(done.error());
  return segments_.back()->base_offset();
}

StorageResult<void> Log::take_producer_snapshot(std::int64_t offset) {
  if (offset <= last_snapshot_offset_) return {};
  Buffer bytes;
  {
    std::lock_guard state(state_);
    bytes = producers_.to_snapshot();
  }
  auto file = environment_.files.open(concat(*directory_, '/', offset_name(offset), ".snapshot"),
                                      OpenMode::kTruncate);
  if (!file) return io_failure(file.error());
  if (auto done = (*file)->write_at(0, ByteView(bytes)); !done) return io_failure(done.error());
  names_unsynced_.store(true);
  last_snapshot_offset_ = offset;
  return {};
}

StorageResult<void> Log::write_batches(std::span<const BatchView> batches,
                                       std::optional<std::int32_t> leader_epoch,
                                       const AppendOptions& options) {
  Segment& active = *segments_.back();
  auto file = active.file();
  if (!file) return io_failure(file.error());
  std::array<Head, kBatchesPerWrite> heads;
  std::array<ByteView, 2 * kBatchesPerWrite> pieces;
  std::int64_t position = active.size();
  std::int64_t next = log_end_offset();
  while (!batches.empty()) {
    const auto now = batches.first(std::min(batches.size(), kBatchesPerWrite));
    batches = batches.subspan(now.size());
    std::size_t count = 0;
    std::int64_t bytes = 0;
    for (std::size_t i = 0; i < now.size(); ++i) {
      const ByteView whole = now[i].bytes();
      bytes += static_cast<std::int64_t>(whole.size());
      if (!leader_epoch) {
        const bool adjoins = count > 0 && pieces[count - 1].data() + pieces[count - 1].size() == whole.data();
        if (adjoins)
          pieces[count - 1] = ByteView(pieces[count - 1].data(), pieces[count - 1].size() + whole.size());
        else
          pieces[count++] = whole;
        continue;
      }
      const std::size_t head = patch_head(now[i], next, *leader_epoch, options.log_append_time_ms, heads[i]);
      pieces[count++] = ByteView(heads[i]).first(head);
      pieces[count++] = whole.subspan(head);
      next += now[i].last_offset_delta() + 1;
    }
    if (auto done = (*file)->write_at(position, std::span<const ByteView>(pieces).first(count)); !done) {
      // What was written lies beyond the published end; a full disk leaves the log as it was.
      if (auto cut = (*file)->truncate(active.size()); !cut) return io_failure(cut.error());
      return io_failure(done.error());
    }
    position += bytes;
  }
  return {};
}

IoResult<void> Log::note_transactions(Segment& active) {
  for (const CompletedTransaction& transaction : changes_.completed) {
    if (transaction.aborted) {
      AbortedEntry entry{transaction.producer_id, transaction.first_offset, transaction.last_offset, -1};
      {
        std::lock_guard state(state_);
        entry.last_stable_offset = producers_.last_stable_offset(transaction);
      }
      if (auto done = active.note_aborted(entry); !done) return done;
    }
    std::lock_guard state(state_);
    producers_.complete(transaction);
  }
  return {};
}

StorageResult<void> Log::publish_append(std::span<const BatchView> batches,
                                        std::optional<std::int32_t> leader_epoch, const AppendInfo& info) {
  Segment& active = *segments_.back();
  touched_ = true;
  std::int64_t position = active.size();
  std::int64_t next = info.first_offset;
  for (const BatchView& batch : batches) {
    const auto size = static_cast<std::int64_t>(batch.size_in_bytes());
    const std::int64_t last = (leader_epoch ? next : batch.base_offset()) + batch.last_offset_delta();
    const std::int64_t timestamp =
        info.log_append_time_ms >= 0 ? info.log_append_time_ms : batch.max_timestamp();
    if (auto done = active.note_batch(position, size, last, timestamp); !done)
      return io_failure(done.error());
    position += size;
    next = last + 1;
  }
  {
    std::lock_guard state(state_);
    producers_.apply(changes_);
  }
  if (auto done = note_transactions(active); !done) return fatal_failure(done.error());
  std::lock_guard state(state_);
  producers_.set_end_offset(next);
  if (leader_epoch)
    epochs_dirty_ |= epochs_.assign(*leader_epoch, info.first_offset);
  else
    for (const BatchView& batch : batches)
      epochs_dirty_ |= epochs_.assign(batch.leader_epoch(), batch.base_offset());
  size_bytes_.fetch_add(position - active.size(), std::memory_order_relaxed);
  active.set_size(position);
  log_end_offset_.store(next, std::memory_order_release);
  update_stable_offset();
  std::int64_t never = -1;
  unflushed_since_ms_.compare_exchange_strong(never, environment_.clock.monotonic_ms());
  return {};
}

StorageResult<void> Log::assign_epoch(std::int32_t epoch) {
  std::lock_guard writer(writer_);
  if (auto done = check_open(); !done) return done;
  std::lock_guard state(state_);
  epochs_dirty_ |= epochs_.assign(epoch, log_end_offset());
  return {};
}

}  // namespace barnabas::storage
