// Control batches of the metadata log: leader changes, kraft.version, voters, the ends of snapshots.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/bytes.h"
#include "controller/quorum/voter_set.h"
#include "records/batch.h"

namespace barnabas::controller {

struct ControlBatchContext {
  std::int64_t base_offset = 0;
  std::int32_t leader_epoch = 0;
  std::int64_t timestamp_ms = 0;
};

// What quorum members agree on besides the state machine's records.
struct QuorumFacts {
  std::optional<std::int16_t> kraft_version;
  std::optional<VoterSet> voters;
};

// The batch that begins a leader's epoch. `facts` (kraft.version and voters, when set) follow in the same
// batch.
Buffer leader_change_batch(const ControlBatchContext& context, std::int32_t leader,
                           const std::vector<std::int32_t>& voters,
                           const std::vector<std::int32_t>& granted_by, const QuorumFacts& facts);

// The first batch of a snapshot, with facts, and its last.
Buffer snapshot_header_batch(const ControlBatchContext& context, std::int64_t last_contained_ms,
                             const QuorumFacts& facts);
Buffer snapshot_footer_batch(const ControlBatchContext& context);

// What the control records of a batch say; those of other kinds are passed over.
struct ControlContent {
  QuorumFacts facts;
  std::optional<std::vector<std::int32_t>> leader_change_voters;
  std::optional<std::int64_t> snapshot_last_contained_ms;  // of a snapshot's header
  bool snapshot_footer = false;
  bool malformed = false;
};
ControlContent read_control_batch(const records::BatchView& batch);

}  // namespace barnabas::controller
