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
      for (std::size_t i = 0; i < batch.records.size() && batch.producer_id >= 0; ++i)
        producers[partition][first + static_cast<std::int64_t>(i)] = batch.producer_id;
      last_guard = batch.guard;
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
  Result<std::int64_t, protocol::ErrorCode> end_transaction(std::int32_t partition, std::int32_t leader_epoch,
                                                            const transactions::Marker& marker,
                                                            std::int32_t timeout_ms,
                                                            Committed committed) override {
    const EncodedRecord control;
    const auto at =
        append(partition, leader_epoch, {{&control, 1}, -1, -1, {}}, timeout_ms, std::move(committed));
    if (at) markers[partition][*at] = marker;
    return at;
  }
  Result<void, protocol::ErrorCode> read(std::int32_t partition, CoordinatorLogReader& reader) override {
    if (on_read) on_read();
    if (read_error != protocol::ErrorCode::kNone) return unexpected(read_error);
    std::int64_t offset = 0;
    for (const EncodedRecord& record : partitions[partition]) {
      const std::int64_t at = offset++;
      if (at < starts[partition]) continue;
      if (const auto marker = markers[partition].find(at); marker != markers[partition].end()) {
        reader.on_end_transaction(marker->second.producer_id, marker->second.commit);
        continue;
      }
      const auto producer = producers[partition].find(at);
      reader.on_record(at, producer == producers[partition].end() ? -1 : producer->second, record.key,
                       record.value ? std::optional<ByteView>(*record.value) : std::nullopt);
    }
    return {};
  }
  Result<void, protocol::ErrorCode> prune(std::int32_t partition, std::int64_t offset) override {
    starts[partition] = offset;
    return {};
  }
  void release(protocol::ErrorCode error = protocol::ErrorCode::kNone) {
    for (Committed& committed : std::exchange(held, {})) committed(error);
  }

  std::map<std::int32_t, std::vector<EncodedRecord>> partitions;
  std::map<std::int32_t, std::int64_t> starts;  // what is before them was pruned
  // By partition and offset: of transactional records, and of markers, which stand as empty records.
  std::map<std::int32_t, std::map<std::int64_t, std::int64_t>> producers;
  std::map<std::int32_t, std::map<std::int64_t, transactions::Marker>> markers;
  std::optional<storage::VerificationGuard> last_guard;
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
