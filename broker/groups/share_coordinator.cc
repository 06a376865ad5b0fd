// The door of share groups, and what the persister is asked for in their name: always outside the locks of
// the shards, which hear of its end as of any other request.
#include <algorithm>

#include "broker/coordination/gathering.h"
#include "broker/groups/group_coordinator.h"
#include "common/logging.h"

namespace barnabas::broker::groups {
namespace {

using broker::share::Persister;
using broker::share::SharePartitionKey;
using broker::share::StateResult;
using consumer::TopicPartitions;
using coordination::Gathering;
using coordination::shared;
using Results = std::vector<StateResult>;
using Hosts = std::weak_ptr<ShardHost>;

const Logger logger("broker.groups.GroupCoordinator");

// A partition of a topic, in the order in which the persister is asked.
using Places = std::vector<std::pair<Uuid, std::int32_t>>;

Places places_of(const TopicPartitions& topics) {
  Places out;
  for (const auto& [topic, partitions] : topics) {
    for (const std::int32_t partition : partitions) out.emplace_back(topic, partition);
  }
  return out;
}

// Asks for each place; answers with all results in their order.
template <class Ask>
void ask_all(Persister* persister, std::size_t count, Answerer<Results> answerer, Ask ask) {
  if (persister == nullptr) {
    return answerer(Results(count, {.error = ErrorCode::kCoordinatorNotAvailable}));
  }
  const auto gathering = std::make_shared<Gathering<Results>>(Results(count), count, std::move(answerer));
  for (std::size_t i = 0; i < count; ++i) {
    ask(i, [gathering, i](StateResult&& result) {
      gathering->part([&](Results& results) { results[i] = std::move(result); });
    });
  }
}

void remove_states(Persister* persister, const std::string& group_id, const Places& places,
                   Answerer<Results> answerer) {
  ask_all(persister, places.size(), std::move(answerer), [&](std::size_t i, auto told) {
    persister->remove({group_id, places[i].first, places[i].second}, std::move(told));
  });
}

// Has states made and lets the group know which were; answers after that.
void initialize(Persister* persister, Hosts host, const std::string& group_id,
                const share::Initialization& wanted, Answerer<Results> answerer) {
  auto told_group = [host = std::move(host), group_id, states = wanted.states,
                     answerer = std::move(answerer)](Results&& results) mutable {
    TopicPartitions made, not_made;
    for (std::size_t i = 0; i < results.size(); ++i) {
      const bool ok = results[i].error == ErrorCode::kNone;
      (ok ? made : not_made)[states[i].topic_id].push_back(states[i].partition);
      if (ok) continue;
      logger.warn("[GroupId ", group_id, "] The state of ", states[i].topic_id.to_string(), "-",
                  states[i].partition, " could not be initialized: ", protocol::error_name(results[i].error));
    }
    for (TopicPartitions* topics : {&made, &not_made}) {
      for (auto& [topic, partitions] : *topics) std::sort(partitions.begin(), partitions.end());
    }
    const auto all =
        std::make_shared<std::pair<Answerer<Results>, Results>>(std::move(answerer), std::move(results));
    const auto answer = [all](ErrorCode&&) { all->first(std::move(all->second)); };
    const auto alive = host.lock();
    if (alive == nullptr) return answer(ErrorCode::kNotCoordinator);
    alive->run([group_id, made = std::move(made), not_made = std::move(not_made), answer](
                   GroupShard& shard, Instant,
                   Effects& effects) { shard.share_states_made(group_id, made, not_made, answer, effects); },
               [answer](ErrorCode error) { answer(std::move(error)); });
  };
  ask_all(persister, wanted.states.size(), std::move(told_group), [&](std::size_t i, auto told) {
    const share::InitialState& state = wanted.states[i];
    persister->initialize({group_id, state.topic_id, state.partition}, wanted.state_epoch, state.start_offset,
                          std::move(told));
  });
}

// The reply of AlterShareGroupOffsets with what the persister refused: the states were asked for in the order
// of the partitions that were valid.
void put_errors(const Results& results, share::AlterOffsetsReply& reply) {
  std::size_t next = 0;
  for (share::AlteredTopic& topic : reply.topics) {
    for (share::AlteredPartition& partition : topic.partitions) {
      if (partition.error == ErrorCode::kNone) partition.error = results[next++].error;
    }
  }
}

// The first error of each topic.
std::vector<share::DeletedOffsets> removed_topics(const Places& places, const Results& results,
                                                  const consumer::ClusterView& cluster) {
  std::vector<share::DeletedOffsets> out;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (out.empty() || out.back().topic_id != places[i].first) {
      out.push_back({.name = share::name_of(places[i].first, cluster), .topic_id = places[i].first});
    }
    if (out.back().error == ErrorCode::kNone) out.back().error = results[i].error;
  }
  return out;
}

// Those that went well come first.
void put_removed(std::vector<share::DeletedOffsets> removed, share::DeleteOffsetsReply& reply) {
  std::partition(removed.begin(), removed.end(),
                 [](const auto& topic) { return topic.error == ErrorCode::kNone; });
  const auto failed = std::find_if(removed.begin(), removed.end(),
                                   [](const auto& topic) { return topic.error != ErrorCode::kNone; });
  reply.topics.insert(reply.topics.end(), failed, removed.end());
  reply.topics.insert(reply.topics.begin(), removed.begin(), failed);
}

}  // namespace

