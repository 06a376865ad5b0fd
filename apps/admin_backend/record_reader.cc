#include "apps/admin_backend/record_reader.h"

#include <algorithm>
#include <set>
#include <system_error>

#include "apps/admin_backend/errors.h"
#include "broker/error_mapping.h"
#include "broker/partition/partition_manager.h"
#include "common/text.h"
#include "records/record.h"

namespace barnabas::apps {
namespace {

using protocol::ErrorCode;
using PageResult = Result<admin::RecordPage, admin::BackendError>;

constexpr std::int64_t kReadBytes = 1 << 18;
constexpr std::int64_t kScanBytesMax = 64 << 20;  // of one page

std::optional<Buffer> copy(const std::optional<ByteView>& bytes) {
  if (!bytes) return std::nullopt;
  return Buffer(bytes->begin(), bytes->end());
}

admin::Record copy(const records::RecordView& view) {
  admin::Record record;
  record.key = copy(view.key);
  record.value = copy(view.value);
  view.headers.for_each([&](const records::HeaderView& header) {
    record.headers.emplace_back(std::string(header.key), copy(header.value));
  });
  return record;
}

std::int64_t content_bytes(const admin::Record& record) {
  const auto size = [](const std::optional<Buffer>& bytes) { return bytes ? bytes->size() : 0; };
  std::size_t bytes = size(record.key) + size(record.value);
  for (const auto& [name, value] : record.headers) bytes += name.size() + size(value);
  return static_cast<std::int64_t>(bytes);
}

// Which transactions of a run were aborted, as a consumer with read_committed keeps track.
class AbortedProducers {
 public:
  void add(std::vector<storage::AbortedTransaction> aborted) {
    std::ranges::sort(aborted, {}, &storage::AbortedTransaction::first_offset);
    waiting_ = std::move(aborted);
    active_.clear();
  }

  // Whether the records of the batch are to be passed over. Batches come in order.
  bool hides(const records::BatchView& batch) {
    while (!waiting_.empty() && waiting_.front().first_offset <= batch.last_offset()) {
      active_.insert(waiting_.front().producer_id);
      waiting_.erase(waiting_.begin());
    }
    if (!batch.is_control()) return batch.is_transactional() && active_.contains(batch.producer_id());
    // A marker ends its producer's transaction, whichever way it went.
    active_.erase(batch.producer_id());
    return true;
  }

 private:
  std::vector<storage::AbortedTransaction> waiting_;
  std::set<std::int64_t> active_;
};

// Fills one page. One thread, for one question.
class PageReader {
 public:
  PageReader(const storage::Log& log, const admin::RecordQuery& query) : log_(log), query_(query) {}

  PageResult read() {
    page_.earliest_offset = log_.log_start_offset();
    page_.latest_offset = log_.last_stable_offset();
    const auto start = std::visit([this](const auto& from) { return find(from); }, query_.start);
    if (!start) return unexpected(start.error());
    page_.next_offset = *start;
    std::int64_t scanned = 0;
    while (!full_ && page_.next_offset < page_.latest_offset && scanned < kScanBytesMax) {
      auto part = log_.read(page_.next_offset, kReadBytes, true, storage::ReadBound::kLastStable);
      if (!part) return refuse(broker::error_code_of(part.error().code));
      if (part->records.empty()) break;
      scanned += static_cast<std::int64_t>(part->records.size());
      aborted_.add(std::move(part->aborted));
      const Buffer bytes = part->records.to_buffer();
      if (auto failure = add_batches(bytes)) return unexpected(std::move(*failure));
      // What stands between the last batch and the next one was compacted away.
      if (!full_) page_.next_offset = std::max(page_.next_offset, part->next_offset);
    }
    return std::move(page_);
  }

 private:
  using Start = Result<std::int64_t, admin::BackendError>;

  Start find(const admin::FromOffset& from) const {
    if (from.offset > page_.latest_offset) return refuse(ErrorCode::kOffsetOutOfRange);
    return std::max(from.offset, page_.earliest_offset);
  }
  Start find(const admin::FromTime& from) const {
    const auto found = log_.offset_for_timestamp(from.timestamp_ms);
    if (!found) return refuse(broker::error_code_of(found.error().code));
    if (!*found) return page_.latest_offset;
    return std::min((*found)->offset, page_.latest_offset);
  }
  Start find(const admin::FromTail& from) const {
    const std::int64_t held = page_.latest_offset - page_.earliest_offset;
    return page_.latest_offset - std::clamp<std::int64_t>(from.count, 0, std::max<std::int64_t>(held, 0));
  }

  std::optional<admin::BackendError> add_batches(ByteView bytes) {
    records::BatchSplitter splitter(bytes);
    records::BatchView batch;
    for (auto outcome = splitter.next(batch); !full_; outcome = splitter.next(batch)) {
      if (outcome == records::SplitOutcome::kLegacy) continue;
      if (outcome != records::SplitOutcome::kBatch) break;
      if (batch.next_offset() <= page_.next_offset) continue;
      if (!aborted_.hides(batch)) {
        if (auto failure = add_records(batch)) return failure;
      }
      if (!full_) page_.next_offset = batch.next_offset();
    }
    return std::nullopt;
  }

  std::optional<admin::BackendError> add_records(const records::BatchView& batch) {
    records::BatchRecords walk(batch);
    while (const records::RecordView* view = walk.next()) {
      if (walk.offset() < page_.next_offset) continue;
      admin::Record record = copy(*view);
      bytes_ += content_bytes(record);
      full_ = !page_.records.empty() && bytes_ > query_.max_bytes;
      if (full_) return std::nullopt;
      record.offset = walk.offset();
      record.timestamp_ms = walk.timestamp();
      record.log_append_time = batch.timestamp_type() == records::TimestampType::kLogAppendTime;
      page_.records.push_back(std::move(record));
      page_.next_offset = walk.offset() + 1;
      full_ = static_cast<std::int64_t>(page_.records.size()) >= query_.limit;
      if (full_) return std::nullopt;
    }
    if (walk.fault() == records::RecordFault::kNone) return std::nullopt;
    return backend_error(ErrorCode::kCorruptMessage,
                         concat("The batch at offset ", batch.base_offset(),
                                " cannot be read: ", records::record_fault_name(walk.fault())));
  }

  const storage::Log& log_;
  const admin::RecordQuery& query_;
  admin::RecordPage page_;
  AbortedProducers aborted_;
  std::int64_t bytes_ = 0;
  bool full_ = false;
};

}  // namespace

Result<admin::RecordPage, admin::BackendError> read_page(const broker::PartitionManager& partitions,
                                                         const admin::RecordQuery& query) {
  const auto partition = partitions.find(query.partition.topic, query.partition.partition);
  if (!partition) return refuse(partition.error());
  if (!(*partition)->is_leader()) return refuse(ErrorCode::kNotLeaderOrFollower);
  return read_page((*partition)->log(), query);
}

Result<admin::RecordPage, admin::BackendError> read_page(const storage::Log& log,
                                                         const admin::RecordQuery& query) {
  try {
    return PageReader(log, query).read();
  } catch (const std::system_error& failure) {  // a file that cannot be read (Payload::to_buffer)
    return refuse(ErrorCode::kKafkaStorageError, failure.what());
  }
}

}  // namespace barnabas::apps
