// The file quorum-state: what a node must not forget about elections.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"
#include "controller/quorum/voter_set.h"

namespace barnabas::controller {

struct ElectionState {
  ElectionState() = default;

  std::int32_t epoch = 0;
  std::optional<std::int32_t> leader_id;
  std::optional<ReplicaKey> voted;  // in this epoch
  bool operator==(const ElectionState&) const = default;
};

// Kafka's line of JSON, without a newline. data_version 0 lists the voters and knows no directory ids: it
// goes with kraft.version 0, data_version 1 with kraft.version 1.
std::string election_state_text(const ElectionState& state, std::int16_t kraft_version,
                                const VoterSet& voters);
// The error is a sentence. A vote without a node is one.
Result<ElectionState, std::string> parse_election_state(std::string_view text);

}  // namespace barnabas::controller
