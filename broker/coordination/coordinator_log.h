// Where a shard's records are kept: a partition of an internal topic, as the coordinator sees it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "broker/transactions/marker_sink.h"
#include "common/bytes.h"
#include "common/result.h"
#include "protocol/error_code.h"
#include "storage/producer_state.h"

namespace barnabas::broker::coordination {

// No value: a tombstone.
struct EncodedRecord {
  Buffer key;
  std::optional<Buffer> value;
};

// What is appended at once. The borrowed records live during the call.
struct LogBatch {
  std::span<const EncodedRecord> records;
  std::int64_t producer_id = -1;  // of the transaction that the records belong to; -1: of none
  std::int16_t producer_epoch = -1;
  std::optional<storage::VerificationGuard> guard = {};  // needed to begin the transaction, if set
};

// Receives a log in the order of its offsets.
class CoordinatorLogReader {
 public:
  virtual ~CoordinatorLogReader() = default;
  // `producer_id` is that of a transactional batch, -1 of any other. The bytes live during the call.
  virtual void on_record(std::int64_t offset, std::int64_t producer_id, ByteView key,
                         std::optional<ByteView> value) = 0;
  virtual void on_end_transaction(std::int64_t producer_id, bool committed) = 0;
};

// Any thread.
class CoordinatorLog {
 public:
  // kNone once every replica that must has the batch; kNotLeaderOrFollower, kRequestTimedOut and so on if
  // that did not come about. The batch may be in the log all the same.
  using Committed = std::move_only_function<void(protocol::ErrorCode error)>;

  virtual ~CoordinatorLog() = default;
  // Appends the records as one batch under the leader epoch and returns the offset of the first; an error
  // means that nothing was appended and `committed` is dropped. Else `committed` is called once, within
  // `timeout_ms`, from any thread and possibly before append returns.
  virtual Result<std::int64_t, protocol::ErrorCode> append(std::int32_t partition, std::int32_t leader_epoch,
                                                           const LogBatch& batch, std::int32_t timeout_ms,
                                                           Committed committed) = 0;
  // Appends the marker that ends a transaction, in the same manner.
  virtual Result<std::int64_t, protocol::ErrorCode> end_transaction(std::int32_t partition,
                                                                    std::int32_t leader_epoch,
                                                                    const transactions::Marker& marker,
                                                                    std::int32_t timeout_ms,
                                                                    Committed committed) = 0;
  // Reads the log from its start to its end. May block on the disk.
  virtual Result<void, protocol::ErrorCode> read(std::int32_t partition, CoordinatorLogReader& reader) = 0;
  // Deletes what is before the offset of a committed record. May block on the disk.
  virtual Result<void, protocol::ErrorCode> prune(std::int32_t partition, std::int64_t offset) = 0;
};

}  // namespace barnabas::broker::coordination
