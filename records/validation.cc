#include "records/validation.h"

#include <algorithm>

#include "common/assert.h"
#include "common/text.h"
#include "records/batch_builder.h"
#include "records/record_parser.h"

namespace barnabas::records {
namespace {

// A reply that named every record of a batch of tiny ones would be far larger than the request.
constexpr std::size_t kMostRefusedRecords = 1000;

// One call of validate_produce; lives on its stack.
class Validation {
 public:
  Validation(ByteView payload, const ValidationOptions& options) : payload_(payload), options_(options) {}

  Result<ValidatedBatch, Refusal> run() {
    if (!take_batch() || !check_envelope() || !check_header()) return unexpected(std::move(refusal_));
    const bool reencode = options_.compression.codec && *options_.compression.codec != batch_.codec();
    if (reencode) {
      if (!reencode_records()) return unexpected(std::move(refusal_));
    } else {
      if (!(batch_.is_compressed() ? walk_compressed() : walk_plain()) || !report_refused()) {
        return unexpected(std::move(refusal_));
      }
      patch_timestamps();
    }
    return std::move(result_);
  }

 private:
  bool refuse(RecordError error, std::string message) {
    refusal_.error = error;
    refusal_.message = concat(message, " in topic partition ", options_.topic, "-", options_.partition);
    return false;
  }

  bool take_batch();
  bool check_envelope();
  bool check_header();
  bool walk_plain();
  bool walk_compressed();
  bool reencode_records();
  bool report_fault(RecordFault fault);
  bool report_refused();
  void patch_timestamps();

  // Timestamps that need no further look.
  struct TimestampRange {
    std::int64_t lowest, highest;
  };
  TimestampRange unquestioned_timestamps() const;
  void note_timestamp(std::int32_t index, std::int64_t timestamp_ms) {
    if (timestamp_ms <= result_.max_timestamp) return;
    result_.max_timestamp = timestamp_ms;
    result_.offset_delta_of_max_timestamp = index;
  }
  void check_record(std::int32_t index, std::int32_t offset_delta, bool has_key, std::int64_t timestamp_ms);
  void refuse_record(std::int32_t index, RecordError error, std::string message);
  bool timestamp_is_good(std::int64_t timestamp_ms) const;

