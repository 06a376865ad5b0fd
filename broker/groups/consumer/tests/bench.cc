#include "broker/groups/consumer/tests/bench.h"

#include <gtest/gtest.h>

#include "common/text.h"

namespace barnabas::broker::groups::consumer {

std::optional<TopicInfo> TestCluster::topic(std::string_view name) const {
  const auto found = topics_.find(name);
  if (found == topics_.end()) return std::nullopt;
  return found->second;
}

std::optional<TopicInfo> TestCluster::topic(const Uuid& id) const {
  for (const auto& [name, topic] : topics_) {
    if (topic.id == id) return topic;
  }
  return std::nullopt;
}

void TestCluster::for_each_topic_name(const std::function<void(const std::string&)>& see) const {
  for (const auto& [name, topic] : topics_) see(name);
}

Uuid TestCluster::id_of(const std::string& name, int incarnation) {
  Uuid id;
  for (std::size_t i = 0; i < name.size() && i < 14; ++i) id.bytes[i] = static_cast<std::uint8_t>(name[i]);
  id.bytes[15] = static_cast<std::uint8_t>(incarnation);
  return id;
}

void TestCluster::add(const std::string& name, std::int32_t partitions) {
  ++version_;
  TopicInfo& topic = topics_[name];
  if (topic.name.empty()) {
    topic.name = name;
    topic.id = id_of(name, incarnations_[name]++);
    newest_topic_version_ = version_;
  }
  topic.partitions = partitions;
  topic.identity = std::make_shared<int>(0);
}

void TestCluster::remove(const std::string& name) {
  ++version_;
  topics_.erase(name);
}

Bench::Bench(Settings with, std::uint64_t seed) : random(seeded_random(seed)), settings(std::move(with)) {
  cluster->add("t", 6);
  protocol = make();
}

std::unique_ptr<Protocol> Bench::make() const {
  return std::make_unique<Protocol>(settings, [this] { return ClusterViewPtr(cluster); }, *random);
}

void Bench::append(Records records) {
  last_ = std::move(records);
  for (const Record& record : last_) {
    log.push_back(encode(record));
    const auto& bytes = log.back();
    const auto decoded =
        decode(bytes.key, bytes.value ? std::optional<ByteView>(*bytes.value) : std::nullopt);
    ASSERT_TRUE(decoded);
    protocol->replay(*decoded);
  }
}

HeartbeatReply Bench::heartbeat(const HeartbeatCommand& command) {
  if (is_partial_join(command)) return protocol->answer_partial_join(command);
  if (auto refused = refuse(command, settings)) return *refused;
  Records records;
  HeartbeatReply reply = protocol->heartbeat(command, now, records);
  append(std::move(records));
  advance(0);  // expressions are resolved at once
  return reply;
}

void Bench::advance(std::int64_t ms) {
  const Instant end{now.wall_ms + ms, now.mono_ms + ms};
  for (;;) {
    const auto next = protocol->next_deadline_ms();
    if (!next || *next > end.mono_ms) break;
    const std::int64_t step = std::max<std::int64_t>(0, *next - now.mono_ms);
    now = {now.wall_ms + step, now.mono_ms + step};
    const auto event = protocol->take_due(now);
    Records records;
    protocol->run(*event, now, records);
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
    protocol->replay(*decoded);
  }
  protocol->loaded(now);
}

std::string Bench::picture(const Protocol& protocol) {
  std::string out;
  const auto put = [&](const Assigned& assigned) {
    for (const auto& [topic, partitions] : assigned) {
      for (const auto& [partition, since] : partitions) {
        out += concat(" ", topic.to_string(), "-", partition, "@", since);
      }
    }
  };
  for (const auto& [id, group] : protocol.groups()) {
    out += concat(id, " epoch ", group.epoch(), " hash ", group.metadata_hash(), " target ",
                  group.target_epoch(), " at ", group.target_timestamp_ms(), "\n");
    for (const auto& [member_id, member] : group.members()) {
      out += concat("  ", member_id, " ", member.epoch, "/", member.previous_epoch, " state ",
                    static_cast<int>(member.state), " has");
      put(member.assigned);
      out += " gives back";
      put(member.pending_revocation);
      out += " target";
      for (const auto& [topic, partitions] : group.target(member_id)) {
        for (const std::int32_t partition : partitions) out += concat(" ", topic.to_string(), "-", partition);
      }
      out += "\n";
    }
    for (const auto& [topic, count] : group.subscriptions()) {
      out += concat("  ", topic, " ", count.by_name, " ", count.by_regex, "\n");
    }
  }
  return out;
}

HeartbeatCommand joining(const std::string& member_id, std::vector<std::string> topics) {
  HeartbeatCommand command;
  command.group_id = "g";
  command.member_id = member_id;
  command.rebalance_timeout_ms = 60'000;
  command.topics = std::move(topics);
  command.owned.emplace(TopicPartitions());
  command.client_id = "client";
  command.client_host = "/127.0.0.1";
  command.needs_member_id = true;
  return command;
}

HeartbeatCommand joining_by_regex(const std::string& member_id, const std::string& regex) {
  HeartbeatCommand command = joining(member_id);
  command.topics.reset();
  command.regex = regex;
  return command;
}

HeartbeatReply TestMember::beat() {
  HeartbeatCommand command = join_;
  command.member_epoch = epoch_;
  if (epoch_ > 0) {
    command.rebalance_timeout_ms = -1;
    command.instance_id = join_.instance_id;
    if (join_.topics == said_.topics) command.topics.reset();
    if (join_.regex == said_.regex) command.regex.reset();
    command.owned.reset();
    if (report_) command.owned = owned_;
  }
  const HeartbeatReply reply = bench_.heartbeat(command);
  if (reply.error == ErrorCode::kFencedMemberEpoch || reply.error == ErrorCode::kUnknownMemberId ||
      reply.error == ErrorCode::kGroupIdNotFound) {
    epoch_ = 0;
    owned_.clear();
    return reply;
  }
  if (reply.error != ErrorCode::kNone) return reply;
  said_ = join_;
  epoch_ = reply.member_epoch;
  report_ = false;
  if (reply.assignment && !lazy) {
    report_ = owned_ != *reply.assignment;
    owned_ = *reply.assignment;
  }
  return reply;
}

void TestMember::leave(std::int32_t epoch) {
  HeartbeatCommand command = join_;
  command.member_epoch = epoch;
  bench_.heartbeat(command);
  epoch_ = 0;
  owned_.clear();
  report_ = true;
}

std::size_t TestMember::partitions() const {
  std::size_t count = 0;
  for (const auto& [topic, partitions] : owned_) count += partitions.size();
  return count;
}

}  // namespace barnabas::broker::groups::consumer
