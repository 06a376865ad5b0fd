// Where the state of share partitions is kept (KIP-932): what share partitions and the group coordinator ask
// of the share coordinator, which keeps the answers in __share_group_state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "broker/coordination/answerer.h"
#include "common/uuid.h"
#include "protocol/error_code.h"

namespace barnabas::broker::share {

// A partition of a topic as one share group sees it.
struct SharePartitionKey {
  std::string group_id;
  Uuid topic_id;
  std::int32_t partition = 0;
  bool operator==(const SharePartitionKey&) const = default;
};

struct SharePartitionKeyHash {
  std::size_t operator()(const SharePartitionKey& key) const {
    const std::size_t group = std::hash<std::string>()(key.group_id);
    const std::size_t topic = std::hash<Uuid>()(key.topic_id);
    return (group * 31 + topic) * 31 + static_cast<std::size_t>(key.partition);
  }
};

// Records first_offset..last_offset, both included, in one state: 0 available, 2 acknowledged, 4 archived.
struct StateBatch {
  std::int64_t first_offset = 0;
  std::int64_t last_offset = 0;
  std::int8_t delivery_state = 0;
  std::int16_t delivery_count = 0;
  bool operator==(const StateBatch&) const = default;
};

struct StateResult {
  protocol::ErrorCode error = protocol::ErrorCode::kNone;
  std::string error_message = {};
};

// start_offset -1: the state was never initialized with one.
struct PartitionState {
  StateResult result = {};
  std::int32_t state_epoch = 0;
  std::int64_t start_offset = -1;
  std::vector<StateBatch> batches = {};
};

// leader_epoch and delivery_complete_count as last written; the latter is -1 while unknown.
struct StateSummary {
  StateResult result = {};
  std::int32_t state_epoch = 0;
  std::int32_t leader_epoch = 0;
  std::int64_t start_offset = -1;
  std::int32_t delivery_complete_count = -1;
};

struct StateWrite {
  std::int32_t state_epoch = 0;
  std::int32_t leader_epoch = 0;
  std::int64_t start_offset = -1;  // -1: as it is
  std::int32_t delivery_complete_count = -1;
  std::vector<StateBatch> batches = {};
};

// Any thread. An answer is given once, on any thread and never within a lock of the share coordinator, after
// what it tells is committed; it may be given before the call returns. Errors: NOT_COORDINATOR,
// COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE (come again), FENCED_STATE_EPOCH,
// FENCED_LEADER_EPOCH, UNKNOWN_TOPIC_OR_PARTITION, INVALID_REQUEST.
class Persister {
 public:
  virtual ~Persister() = default;
  virtual void initialize(SharePartitionKey key, std::int32_t state_epoch, std::int64_t start_offset,
                          coordination::Answerer<StateResult> answerer) = 0;
  // Also tells the coordinator of the reader's leader epoch, which fences writers of older ones.
  virtual void read(SharePartitionKey key, std::int32_t leader_epoch,
                    coordination::Answerer<PartitionState> answerer) = 0;
  virtual void read_summary(SharePartitionKey key, std::int32_t leader_epoch,
                            coordination::Answerer<StateSummary> answerer) = 0;
  virtual void write(SharePartitionKey key, StateWrite state,
                     coordination::Answerer<StateResult> answerer) = 0;
  virtual void remove(SharePartitionKey key, coordination::Answerer<StateResult> answerer) = 0;
};

}  // namespace barnabas::broker::share
