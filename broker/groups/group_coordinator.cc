#include "broker/groups/group_coordinator.h"

#include <chrono>

#include "broker/coordination/gathering.h"
#include "broker/groups/java_text.h"
#include "broker/groups/log_errors.h"
#include "broker/internal_topics.h"

namespace barnabas::broker::groups {
namespace {

using coordination::Gathering;
using coordination::shared;

}  // namespace

GroupCoordinator::GroupCoordinator(const GroupSettings& settings, const Clock& clock, Random& random,
                                   Scheduler& scheduler, coordination::CoordinatorLog& log)
    : settings_(settings),
      cluster_(std::make_shared<std::atomic<consumer::ClusterViewPtr>>(consumer::empty_cluster())),
      scheduler_(scheduler),
      shards_({std::string(kGroupMetadataTopic), settings.commit_timeout_ms, clock, scheduler, log},
              settings.offsets_topic_partitions, [settings, &random, cluster = cluster_](std::int32_t) {
                return std::make_unique<GroupShard>(settings, random, [cluster] { return cluster->load(); });
              }) {}

std::int32_t GroupCoordinator::partition_for(std::string_view group_id) const {
  return coordinator_partition(group_id, shards_.partition_count());
}

void GroupCoordinator::on_topics_deleted(const std::vector<DeletedTopic>& topics) {
  for (const HostPtr& host : hosts()) {
    host->run(
        [topics](GroupShard& shard, Instant, Effects& effects) { shard.topics_deleted(topics, effects); },
        [](ErrorCode) {});
  }
}

void GroupCoordinator::join(JoinCommand&& command, JoinAnswerer answerer) {
  const auto refuse = [id = command.member_id](JoinAnswerer& to, ErrorCode error) {
    to({.error = error, .member_id = id});
  };
  if (command.group_id.empty()) return refuse(answerer, ErrorCode::kInvalidGroupId);
  if (command.session_timeout_ms < settings_.min_session_timeout_ms ||
      command.session_timeout_ms > settings_.max_session_timeout_ms) {
    return refuse(answerer, ErrorCode::kInvalidSessionTimeout);
  }
  const HostPtr host = host_of(command.group_id);
  if (host == nullptr) return answerer({.error = ErrorCode::kNotCoordinator});
  const auto one = shared(std::move(answerer));
  host->run(
      [one, command = std::move(command)](GroupShard& shard, Instant now, Effects& effects) mutable {
        shard.join(std::move(command), std::move(*one), now, effects);
      },
      [one](ErrorCode error) { (*one)({.error = error}); });
}

void GroupCoordinator::sync(SyncCommand&& command, SyncAnswerer answerer) {
  if (command.group_id.empty()) return answerer({.error = ErrorCode::kInvalidGroupId});
  const HostPtr host = host_of(command.group_id);
  if (host == nullptr) return answerer({.error = ErrorCode::kNotCoordinator});
  const auto one = shared(std::move(answerer));
  host->run(
      [one, command = std::move(command)](GroupShard& shard, Instant now, Effects& effects) mutable {
        shard.sync(std::move(command), std::move(*one), now, effects);
      },
      [one](ErrorCode error) { (*one)({.error = error}); });
}

void GroupCoordinator::heartbeat(HeartbeatCommand&& command, Answerer<ErrorCode> answerer) {
  if (command.group_id.empty()) return answerer(ErrorCode::kInvalidGroupId);
  const HostPtr host = host_of(command.group_id);
  if (host == nullptr) return answerer(ErrorCode::kNotCoordinator);
  const auto one = shared(std::move(answerer));
  host->run(
      [one, command = std::move(command)](GroupShard& shard, Instant now, Effects& effects) {
        effects.answer(std::move(*one), shard.heartbeat(command, now));
      },
      // Sessions start when the group is loaded, so nothing is lost by a kind
      // word until then.
      [one](ErrorCode error) {
        (*one)(error == ErrorCode::kCoordinatorLoadInProgress ? ErrorCode::kNone : std::move(error));
      });
}

void GroupCoordinator::leave(LeaveCommand&& command, Answerer<LeaveReply> answerer) {
  if (command.group_id.empty()) return answerer({.error = ErrorCode::kInvalidGroupId});
  const HostPtr host = host_of(command.group_id);
  if (host == nullptr) return answerer({.error = ErrorCode::kNotCoordinator});
  const auto one = shared(std::move(answerer));
  host->run(
      [one, command = std::move(command)](GroupShard& shard, Instant now, Effects& effects) {
        shard.leave(command, std::move(*one), now, effects);
      },
      [one](ErrorCode error) { (*one)({.error = error}); });
}

void GroupCoordinator::consumer_heartbeat(consumer::HeartbeatCommand&& command,
                                          Answerer<consumer::HeartbeatReply> answerer) {
  if (auto refused = consumer::refuse(command, settings_.consumer);
      refused && !consumer::is_partial_join(command)) {
    return answerer(std::move(*refused));
  }
  const HostPtr host = host_of(command.group_id);
  if (host == nullptr) return answerer({ErrorCode::kNotCoordinator, ""});
  const auto one = shared<consumer::HeartbeatReply>(
      [this, answerer = std::move(answerer)](consumer::HeartbeatReply&& reply) mutable {
        if (reply.delay_ms == 0) return answerer(std::move(reply));
        const std::chrono::milliseconds delay(reply.delay_ms);
        scheduler_.after(delay, [answerer = std::move(answerer), reply = std::move(reply)]() mutable {
          answerer(std::move(reply));
        });
      });
  host->run(
      [one, command = std::move(command)](GroupShard& shard, Instant now, Effects& effects) mutable {
        shard.consumer_heartbeat(std::move(command), std::move(*one), now, effects);
      },
      [one](ErrorCode error) { (*one)({error, ""}); });
}

// The empty group id is allowed for offsets: consumers of old had no name.
void GroupCoordinator::commit_offsets(CommitCommand&& command, Answerer<CommitReply> answerer) {
  const HostPtr host = host_of(command.group_id);
  if (host == nullptr) return answerer({.error = ErrorCode::kNotCoordinator});
  const auto one = shared(std::move(answerer));
  host->run(
      [one, command = std::move(command)](GroupShard& shard, Instant now, Effects& effects) mutable {
        shard.offsets().commit(std::move(command), std::move(*one), now, effects);
      },
      [one](ErrorCode error) { (*one)({.error = error}); });
}

void GroupCoordinator::commit_in_transaction(TransactionalCommitCommand&& command,
                                             Answerer<CommitReply> answerer) {
  if (command.commit.group_id.empty()) return answerer({.error = ErrorCode::kInvalidGroupId});
  const HostPtr host = host_of(command.commit.group_id);
  if (host == nullptr) return answerer({.error = ErrorCode::kNotCoordinator});
  const auto one = shared(std::move(answerer));
  host->run(
      [one, command = std::move(command)](GroupShard& shard, Instant now, Effects& effects) mutable {
        shard.offsets().commit_in_transaction(std::move(command), std::move(*one), now, effects);
      },
      [one](ErrorCode error) { (*one)({.error = error}); });
}

void GroupCoordinator::end_transaction(std::int32_t partition, const transactions::Marker& marker,
                                       Answerer<ErrorCode> answerer) {
  const HostPtr host = shards_.host(partition);
  if (host == nullptr) return answerer(ErrorCode::kNotLeaderOrFollower);
  const auto one = shared(std::move(answerer));
  host->run([one, marker](GroupShard& shard, Instant,
                          Effects& effects) { shard.end_transaction(marker, std::move(*one), effects); },
            [one](ErrorCode) { (*one)(ErrorCode::kNotLeaderOrFollower); });
}

void GroupCoordinator::fetch_offsets(FetchOffsetsCommand&& command, Answerer<FetchOffsetsReply> answerer) {
  const auto refuse = [id = command.group_id](Answerer<FetchOffsetsReply>& to, ErrorCode error) {
    to({.group_id = id, .error = error});
  };
  const HostPtr host = host_of(command.group_id);
  if (host == nullptr) return refuse(answerer, ErrorCode::kNotCoordinator);
  const auto one = shared(std::move(answerer));
  host->read(
      [one, command = std::move(command)](GroupShard& shard, Instant, Effects& effects) {
        effects.answer(std::move(*one), shard.offsets().fetch(command));
      },
      [one, refuse](ErrorCode error) { refuse(*one, error); });
}

void GroupCoordinator::delete_offsets(DeleteOffsetsCommand&& command, Answerer<DeleteOffsetsReply> answerer) {
  if (command.group_id.empty()) return answerer({.error = ErrorCode::kInvalidGroupId});
  const HostPtr host = host_of(command.group_id);
  if (host == nullptr) return answerer({.error = ErrorCode::kNotCoordinator});
  const auto one = shared(std::move(answerer));
  host->run(
      [one, command = std::move(command)](GroupShard& shard, Instant, Effects& effects) {
        shard.offsets().remove(command, std::move(*one), effects);
      },
      [one](ErrorCode error) { (*one)({.error = error}); });
}

void GroupCoordinator::list(GroupFilter filter, Answerer<ListReply> answerer) {
  const auto all = hosts();
  const auto gathering = std::make_shared<Gathering<std::vector<ListReply>>>(
      std::vector<ListReply>(all.size()), all.size(),
      [answerer = std::move(answerer)](std::vector<ListReply>&& parts) mutable {
        ListReply reply;
        for (ListReply& part : parts) {
          if (part.error == ErrorCode::kNotCoordinator) continue;  // given up just now
          if (part.error != ErrorCode::kNone) return answerer({.error = part.error});
          std::move(part.groups.begin(), part.groups.end(), std::back_inserter(reply.groups));
        }
        answerer(std::move(reply));
      });
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i]->read(
        [gathering, filter, i](GroupShard& shard, Instant, Effects& effects) {
          effects.answers.emplace_back([gathering, i, groups = shard.list(filter)]() mutable {
            gathering->part([&](auto& parts) { parts[i].groups = std::move(groups); });
          });
        },
        [gathering, i](ErrorCode error) { gathering->part([&](auto& parts) { parts[i].error = error; }); });
  }
}

