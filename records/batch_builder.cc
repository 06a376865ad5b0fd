#include "records/batch_builder.h"

#include <algorithm>

#include "common/assert.h"
#include "records/batch.h"
#include "records/compression.h"

namespace barnabas::records {
namespace {

std::uint64_t fold(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}

std::size_t folded_size(std::int64_t value) {
  std::size_t size = 1;
  for (std::uint64_t rest = fold(value); rest >= 0x80; rest >>= 7) ++size;
  return size;
}

void put_number(Buffer& out, std::int64_t value) {
  std::uint64_t rest = fold(value);
  for (; rest >= 0x80; rest >>= 7) out.push_back(static_cast<std::uint8_t>(rest | 0x80));
  out.push_back(static_cast<std::uint8_t>(rest));
}

void put_raw(Buffer& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::int64_t length_of(const std::optional<ByteView>& bytes) {
  return bytes ? static_cast<std::int64_t>(bytes->size()) : -1;
}

void put_bytes(Buffer& out, const std::optional<ByteView>& bytes) {
  put_number(out, length_of(bytes));
  if (bytes) put_raw(out, *bytes);
}

std::size_t bytes_size(const std::optional<ByteView>& bytes) {
  return folded_size(length_of(bytes)) + (bytes ? bytes->size() : 0);
}

std::size_t headers_size(std::span<const HeaderView> headers) {
  std::size_t size = folded_size(static_cast<std::int64_t>(headers.size()));
  for (const HeaderView& header : headers)
    size += bytes_size(as_bytes(header.key)) + bytes_size(header.value);
  return size;
}

std::int16_t attributes_of(const BatchOptions& options, Codec codec) {
  int bits = static_cast<int>(codec);
  if (options.timestamp_type == TimestampType::kLogAppendTime) bits |= 0x08;
  if (options.transactional) bits |= 0x10;
  if (options.control) bits |= 0x20;
  if (options.delete_horizon_ms) bits |= 0x40;
  return static_cast<std::int16_t>(bits);
}

}  // namespace

std::size_t BatchBuilder::begin(std::int32_t offset_delta, std::int64_t timestamp_ms,
                                std::size_t key_value_headers) {
  ASSERT(offset_delta > last_offset_delta_);
  if (count_ == 0) base_timestamp_ = options_.delete_horizon_ms.value_or(timestamp_ms);
  // The reader's addition wraps too where the two are further apart than 63 bits tell.
  const auto delta = static_cast<std::int64_t>(static_cast<std::uint64_t>(timestamp_ms) -
                                               static_cast<std::uint64_t>(base_timestamp_));
  const std::size_t body = 1 + folded_size(delta) + folded_size(offset_delta) + key_value_headers;
  put_number(records_, static_cast<std::int64_t>(body));
  records_.push_back(0);  // attributes of a record: none are defined
  put_number(records_, delta);
  put_number(records_, offset_delta);
  last_offset_delta_ = offset_delta;
  max_timestamp_ = std::max(max_timestamp_, timestamp_ms);
  ++count_;
  return body;
}

void BatchBuilder::add(std::int64_t timestamp_ms, std::optional<ByteView> key, std::optional<ByteView> value,
                       std::span<const HeaderView> headers) {
  add_at(last_offset_delta_ + 1, timestamp_ms, key, value, headers);
}

void BatchBuilder::add_at(std::int32_t offset_delta, std::int64_t timestamp_ms, std::optional<ByteView> key,
                          std::optional<ByteView> value, std::span<const HeaderView> headers) {
  begin(offset_delta, timestamp_ms, bytes_size(key) + bytes_size(value) + headers_size(headers));
  put_bytes(records_, key);
  put_bytes(records_, value);
  put_number(records_, static_cast<std::int64_t>(headers.size()));
  for (const HeaderView& header : headers) {
    put_bytes(records_, as_bytes(header.key));
    put_bytes(records_, header.value);
  }
}

void BatchBuilder::add_copy(std::int32_t offset_delta, std::int64_t timestamp_ms, const RecordView& record) {
  const std::size_t headers = folded_size(record.headers.count()) + record.headers.bytes().size();
  begin(offset_delta, timestamp_ms, bytes_size(record.key) + bytes_size(record.value) + headers);
  put_bytes(records_, record.key);
  put_bytes(records_, record.value);
  put_number(records_, record.headers.count());
  put_raw(records_, record.headers.bytes());
}

std::size_t BatchBuilder::record_bound(std::optional<ByteView> key, std::optional<ByteView> value,
                                       std::span<const HeaderView> headers) {
  // Length 5, attributes 1, time 10, offset 5.
  return 21 + bytes_size(key) + bytes_size(value) + headers_size(headers);
}

Buffer BatchBuilder::build(std::optional<std::int32_t> last_offset_delta) {
  // An empty batch stays uncompressed: there is nothing a codec could frame.
  const Codec codec = count_ > 0 ? options_.codec : Codec::kNone;
  Buffer batch(kBatchHeaderBytes);
  if (codec == Codec::kNone) {
    batch.reserve(kBatchHeaderBytes + records_.size());
    put_raw(batch, records_);
  } else {
    put_raw(batch, compress(codec, records_, options_.level));
  }
  ASSERT(batch.size() <= static_cast<std::size_t>(INT32_MAX));
  const bool append_time = options_.timestamp_type == TimestampType::kLogAppendTime;
  std::uint8_t* const at = batch.data();
  store_be(at + position::kBaseOffset, options_.base_offset);
  store_be(at + position::kLength, static_cast<std::int32_t>(batch.size() - kLogOverheadBytes));
  store_be(at + position::kLeaderEpoch, options_.leader_epoch);
  store_be(at + position::kMagic, kCurrentMagic);
  store_be(at + position::kAttributes, attributes_of(options_, codec));
  store_be(at + position::kLastOffsetDelta, last_offset_delta.value_or(std::max(last_offset_delta_, 0)));
  store_be(at + position::kBaseTimestamp,
           count_ > 0 ? base_timestamp_ : options_.delete_horizon_ms.value_or(-1));
  store_be(at + position::kMaxTimestamp, append_time ? options_.log_append_time_ms : max_timestamp_);
  store_be(at + position::kProducerId, options_.producer_id);
  store_be(at + position::kProducerEpoch, options_.producer_epoch);
  store_be(at + position::kBaseSequence, options_.base_sequence);
  store_be(at + position::kCount, count_);
  seal_batch(batch);
  records_.clear();
  count_ = 0;
  last_offset_delta_ = -1;
  base_timestamp_ = max_timestamp_ = kNoTimestamp;
  return batch;
}

Buffer control_key(std::int16_t type, std::int16_t version) {
  Buffer key(4);
  store_be(key.data(), version);
  store_be(key.data() + 2, type);
  return key;
}

Buffer control_batch(BatchOptions options, std::int64_t timestamp_ms, std::int16_t type, ByteView value) {
  options.control = true;
  BatchBuilder builder(options);
  builder.add(timestamp_ms, control_key(type), value);
  return builder.build();
}

Buffer end_transaction_batch(BatchOptions options, std::int64_t timestamp_ms,
                             const EndTransactionMarker& marker) {
  options.transactional = true;
  options.base_sequence = kNoSequence;
  Buffer value(6);  // version 0, coordinator epoch
  store_be(value.data() + 2, marker.coordinator_epoch);
  return control_batch(options, timestamp_ms, marker.committed ? control_type::kCommit : control_type::kAbort,
                       value);
}

}  // namespace barnabas::records