  const ByteView payload_;
  const ValidationOptions& options_;
  BatchView batch_;
  ValidatedBatch result_;
  Refusal refusal_;
  std::size_t refused_count_ = 0;
  bool refused_timestamp_ = false;
};

// Exactly one batch of magic 2, as Produce 3 and later want it.
bool Validation::take_batch() {
  BatchSplitter splitter(payload_);
  switch (splitter.next(batch_)) {
    case SplitOutcome::kBatch:
      break;
    case SplitOutcome::kEnd:
    case SplitOutcome::kTruncated:
      return refuse(RecordError::kInvalidRecord, "No whole record batch");
    case SplitOutcome::kBadLength:
      return refuse(RecordError::kCorruptMessage, "Impossible batch length");
    case SplitOutcome::kUnknownMagic:
      return refuse(RecordError::kCorruptMessage,
                    concat("Unknown magic ", static_cast<int>(splitter.magic())));
    case SplitOutcome::kLegacy:
      return refuse(RecordError::kInvalidRecord,
                    concat("Message format with magic ", static_cast<int>(splitter.magic()),
                           " is not accepted by Produce ", options_.produce_version));
  }
  if (options_.produce_version < 7 && batch_.codec_is_known() && batch_.codec() == Codec::kZstd) {
    return refuse(RecordError::kUnsupportedCompressionType,
                  concat("zstd needs Produce 7, not ", options_.produce_version));
  }
  BatchView second;
  switch (splitter.next(second)) {
    case SplitOutcome::kEnd:
    case SplitOutcome::kTruncated:
      return true;  // the beginning of a batch is cut off, as Kafka does
    case SplitOutcome::kBatch:
    case SplitOutcome::kLegacy:
      return refuse(RecordError::kInvalidRecord, "More than one record batch");
    case SplitOutcome::kBadLength:
    case SplitOutcome::kUnknownMagic:
      return refuse(RecordError::kCorruptMessage, "Garbage after the batch");
  }
  return true;
}

bool Validation::check_envelope() {
  if (batch_.base_offset() != 0) {
    return refuse(RecordError::kInvalidRecord, concat("Base offset ", batch_.base_offset(), " instead of 0"));
  }
  if (batch_.size_in_bytes() > static_cast<std::size_t>(std::max(options_.max_message_bytes, 0))) {
    return refuse(RecordError::kMessageTooLarge, concat("Batch of ", batch_.size_in_bytes(),
                                                        " bytes, more than ", options_.max_message_bytes));
  }
  if (!batch_.crc_is_valid()) {
    return refuse(RecordError::kCorruptMessage, concat("CRC ", batch_.crc(), " does not fit the batch"));
  }
  if (!batch_.codec_is_known()) return refuse(RecordError::kUnknown, "Unknown compression codec");
  return true;
}

bool Validation::check_header() {
  const std::int64_t offsets = std::int64_t{batch_.last_offset_delta()} + 1;
  if (offsets <= 0) return refuse(RecordError::kInvalidRecord, concat("Negative last offset ", offsets - 1));
  if (batch_.count() <= 0) {
    return refuse(RecordError::kInvalidRecord, concat("Record count ", batch_.count()));
  }
  if (offsets != batch_.count()) {
    return refuse(RecordError::kInvalidRecord,
                  concat("Last offset ", offsets - 1, " does not go with ", batch_.count(), " records"));
  }
  if (batch_.is_control())
    return refuse(RecordError::kInvalidRecord, "Clients may not write control records");
  if (batch_.has_producer_id() && batch_.base_sequence() < 0) {
    return refuse(RecordError::kInvalidRecord, concat("Sequence ", batch_.base_sequence(), " of producer ",
                                                      batch_.producer_id(), " is below zero"));
  }
  return true;
}

bool Validation::timestamp_is_good(std::int64_t timestamp_ms) const {
  std::int64_t ahead = 0;
  // So far off that the distance does not fit: refused, even where the limits are open.
  if (__builtin_sub_overflow(timestamp_ms, options_.now_ms, &ahead) || ahead == INT64_MIN) return false;
  return ahead >= 0 ? ahead <= options_.timestamp_after_max_ms : -ahead <= options_.timestamp_before_max_ms;
}

void Validation::refuse_record(std::int32_t index, RecordError error, std::string message) {
  ++refused_count_;
  refused_timestamp_ = refused_timestamp_ || error == RecordError::kInvalidTimestamp;
  if (refusal_.records.size() < kMostRefusedRecords)
    refusal_.records.push_back({index, error, std::move(message)});
}

// At most one complaint per record, in Kafka's order: key, timestamp, offset.
void Validation::check_record(std::int32_t index, std::int32_t offset_delta, bool has_key,
                              std::int64_t timestamp_ms) {
  const bool create_time = options_.timestamp_type == TimestampType::kCreateTime;
  if (options_.compacted && !has_key) {
    refuse_record(index, RecordError::kInvalidRecord, "A compacted topic takes no record without a key");
  } else if (create_time && timestamp_ms != kNoTimestamp) {
    if (!timestamp_is_good(timestamp_ms)) {
      refuse_record(index, RecordError::kInvalidTimestamp,
                    concat("Timestamp ", timestamp_ms, " is more than ", options_.timestamp_before_max_ms,
                           " ms before or ", options_.timestamp_after_max_ms, " ms after the broker's time ",
                           options_.now_ms));
    }
  } else if (batch_.timestamp_type() == TimestampType::kLogAppendTime) {
    refuse_record(index, RecordError::kInvalidTimestamp, "Producers may not set log append time");
  }
  if (offset_delta != index && (refusal_.records.empty() || refusal_.records.back().batch_index != index)) {
    refuse_record(index, RecordError::kInvalidRecord, concat("Offset ", offset_delta, " instead of ", index));
  }
  note_timestamp(index, timestamp_ms);
}

Validation::TimestampRange Validation::unquestioned_timestamps() const {
  if (batch_.timestamp_type() == TimestampType::kLogAppendTime) return {INT64_MAX, INT64_MIN};
  if (options_.timestamp_type == TimestampType::kLogAppendTime) return {INT64_MIN, INT64_MAX};
  TimestampRange range;
  if (__builtin_sub_overflow(options_.now_ms, options_.timestamp_before_max_ms, &range.lowest))
    range.lowest = 0;
  if (__builtin_add_overflow(options_.now_ms, options_.timestamp_after_max_ms, &range.highest)) {
    range.highest = INT64_MAX;
  }
  return range;
}

bool Validation::walk_plain() {
  const ByteView records = batch_.records();
  const std::uint8_t* at = records.data();
  const std::uint8_t* const end = at + records.size();
  const bool append_time = batch_.timestamp_type() == TimestampType::kLogAppendTime;
  const std::int64_t base = batch_.base_timestamp();
  const std::int32_t count = batch_.count();
  const bool keys_needed = options_.compacted;
  const TimestampRange good = unquestioned_timestamps();
  RawRecord record;
  for (std::int32_t index = 0; index < count; ++index) {
    if (at == end) return report_fault(RecordFault::kTooFew);
    if (!parse_record(at, end, record)) return report_fault(RecordFault::kMalformed);
    const std::int64_t timestamp =
        append_time ? batch_.max_timestamp() : wrapping_add(base, record.timestamp_delta);
    // Nearly every record passes here; what does not is looked at in full.
    if (timestamp < good.lowest || timestamp > good.highest || record.offset_delta != index ||
        (keys_needed && record.key_size < 0)) {
      check_record(index, record.offset_delta, record.key_size >= 0, timestamp);
    } else {
      note_timestamp(index, timestamp);
    }
  }
  return at == end || report_fault(RecordFault::kMalformed);
}

bool Validation::walk_compressed() {
  BatchRecords walk(batch_, options_.limits);
  std::int32_t index = 0;
  while (const RecordView* record = walk.next()) {
    check_record(index++, record->offset_delta, record->key.has_value(), walk.timestamp());
  }
  return walk.fault() == RecordFault::kNone || report_fault(walk.fault());
}

bool Validation::reencode_records() {
  BatchOptions made;
  made.codec = *options_.compression.codec;
  made.level = options_.compression.level;
  made.leader_epoch = batch_.leader_epoch();
  made.timestamp_type = options_.timestamp_type;
  made.log_append_time_ms = options_.now_ms;
  made.producer_id = batch_.producer_id();
  made.producer_epoch = batch_.producer_epoch();
  made.base_sequence = batch_.base_sequence();
  made.transactional = batch_.is_transactional();
  BatchBuilder builder(made);
  BatchRecords walk(batch_, options_.limits);
  std::int32_t index = 0;
  while (const RecordView* record = walk.next()) {
    check_record(index, record->offset_delta, record->key.has_value(), walk.timestamp());
    if (refused_count_ == 0) {
      // Unlike the walk, the rebuilding holds all records in memory.
      if (builder.uncompressed_size() + record->size_in_bytes > options_.limits.max_record_bytes) {
        return report_fault(RecordFault::kTooLarge);
      }
      builder.add_copy(index, walk.timestamp(), *record);
    }
    ++index;
  }
  if (walk.fault() != RecordFault::kNone) return report_fault(walk.fault());
  if (!report_refused()) return false;
  result_.rewritten = builder.build();
  if (result_.rewritten.size() > static_cast<std::size_t>(options_.max_message_bytes)) {
    return refuse(RecordError::kMessageTooLarge,
                  concat("Batch of ", result_.rewritten.size(), " bytes after recompression, more than ",
                         options_.max_message_bytes));
  }
  result_.batch = BatchView(result_.rewritten);
  if (options_.timestamp_type == TimestampType::kLogAppendTime) {
    result_.max_timestamp = options_.now_ms;
    result_.offset_delta_of_max_timestamp = 0;
  }
  return true;
}

bool Validation::report_fault(RecordFault fault) {
  refusal_.records.clear();
  const std::string message(record_fault_name(fault));
  switch (fault) {
    case RecordFault::kNone:
      return true;
    case RecordFault::kMalformed:
    case RecordFault::kTooFew:
      return refuse(RecordError::kInvalidRecord, message);
    case RecordFault::kTooLarge:
      return refuse(RecordError::kMessageTooLarge, message);
    case RecordFault::kBadCompression:
    case RecordFault::kUnknownCodec:
      return refuse(RecordError::kUnknown, message);
  }
  return false;
}

bool Validation::report_refused() {
  if (refused_count_ == 0) return true;
  // One wrong timestamp names the whole refusal.
  return refuse(refused_timestamp_ ? RecordError::kInvalidTimestamp : RecordError::kInvalidRecord,
                concat("The batch was refused for ", refused_count_, " of its records"));
}

void Validation::patch_timestamps() {
  if (options_.timestamp_type == TimestampType::kLogAppendTime) {
    result_.max_timestamp = options_.now_ms;
    result_.offset_delta_of_max_timestamp = 0;
  }
  result_.batch = batch_;
  if (batch_.timestamp_type() == options_.timestamp_type && batch_.max_timestamp() == result_.max_timestamp)
    return;
  const ByteView bytes = batch_.bytes();
  result_.rewritten.assign(bytes.begin(), bytes.end());
  set_max_timestamp(result_.rewritten, options_.timestamp_type, result_.max_timestamp);
  result_.batch = BatchView(result_.rewritten);
}

}  // namespace

Result<ValidatedBatch, Refusal> validate_produce(ByteView payload, const ValidationOptions& options) {
  return Validation(payload, options).run();
}

}  // namespace barnabas::records
