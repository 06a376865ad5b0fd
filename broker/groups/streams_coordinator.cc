// The coordinator's door to streams groups.
#include "broker/coordination/gathering.h"
#include "broker/groups/group_coordinator.h"

namespace barnabas::broker::groups {

using coordination::Gathering;
using coordination::shared;

void GroupCoordinator::streams_heartbeat(streams::HeartbeatCommand&& command,
                                         Answerer<streams::HeartbeatReply> answerer) {
  if (auto refused = streams::refuse(command)) return answerer(std::move(*refused));
  const HostPtr host = host_of(command.group_id);
  if (host == nullptr) return answerer({ErrorCode::kNotCoordinator, ""});
  const auto one = shared(std::move(answerer));
  host->run(
      [one, command = std::move(command)](GroupShard& shard, Instant now, Effects& effects) {
        shard.streams_heartbeat(command, std::move(*one), now, effects);
      },
      [one](ErrorCode error) { (*one)({error, ""}); });
}

void GroupCoordinator::describe_streams(std::vector<std::string> group_ids,
                                        Answerer<std::vector<streams::Description>> answerer) {
  std::vector<streams::Description> empty(group_ids.size());
  for (std::size_t i = 0; i < group_ids.size(); ++i) empty[i].group_id = group_ids[i];
  const auto gathering = std::make_shared<Gathering<std::vector<streams::Description>>>(
      std::move(empty), group_ids.size(), std::move(answerer));
  for (std::size_t i = 0; i < group_ids.size(); ++i) {
    const auto refuse = [gathering, i](ErrorCode error) {
      gathering->part([&](auto& parts) { parts[i].error = error; });
    };
    const HostPtr host = host_of(group_ids[i]);
    if (group_ids[i].empty() || host == nullptr) {
      refuse(group_ids[i].empty() ? ErrorCode::kInvalidGroupId : ErrorCode::kNotCoordinator);
      continue;
    }
    host->read(
        [gathering, i, id = group_ids[i]](GroupShard& shard, Instant, Effects& effects) {
          effects.answers.emplace_back([gathering, i, description = shard.describe_streams(id)]() mutable {
            gathering->part([&](auto& parts) { parts[i] = std::move(description); });
          });
        },
        refuse);
  }
}

}  // namespace barnabas::broker::groups
