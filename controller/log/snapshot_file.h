// Snapshots of the metadata: <end offset>-<epoch>.checkpoint, and bootstrap.checkpoint of the same form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/bytes.h"
#include "common/result.h"
#include "controller/log/control_records.h"
#include "controller/record.h"
#include "records/batch_builder.h"

namespace barnabas::controller {

// Holds the effect of all records below `end_offset`; `epoch` is that of the last of them.
struct SnapshotId {
  std::int64_t end_offset = 0;
  std::int32_t epoch = 0;
  auto operator<=>(const SnapshotId&) const = default;
};

// "00000000000000000514-0000000003.checkpoint", and back; nullopt for names of another form.
std::string snapshot_name(const SnapshotId& id);
std::optional<SnapshotId> parse_snapshot_name(std::string_view name);

struct SnapshotContent {
  SnapshotContent() = default;
  std::int64_t last_contained_ms = 0;
  QuorumFacts facts;
  MetadataRecords records;
};

// Builds the bytes of a snapshot: header, records in batches of at most 512 KiB, footer. Offsets count from
// 0. One thread.
class SnapshotBuilder {
 public:
  // `facts` are for kraft.version 1; below it a snapshot names neither.
  SnapshotBuilder(std::int32_t epoch, std::int64_t now_ms, std::int64_t last_contained_ms,
                  const QuorumFacts& facts, std::int16_t metadata_version);
  void add(const MetadataRecord& record);
  Buffer finish();

 private:
  ControlBatchContext context() const;
  void append(const Buffer& batch, std::int64_t records);
  void close_batch();

  const std::int32_t epoch_;
  const std::int64_t now_ms_;
  const std::int16_t metadata_version_;
  Buffer bytes_;
  std::int64_t next_offset_ = 0;
  std::optional<records::BatchBuilder> batch_;
};

// The error says what is wrong; a file without its footer is incomplete.
Result<SnapshotContent, std::string> read_snapshot(ByteView bytes);

// The metadata records of a data batch.
Result<MetadataRecords, std::string> read_records(const records::BatchView& batch);

}  // namespace barnabas::controller
