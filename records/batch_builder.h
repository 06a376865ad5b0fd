// Builds record batches of magic 2: for coordinators, the metadata log, HTTP produce and tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "common/bytes.h"
#include "records/record.h"
#include "records/types.h"

namespace barnabas::records {

struct BatchOptions {
  std::int64_t base_offset = 0;
  std::int32_t leader_epoch = -1;
  Codec codec = Codec::kNone;
  std::optional<int> level;  // none: the codec's own default (records/compression.h)
  TimestampType timestamp_type = TimestampType::kCreateTime;
  std::int64_t log_append_time_ms = kNoTimestamp;  // the maximum timestamp under kLogAppendTime
  std::int64_t producer_id = kNoProducerId;
  std::int16_t producer_epoch = kNoProducerEpoch;
  std::int32_t base_sequence = kNoSequence;
  bool transactional = false;
  bool control = false;
  std::optional<std::int64_t> delete_horizon_ms;
};

// Collects records and seals them into one batch. One thread. Reusable: build() starts it over.
class BatchBuilder {
 public:
  explicit BatchBuilder(const BatchOptions& options = {}) : options_(options) {}

  // Offsets rise by one from the base offset.
  void add(std::int64_t timestamp_ms, std::optional<ByteView> key, std::optional<ByteView> value,
           std::span<const HeaderView> headers = {});
  // At an offset of its own, above all before it (compaction leaves holes).
  void add_at(std::int32_t offset_delta, std::int64_t timestamp_ms, std::optional<ByteView> key,
              std::optional<ByteView> value, std::span<const HeaderView> headers = {});
  // A record taken over as it was read, with its headers.
  void add_copy(std::int32_t offset_delta, std::int64_t timestamp_ms, const RecordView& record);

  bool empty() const { return count_ == 0; }
  std::int32_t count() const { return count_; }
  // Bytes of the batch if it were built now without compression.
  std::size_t uncompressed_size() const { return kBatchHeaderBytes + records_.size(); }
  // An upper bound of what the record would add to uncompressed_size().
  static std::size_t record_bound(std::optional<ByteView> key, std::optional<ByteView> value,
                                  std::span<const HeaderView> headers = {});

  // The sealed batch. `last_offset_delta` overrides that of the last record, for batches that lost their tail
  // to compaction; a batch without records is written as Kafka keeps one: base and maximum timestamp -1.
  Buffer build(std::optional<std::int32_t> last_offset_delta = std::nullopt);

 private:
  std::size_t begin(std::int32_t offset_delta, std::int64_t timestamp_ms, std::size_t key_value_headers);

  BatchOptions options_;
  Buffer records_;
  std::int32_t count_ = 0;
  std::int32_t last_offset_delta_ = -1;
  std::int64_t base_timestamp_ = kNoTimestamp;
  std::int64_t max_timestamp_ = kNoTimestamp;
};

// Types of control records (the key's second number).
namespace control_type {
inline constexpr std::int16_t kAbort = 0, kCommit = 1, kLeaderChange = 2, kSnapshotHeader = 3,
                              kSnapshotFooter = 4, kKraftVersion = 5, kKraftVoters = 6;
}

// The four bytes of a control record's key.
Buffer control_key(std::int16_t type, std::int16_t version = 0);

// A control batch with one record; `options.control` is set for the caller.
Buffer control_batch(BatchOptions options, std::int64_t timestamp_ms, std::int16_t type, ByteView value);

// The marker that ends a transaction in a partition: transactional, sequence -1.
Buffer end_transaction_batch(BatchOptions options, std::int64_t timestamp_ms,
                             const EndTransactionMarker& marker);

}  // namespace barnabas::records