void GroupCoordinator::share_heartbeat(share::HeartbeatCommand&& command,
                                       Answerer<share::HeartbeatReply> answerer) {
  if (auto refused = share::refuse(command)) return answerer(std::move(*refused));
  const HostPtr host = host_of(command.group_id);
  if (host == nullptr) return answerer({ErrorCode::kNotCoordinator, ""});
  const auto one = shared(std::move(answerer));
  host->run(
      [one, persister = persister_, weak = Hosts(host), command = std::move(command)](
          GroupShard& shard, Instant now, Effects& effects) {
        shard.share_heartbeat(
            command,
            [one, persister, weak, group_id = command.group_id](share::HeartbeatOutcome&& outcome) {
              (*one)(std::move(outcome.reply));
              if (outcome.initialization.states.empty()) return;
              initialize(persister, weak, group_id, outcome.initialization, [](Results&&) {});
            },
            now, effects);
      },
      [one](ErrorCode error) { (*one)({error, ""}); });
}

void GroupCoordinator::describe_shares(std::vector<std::string> group_ids,
                                       Answerer<std::vector<share::Description>> answerer) {
  std::vector<share::Description> empty(group_ids.size());
  for (std::size_t i = 0; i < group_ids.size(); ++i) empty[i].group_id = group_ids[i];
  const auto gathering = std::make_shared<Gathering<std::vector<share::Description>>>(
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
          effects.answers.emplace_back([gathering, i, description = shard.describe_share(id)]() mutable {
            gathering->part([&](auto& parts) { parts[i] = std::move(description); });
          });
        },
        refuse);
  }
}

void GroupCoordinator::share_partitions(const std::string& group_id,
                                        Answerer<share::InitializedPartitions> answerer) {
  const HostPtr host = host_of(group_id);
  if (host == nullptr) return answerer({.error = ErrorCode::kNotCoordinator});
  const auto one = shared(std::move(answerer));
  host->read(
      [one, group_id](GroupShard& shard, Instant, Effects& effects) {
        effects.answer(std::move(*one),
                       share::InitializedPartitions{.partitions = shard.shares().initialized(group_id)});
      },
      [one](ErrorCode error) { (*one)({.error = error}); });
}

void GroupCoordinator::alter_share_offsets(share::AlterOffsetsCommand&& command,
                                           Answerer<share::AlterOffsetsReply> answerer) {
  if (command.group_id.empty()) return answerer({.error = ErrorCode::kInvalidGroupId});
  const HostPtr host = host_of(command.group_id);
  if (host == nullptr) return answerer({.error = ErrorCode::kNotCoordinator});
  const auto one = shared(std::move(answerer));
  host->run(
      [one, persister = persister_, weak = Hosts(host), command = std::move(command)](
          GroupShard& shard, Instant now, Effects& effects) {
        shard.alter_share_offsets(
            command,
            [one, persister, weak, group_id = command.group_id](share::AlterOffsetsOutcome&& outcome) {
              if (outcome.initialization.states.empty()) return (*one)(std::move(outcome.reply));
              initialize(persister, weak, group_id, outcome.initialization,
                         [one, reply = std::move(outcome.reply)](Results&& results) mutable {
                           put_errors(results, reply);
                           (*one)(std::move(reply));
                         });
            },
            now, effects);
      },
      [one](ErrorCode error) { (*one)({.error = error}); });
}