void GroupCoordinator::describe(std::vector<std::string> group_ids,
                                Answerer<std::vector<GroupDescription>> answerer) {
  std::vector<GroupDescription> empty(group_ids.size());
  for (std::size_t i = 0; i < group_ids.size(); ++i) empty[i].group_id = group_ids[i];
  const auto gathering = std::make_shared<Gathering<std::vector<GroupDescription>>>(
      std::move(empty), group_ids.size(), std::move(answerer));
  for (std::size_t i = 0; i < group_ids.size(); ++i) {
    const auto refuse = [gathering, i](ErrorCode error) {
      gathering->part([&](auto& parts) { parts[i].error = error; });
    };
    const HostPtr host = host_of(group_ids[i]);
    if (host == nullptr) {
      refuse(ErrorCode::kNotCoordinator);
      continue;
    }
    host->read(
        [gathering, i, id = group_ids[i]](GroupShard& shard, Instant, Effects& effects) {
          effects.answers.emplace_back([gathering, i, description = shard.describe(id)]() mutable {
            gathering->part([&](auto& parts) { parts[i] = std::move(description); });
          });
        },
        refuse);
  }
}

void GroupCoordinator::describe_consumers(std::vector<std::string> group_ids,
                                          Answerer<std::vector<consumer::Description>> answerer) {
  std::vector<consumer::Description> empty(group_ids.size());
  for (std::size_t i = 0; i < group_ids.size(); ++i) empty[i].group_id = group_ids[i];
  const auto gathering = std::make_shared<Gathering<std::vector<consumer::Description>>>(
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
          effects.answers.emplace_back([gathering, i, description = shard.describe_consumer(id)]() mutable {
            gathering->part([&](auto& parts) { parts[i] = std::move(description); });
          });
        },
        refuse);
  }
}

