#include "records/record.h"

#include <algorithm>

#include "common/assert.h"
#include "records/compression.h"
#include "records/record_parser.h"

namespace barnabas::records {
namespace {

constexpr std::size_t kFirstWindow = 32 * 1024;

std::optional<ByteView> optional_bytes(const std::uint8_t* at, std::int32_t size) {
  if (size < 0) return std::nullopt;
  return ByteView(at, static_cast<std::size_t>(size));
}

void fill_view(const RawRecord& raw, std::size_t size, RecordView& view) {
  view.attributes = raw.attributes;
  view.timestamp_delta = raw.timestamp_delta;
  view.offset_delta = raw.offset_delta;
  view.key = optional_bytes(raw.key, raw.key_size);
  view.value = optional_bytes(raw.value, raw.value_size);
  view.headers = HeaderList(ByteView(raw.headers, raw.end), raw.header_count);
  view.size_in_bytes = size;
}

}  // namespace

std::string_view record_fault_name(RecordFault fault) {
  switch (fault) {
    case RecordFault::kNone:
      return "none";
    case RecordFault::kMalformed:
      return "malformed record";
    case RecordFault::kTooFew:
      return "fewer records than the batch counts";
    case RecordFault::kBadCompression:
      return "records cannot be decompressed";
    case RecordFault::kTooLarge:
      return "records too large when decompressed";
    case RecordFault::kUnknownCodec:
      return "unknown compression codec";
  }
  return "unknown";
}

HeaderView HeaderList::take(ByteView& rest) {
  const std::uint8_t* at = rest.data();
  const std::uint8_t* const end = at + rest.size();
  std::int32_t key_size = 0;
  std::int32_t value_size = 0;
  HeaderView header;
  bool good = read_varint(at, end, key_size);
  header.key = as_text(ByteView(at, static_cast<std::size_t>(key_size)));
  good = good && skip(at, end, key_size) && read_varint(at, end, value_size);
  header.value = optional_bytes(at, value_size);
  good = good && skip(at, end, value_size);
  ASSERT(good);  // parse_record went through them before
  rest = ByteView(at, end);
  return header;
}

BatchRecords::BatchRecords(const BatchView& batch, const RecordLimits& limits)
    : base_offset_(batch.base_offset()),
      base_timestamp_(batch.base_timestamp()),
      max_timestamp_(batch.max_timestamp()),
      log_append_time_(batch.timestamp_type() == TimestampType::kLogAppendTime),
      limits_(limits),
      left_(batch.count()) {
  ASSERT(batch.is_whole());
  if (left_ < 0) {
    fail(RecordFault::kMalformed);
  } else if (!batch.codec_is_known()) {
    fail(RecordFault::kUnknownCodec);
  } else if (!batch.is_compressed()) {
    rest_ = batch.records();
  } else if (left_ > 0) {
    decompressor_ = make_decompressor(batch.codec(), batch.records());
  }
}

BatchRecords::~BatchRecords() = default;

const RecordView* BatchRecords::fail(RecordFault fault) {
  fault_ = fault;
  left_ = 0;
  return nullptr;
}

// Makes rest_ hold `wanted` bytes, or all there are when they are fewer. The window doubles as bytes come in;
// it never grows to a length that was only claimed.
bool BatchRecords::load(std::size_t wanted) {
  while (rest_.size() < wanted) {
    const std::size_t kept = rest_.size();
    if (kept > 0 && rest_.data() != window_.data()) std::memmove(window_.data(), rest_.data(), kept);
    if (kept == window_.size()) window_.resize(std::max(kFirstWindow, 2 * kept));
    const auto read = decompressor_->read(std::span(window_).subspan(kept));
    if (!read) {
      fail(read.error() == DecompressError::kTooLarge ? RecordFault::kTooLarge
                                                      : RecordFault::kBadCompression);
      return false;
    }
    produced_ += *read;
    if (produced_ > limits_.max_batch_bytes) {
      fail(RecordFault::kTooLarge);
      return false;
    }
    rest_ = ByteView(window_).first(kept + *read);
    if (*read == 0) return true;
  }
  return true;
}

// Makes rest_ begin with a whole record of a compressed batch.
bool BatchRecords::load_record() {
  if (!load(5)) return false;
  const std::uint8_t* at = rest_.data();
  std::int32_t length;
  if (!read_varint(at, rest_.data() + rest_.size(), length)) {
    fail(rest_.size() < 5 ? RecordFault::kTooFew : RecordFault::kMalformed);
    return false;
  }
  if (length < 1) {
    fail(RecordFault::kMalformed);
    return false;
  }
  const auto size = static_cast<std::size_t>(at - rest_.data()) + static_cast<std::size_t>(length);
  if (size > limits_.max_record_bytes) {
    fail(RecordFault::kTooLarge);
    return false;
  }
  if (!load(size)) return false;
  if (rest_.size() < size) fail(RecordFault::kTooFew);
  return fault_ == RecordFault::kNone;
}

// After the last record: nothing may follow.
const RecordView* BatchRecords::finish() {
  if (fault_ != RecordFault::kNone) return nullptr;
  if (decompressor_ && !load(1)) return nullptr;
  if (!rest_.empty()) fault_ = RecordFault::kMalformed;
  return nullptr;
}

const RecordView* BatchRecords::next() {
  if (left_ == 0) return finish();
  if (decompressor_ && !load_record()) return nullptr;
  if (rest_.empty()) return fail(RecordFault::kTooFew);
  const std::uint8_t* at = rest_.data();
  RawRecord raw;
  if (!parse_record(at, rest_.data() + rest_.size(), raw)) return fail(RecordFault::kMalformed);
  const auto size = static_cast<std::size_t>(at - rest_.data());
  fill_view(raw, size, record_);
  rest_ = rest_.subspan(size);
  consumed_ += size;
  --left_;
  return &record_;
}

std::optional<ControlKey> parse_control_key(ByteView key) {
  // Later versions may append fields, so longer keys are read too.
  if (key.size() < 4) return std::nullopt;
  const ControlKey parsed{load_be<std::int16_t>(key.data()), load_be<std::int16_t>(key.data() + 2)};
  if (parsed.version < 0) return std::nullopt;
  return parsed;
}

std::optional<EndTransactionMarker> parse_end_transaction(const RecordView& record) {
  if (!record.key || !record.value) return std::nullopt;
  const auto key = parse_control_key(*record.key);
  if (!key || (key->type != 0 && key->type != 1)) return std::nullopt;
  if (record.value->size() < 6 || load_be<std::int16_t>(record.value->data()) < 0) return std::nullopt;
  return EndTransactionMarker{key->type == 1, load_be<std::int32_t>(record.value->data() + 2)};
}

}  // namespace barnabas::records
