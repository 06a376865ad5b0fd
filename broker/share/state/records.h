// The records of __share_group_state and their bytes: a key and a value, each led by its int16 type or
// version.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "broker/coordination/coordinator_log.h"
#include "broker/share/persister.h"
#include "common/bytes.h"

namespace barnabas::broker::share {

// The whole state of a share partition.
struct ShareState {
  std::int32_t snapshot_epoch = 0;  // one more with each snapshot
  std::int32_t state_epoch = 0;
  std::int32_t leader_epoch = 0;
  std::int64_t start_offset = -1;
  std::int32_t delivery_complete_count = -1;
  std::int64_t create_ms = 0;
  std::int64_t write_ms = 0;  // later than create_ms: a snapshot of what had not changed
  std::vector<StateBatch> batches = {};
  bool operator==(const ShareState&) const = default;
};

// What changed since a snapshot.
struct ShareUpdate {
  std::int32_t snapshot_epoch = 0;  // of that snapshot
  std::int32_t leader_epoch = 0;
  std::int64_t start_offset = -1;  // -1: as it was
  std::int32_t delivery_complete_count = -1;
  std::vector<StateBatch> batches = {};
  bool operator==(const ShareUpdate&) const = default;
};

struct ShareStateRecord {
  SharePartitionKey key;
  // No value: a tombstone, which has the key of a snapshot.
  std::variant<std::monostate, ShareState, ShareUpdate> value = {};
  bool operator==(const ShareStateRecord&) const = default;
};

coordination::EncodedRecord encode_record(const ShareStateRecord& record);
// nullopt if the bytes are malformed or of a type that nobody writes.
std::optional<ShareStateRecord> decode_record(ByteView key, std::optional<ByteView> value);

}  // namespace barnabas::broker::share
