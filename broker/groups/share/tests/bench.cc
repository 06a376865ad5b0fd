#include "broker/groups/share/tests/bench.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/text.h"

namespace barnabas::broker::groups::share {

Bench::Bench(Settings with) : settings(with) {
  cluster->add("t", 6);
  protocol = make();
}

std::unique_ptr<Protocol> Bench::make() const {
  return std::make_unique<Protocol>(settings, [this] { return ClusterViewPtr(cluster); });
}

void Bench::append(Records records) {
  last = std::move(records);
  for (const Record& record : last) {
    log.push_back(encode(record));
    const auto& bytes = log.back();
    const auto decoded =
        decode(bytes.key, bytes.value ? std::optional<ByteView>(*bytes.value) : std::nullopt);
    ASSERT_TRUE(decoded);
    protocol->replay(*decoded, now);
  }
}

HeartbeatReply Bench::heartbeat(const HeartbeatCommand& command) {
  if (auto refused = refuse(command)) return *refused;
  Records records;
  HeartbeatOutcome outcome = protocol->heartbeat(command, now, records);
  append(std::move(records));
  if (!outcome.initialization.states.empty()) {
    ++initializations;
    asked.emplace_back(command.group_id, std::move(outcome.initialization));
    if (answers_at_once) answer_initialization();
  }
  return outcome.reply;
}

void Bench::answer_initialization(bool made) {
  const auto [group_id, initialization] = std::move(asked.front());
  asked.pop_front();
  TopicPartitions partitions;
  for (const InitialState& state : initialization.states) {
    partitions[state.topic_id].push_back(state.partition);
  }
  for (auto& [topic, numbers] : partitions) std::sort(numbers.begin(), numbers.end());
  Records records;
  protocol->states_made(group_id, made ? partitions : TopicPartitions(),
                        made ? TopicPartitions() : partitions, records);
  append(std::move(records));
}

void Bench::advance(std::int64_t ms) {
  const Instant end{now.wall_ms + ms, now.mono_ms + ms};
  for (;;) {
    const auto next = protocol->next_deadline_ms();
    if (!next || *next > end.mono_ms) break;
    const std::int64_t step = std::max<std::int64_t>(0, *next - now.mono_ms);
    now = {now.wall_ms + step, now.mono_ms + step};
    const auto expiry = protocol->take_due(now);
    Records records;
    protocol->run(*expiry, records);
    append(std::move(records));
  }
  now = end;
}

void Bench::restart() {
  protocol = make();
  for (const auto& bytes : log) {
    const auto decoded =
        decode(bytes.key, bytes.value ? std::optional<ByteView>(*bytes.value) : std::nullopt);
    ASSERT_TRUE(decoded);
    protocol->replay(*decoded, now);
  }
  protocol->loaded(now);
}

std::string Bench::picture(const Protocol& protocol) {
  std::string out;
  const auto put = [&](const TopicPartitions& topics) {
    for (const auto& [topic, partitions] : topics) {
      for (const std::int32_t partition : partitions) out += concat(" ", topic.to_string(), "-", partition);
    }
  };
  for (const auto& [id, group] : protocol.groups()) {
    out += concat(id, " epoch ", group.epoch(), " hash ", group.metadata_hash(), " target ",
                  group.target_epoch(), " at ", group.target_timestamp_ms(), "\n");
    for (const auto& [member_id, member] : group.members()) {
      out += concat("  ", member_id, " ", member.epoch, "/", member.previous_epoch, " has");
      put(member.assigned);
      out += " target";
      put(group.target(member_id));
      out += "\n";
    }
    for (const auto& [topic, count] : group.subscriptions())
      out += concat("  ", topic, " ", count.by_name, "\n");
    if (!group.states()) continue;
    out += "  initializing";
    put(partitions_of(group.states()->initializing));
    out += " initialized";
    put(partitions_of(group.states()->initialized));
    out += concat(" deleting ", group.states()->deleting.size(), "\n");
  }
  return out;
}

HeartbeatCommand joining(const std::string& member_id, std::vector<std::string> topics) {
  HeartbeatCommand command;
  command.group_id = "g";
  command.member_id = member_id;
  command.topics = std::move(topics);
  command.client_id = "client";
  command.client_host = "/127.0.0.1";
  return command;
}

HeartbeatCommand staying(const std::string& member_id, std::int32_t epoch) {
  HeartbeatCommand command = joining(member_id);
  command.member_epoch = epoch;
  command.topics.reset();
  return command;
}

HeartbeatCommand leaving(const std::string& member_id) {
  return staying(member_id, kLeaveEpoch);
}

HeartbeatReply TestMember::beat() {
  HeartbeatCommand command = joining(id_, topics);
  command.member_epoch = epoch_;
  if (epoch_ > 0 && topics == said_) command.topics.reset();
  const HeartbeatReply reply = bench_.heartbeat(command);
  if (reply.error == ErrorCode::kFencedMemberEpoch || reply.error == ErrorCode::kUnknownMemberId ||
      reply.error == ErrorCode::kGroupIdNotFound) {
    epoch_ = 0;
    has_.clear();
    return reply;
  }
  if (reply.error != ErrorCode::kNone) return reply;
  said_ = topics;
  epoch_ = reply.member_epoch;
  if (reply.assignment) has_ = *reply.assignment;
  return reply;
}

void TestMember::leave() {
  bench_.heartbeat(leaving(id_));
  epoch_ = 0;
  has_.clear();
}

std::size_t TestMember::partitions() const {
  std::size_t count = 0;
  for (const auto& [topic, partitions] : has_) count += partitions.size();
  return count;
}

}  // namespace barnabas::broker::groups::share
