#include "controller/quorum/election_state.h"

#include <nlohmann/json.hpp>

#include "common/text.h"

namespace barnabas::controller {

std::string election_state_text(const ElectionState& state, std::int16_t kraft_version,
                                const VoterSet& voters) {
  const std::int32_t leader = state.leader_id.value_or(-1);
  const ReplicaKey voted = state.voted.value_or(ReplicaKey{});
  if (kraft_version >= 1) {
    return concat("{\"leaderId\":", leader, ",\"leaderEpoch\":", state.epoch, ",\"votedId\":", voted.id,
                  ",\"votedDirectoryId\":\"", voted.directory_id, "\",\"data_version\":1}");
  }
  std::string ids;
  for (const Voter& voter : voters.voters()) {
    ids += concat(ids.empty() ? "" : ",", "{\"voterId\":", voter.key.id, "}");
  }
  return concat("{\"clusterId\":\"\",\"leaderId\":", leader, ",\"leaderEpoch\":", state.epoch,
                ",\"votedId\":", voted.id, ",\"appliedOffset\":0,\"currentVoters\":[", ids,
                "],\"data_version\":0}");
}

Result<ElectionState, std::string> parse_election_state(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return unexpected(std::string("quorum-state is not an object of JSON"));
  const auto number = [&](const char* name) -> std::optional<std::int32_t> {
    const auto found = json.find(name);
    if (found == json.end() || !found->is_number_integer()) return std::nullopt;
    return found->get<std::int32_t>();
  };
  const auto version = number("data_version");
  if (!version || *version < 0 || *version > 1) {
    return unexpected(std::string("quorum-state has a data_version other than 0 and 1"));
  }
  const auto leader = number("leaderId"), epoch = number("leaderEpoch"), voted = number("votedId");
  if (!leader || !epoch || *epoch < 0)
    return unexpected(std::string("quorum-state lacks leaderId or leaderEpoch"));
  ElectionState state;
  state.epoch = *epoch;
  if (*leader >= 0) state.leader_id = *leader;
  Uuid directory;
  if (const auto found = json.find("votedDirectoryId"); found != json.end() && found->is_string()) {
    const auto parsed = Uuid::parse(found->get<std::string>());
    if (!parsed) return unexpected(std::string("quorum-state has a votedDirectoryId that is no id"));
    directory = *parsed;
  }
  if (voted.value_or(-1) >= 0) {
    state.voted = ReplicaKey{*voted, directory};
  } else if (!directory.is_zero()) {
    return unexpected(std::string("quorum-state has a vote for a directory without a node"));
  }
  return state;
}

}  // namespace barnabas::controller
