// A CoordinatorLog in memory that commits at once, later or never.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "broker/coordination/coordinator_log.h"

namespace barnabas::broker::coordination {

class MemoryLog final : public CoordinatorLog {
 public:
  Result<std::int64_t, protocol::ErrorCode> append(std::int32_t partition, std::int32_t leader_epoch,
                                                   const LogBatch& batch, std::int32_t,
                                                   Committed committed) override {
    if (append_error != protocol::ErrorCode::kNone) return unexpected(append_error);
    std::int64_t first = 0;
    Committed at_once;
    {
      const std::lock_guard lock(mutex_);
      auto& log = partitions[partition];
      first = static_cast<std::int64_t>(log.size());
      log.insert(log.end(), batch.records.begin(), batch.records.end());
      last_epoch = leader_epoch;
      ++batches;
      if (hold) {
        held.push_back(std::move(committed));
      } else {
        at_once = std::move(committed);
      }
    }
    if (at_once) at_once(protocol::ErrorCode::kNone);
    return first;
  }
  Result<void, protocol::ErrorCode> read(std::int32_t partition, CoordinatorLogReader& reader) override {
    if (on_read) on_read();
    if (read_error != protocol::ErrorCode::kNone) return unexpected(read_error);
    std::int64_t offset = 0;
    for (const EncodedRecord& record : partitions[partition]) {
      reader.on_record(offset++, -1, record.key,
                       record.value ? std::optional<ByteView>(*record.value) : std::nullopt);
    }
    return {};
  }
  void release(protocol::ErrorCode error = protocol::ErrorCode::kNone) {
    for (Committed& committed : std::exchange(held, {})) committed(error);
  }

  std::map<std::int32_t, std::vector<EncodedRecord>> partitions;
  protocol::ErrorCode append_error = protocol::ErrorCode::kNone;
  protocol::ErrorCode read_error = protocol::ErrorCode::kNone;
  std::function<void()> on_read;  // called where a read may block
  bool hold = false;
  std::vector<Committed> held;
  std::int32_t last_epoch = -1;
  int batches = 0;

 private:
  std::mutex mutex_;  // appends come from several shards at once
};

}  // namespace barnabas::broker::coordination