void GroupCoordinator::delete_share_offsets(share::DeleteOffsetsCommand&& command,
                                            Answerer<share::DeleteOffsetsReply> answerer) {
  if (command.group_id.empty()) return answerer({.error = ErrorCode::kInvalidGroupId});
  const HostPtr host = host_of(command.group_id);
  if (host == nullptr) return answerer({.error = ErrorCode::kNotCoordinator});
  const auto one = shared(std::move(answerer));
  auto removed = [one, weak = Hosts(host), cluster = cluster_->load(), group_id = command.group_id](
                     const Places& places, share::DeleteOffsetsReply&& reply, const Results& results) {
    auto topics = removed_topics(places, results, *cluster);
    std::vector<Uuid> gone;
    for (const auto& topic : topics) {
      if (topic.error == ErrorCode::kNone) gone.push_back(topic.topic_id);
    }
    put_removed(std::move(topics), reply);
    const auto kept = std::make_shared<share::DeleteOffsetsReply>(std::move(reply));
    const auto answer = [one, kept](ErrorCode&& error) {
      if (error != ErrorCode::kNone) *kept = {.error = error};
      (*one)(std::move(*kept));
    };
    const auto alive = weak.lock();
    if (gone.empty() || alive == nullptr) return answer(ErrorCode::kNone);
    alive->run(
        [group_id, gone = std::move(gone), answer](GroupShard& shard, Instant, Effects& effects) {
          shard.share_states_removed(group_id, gone, answer, effects);
        },
        [answer](ErrorCode error) { answer(std::move(error)); });
  };
  host->run(
      [one, persister = persister_, removed = std::move(removed), command = std::move(command)](
          GroupShard& shard, Instant, Effects& effects) {
        shard.delete_share_offsets(
            command,
            [one, persister, removed, group_id = command.group_id](share::DeleteOffsetsOutcome&& outcome) {
              if (outcome.states.empty()) return (*one)(std::move(outcome.reply));
              const Places places = places_of(outcome.states);
              remove_states(persister, group_id, places,
                            [removed, places, reply = std::move(outcome.reply)](Results&& results) mutable {
                              removed(places, std::move(reply), results);
                            });
            },
            effects);
      },
      [one](ErrorCode error) { (*one)({.error = error}); });
}

void GroupCoordinator::delete_group(const std::string& group_id, Answerer<ErrorCode> answerer) {
  const HostPtr host = host_of(group_id);
  if (host == nullptr) return answerer(ErrorCode::kNotCoordinator);
  host->catch_up();  // who waited for a session to end finds its group empty
  const auto one = shared(std::move(answerer));
  const auto refuse = [one](ErrorCode error) { (*one)(std::move(error)); };
  const auto erase = [one, refuse, group_id, weak = Hosts(host)] {
    const auto alive = weak.lock();
    if (alive == nullptr) return refuse(ErrorCode::kNotCoordinator);
    alive->run(
        [one, group_id](GroupShard& shard, Instant, Effects& effects) {
          shard.delete_groups(
              {group_id},
              [one](std::vector<DeletedGroup>&& results) { (*one)(std::move(results.front().error)); },
              effects);
        },
        refuse);
  };
  host->run(
      [refuse, erase, persister = persister_, group_id](GroupShard& shard, Instant, Effects& effects) {
        shard.begin_deletion(
            group_id,
            [refuse, erase, persister, group_id](share::GroupDeletion&& deletion) {
              if (deletion.error != ErrorCode::kNone) return refuse(deletion.error);
              if (deletion.states.empty()) return erase();
              remove_states(persister, group_id, places_of(deletion.states),
                            [refuse, erase](Results&& results) {
                              const auto failed = std::find_if(
                                  results.begin(), results.end(),
                                  [](const StateResult& result) { return result.error != ErrorCode::kNone; });
                              if (failed != results.end()) return refuse(failed->error);
                              erase();
                            });
            },
            effects);
      },
      refuse);
}

}  // namespace barnabas::broker::groups
