// The records inside a batch: views of key, value and headers without copying.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "common/bytes.h"
#include "records/batch.h"
#include "records/types.h"

namespace barnabas::records {

struct HeaderView {
  std::string_view key;
  std::optional<ByteView> value;
};

// The headers of one record, checked already when the record was read.
class HeaderList {
 public:
  HeaderList() = default;
  HeaderList(ByteView bytes, std::int32_t count) : bytes_(bytes), count_(count) {}

  std::int32_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  // As they stand in the record, without their count.
  ByteView bytes() const { return bytes_; }
  // Calls see(HeaderView) for each.
  template <class See>
  void for_each(See&& see) const {
    ByteView rest = bytes_;
    for (std::int32_t i = 0; i < count_; ++i) see(take(rest));
  }

 private:
  static HeaderView take(ByteView& rest);

  ByteView bytes_;
  std::int32_t count_ = 0;
};

// One record. Borrows from the batch, or from the reader's window when the batch is compressed.
struct RecordView {
  std::int8_t attributes = 0;
  std::int64_t timestamp_delta = 0;
  std::int32_t offset_delta = 0;
  std::optional<ByteView> key;
  std::optional<ByteView> value;
  HeaderList headers;
  std::size_t size_in_bytes = 0;  // with its length field
};

enum class RecordFault : std::uint8_t {
  kNone,
  kMalformed,  // a length, a varint or a count that does not fit its record, or bytes after the last record
  kTooFew,     // the section ends before the count is reached
  kBadCompression,  // the codec cannot read it
  kTooLarge,        // the decompressed records go beyond the cap
  kUnknownCodec,
};
std::string_view record_fault_name(RecordFault fault);

struct RecordLimits {
  // Decompressed bytes of a batch in all; and of what is held in memory as a whole: one record, or a batch
  // that is built anew.
  std::size_t max_batch_bytes = std::size_t{256} << 20;
  std::size_t max_record_bytes = std::size_t{64} << 20;
};

class Decompressor;

// Walks the records of one batch:
//   BatchRecords walk(batch);
//   while (const RecordView* record = walk.next()) ...
//   if (walk.fault() != RecordFault::kNone) ...
// Uncompressed records are views of the batch and live as long as it; compressed ones live until the next
// call of next(). Decompresses as it goes: memory is a window of the largest record, never the whole batch.
// One thread; the batch's bytes outlive it.
class BatchRecords {
 public:
  explicit BatchRecords(const BatchView& batch, const RecordLimits& limits = {});
  ~BatchRecords();
  BatchRecords(const BatchRecords&) = delete;
  BatchRecords& operator=(const BatchRecords&) = delete;

  // The next record, or null after the last one and after a fault.
  const RecordView* next();
  RecordFault fault() const { return fault_; }
  // Bytes of records seen so far, decompressed.
  std::size_t bytes_read() const { return consumed_; }

  // Absolute values of the record last returned; a log-append batch has one timestamp for all.
  std::int64_t offset() const { return wrapping_add(base_offset_, record_.offset_delta); }
  std::int64_t timestamp() const {
    return log_append_time_ ? max_timestamp_ : wrapping_add(base_timestamp_, record_.timestamp_delta);
  }

 private:
  bool load(std::size_t wanted);
  bool load_record();
  const RecordView* finish();
  const RecordView* fail(RecordFault fault);

  const std::int64_t base_offset_;
  const std::int64_t base_timestamp_;
  const std::int64_t max_timestamp_;
  const bool log_append_time_;
  const RecordLimits limits_;
  std::int32_t left_;
  RecordFault fault_ = RecordFault::kNone;
  std::size_t consumed_ = 0;
  ByteView rest_;  // not yet walked: of the batch, or of window_ when there is a decompressor
  std::unique_ptr<Decompressor> decompressor_;
  std::size_t produced_ = 0;  // bytes out of the decompressor
  Buffer window_;
  RecordView record_;
};

// The key of a control record: version and type.
struct ControlKey {
  std::int16_t version = 0;
  std::int16_t type = 0;
};
std::optional<ControlKey> parse_control_key(ByteView key);

// An end-of-transaction marker, read from a control batch.
struct EndTransactionMarker {
  bool committed = false;
  std::int32_t coordinator_epoch = 0;
};
std::optional<EndTransactionMarker> parse_end_transaction(const RecordView& record);

}  // namespace barnabas::records
