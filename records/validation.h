// What a leader checks before it appends what a client sent, with the answers Kafka 4.3 gives.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "common/result.h"
#include "records/batch.h"
#include "records/record.h"
#include "records/types.h"

namespace barnabas::records {

// How the topic's compression.type and its levels are spelled. No codec: "producer", keep what came.
struct TopicCompression {
  std::optional<Codec> codec;
  std::optional<int> level;
};

struct ValidationOptions {
  std::string_view topic;  // for messages, with the partition: "topic-3"
  std::int32_t partition = 0;
  std::int16_t produce_version = 12;  // below 7 zstd is refused
  std::int64_t now_ms = 0;
  TimestampType timestamp_type = TimestampType::kCreateTime;
  std::int64_t timestamp_before_max_ms = INT64_MAX;
  std::int64_t timestamp_after_max_ms = 3'600'000;
  std::int32_t max_message_bytes = 1'048'588;
  bool compacted = false;  // cleanup.policy has compact: every record needs a key
  TopicCompression compression;
  RecordLimits limits;
};

// A record that was refused, by its place in the batch. `error` is kInvalidRecord or kInvalidTimestamp.
struct RefusedRecord {
  std::int32_t batch_index = 0;
  RecordError error = RecordError::kInvalidRecord;
  std::string message;
};

struct Refusal {
  RecordError error = RecordError::kCorruptMessage;
  std::string message;
  std::vector<RefusedRecord> records;
};

// A batch ready for the log: base offset and leader epoch are still the log's to set.
// Moves but does not copy, for `batch` may look into `rewritten`.
struct ValidatedBatch {
  ValidatedBatch() = default;
  ValidatedBatch(ValidatedBatch&&) = default;
  ValidatedBatch& operator=(ValidatedBatch&&) = default;

  BatchView batch;  // over the payload, or over `rewritten`
  // Not empty when the batch had to change: other codec, log append time, wrong maximum timestamp.
  Buffer rewritten;
  std::int64_t max_timestamp = kNoTimestamp;
  // The first record with max_timestamp; 0 under log append time, and when no record has a timestamp.
  std::int32_t offset_delta_of_max_timestamp = 0;
};

// Checks `payload`, the records of one partition of a Produce request of version 3 or later. The payload is
// never written to. Uncompressed batches are walked in place; compressed ones are decompressed through a
// window. Any thread.
Result<ValidatedBatch, Refusal> validate_produce(ByteView payload, const ValidationOptions& options);

}  // namespace barnabas::records