void GroupCoordinator::delete_groups(std::vector<std::string> group_ids,
                                     Answerer<std::vector<DeletedGroup>> answerer) {
  std::vector<DeletedGroup> empty(group_ids.size());
  for (std::size_t i = 0; i < group_ids.size(); ++i) empty[i].group_id = group_ids[i];
  const auto gathering = std::make_shared<Gathering<std::vector<DeletedGroup>>>(
      std::move(empty), group_ids.size(), std::move(answerer));
  for (std::size_t i = 0; i < group_ids.size(); ++i) {
    delete_group(group_ids[i], [gathering, i](ErrorCode&& error) {
      gathering->part([&](auto& parts) { parts[i].error = error; });
    });
  }
}

GroupCounts GroupCoordinator::counts() const {
  GroupCounts sum;
  for (const HostPtr& host : hosts()) {
    GroupCounts counts;
    host->inspect([&counts](const GroupShard& shard) { counts = shard.counts(); });
    for (std::size_t i = 0; i < kGroupStates; ++i) sum.classic_by_state[i] += counts.classic_by_state[i];
    for (std::size_t i = 0; i < consumer::kGroupStates; ++i)
      sum.consumer_by_state[i] += counts.consumer_by_state[i];
    for (std::size_t i = 0; i < share::kGroupStates; ++i) sum.share_by_state[i] += counts.share_by_state[i];
    sum.consumer_rebalances += counts.consumer_rebalances;
    sum.share_rebalances += counts.share_rebalances;
    for (std::size_t i = 0; i < streams::kGroupStates; ++i)
      sum.streams_by_state[i] += counts.streams_by_state[i];
    sum.streams_rebalances += counts.streams_rebalances;
    sum.groups += counts.groups;
    sum.offsets += counts.offsets;
  }
  return sum;
}

}  // namespace barnabas::broker::groups
