#include "broker/groups/streams/tests/bench.h"

#include <gtest/gtest.h>

#include "common/text.h"

namespace barnabas::broker::groups::streams {

Bench::Bench(Settings with) : settings(with) {
  cluster->add("t", 4);
  protocol = make();
}

std::unique_ptr<Protocol> Bench::make() const {
  return std::make_unique<Protocol>(settings, [this] { return consumer::ClusterViewPtr(cluster); });
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
  if (auto refused = refuse(command)) return *refused;
  Records records;
  HeartbeatReply reply = protocol->heartbeat(command, now, records);
  missing_ = reply.missing_topics;
  append(std::move(records));
  return reply;
}

void Bench::create_missing() {
  for (const InternalTopic& topic : missing_) cluster->add(topic.name, topic.partitions);
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

std::vector<std::size_t> Bench::last_types() const {
  std::vector<std::size_t> out;
  for (const Record& record : last_) out.push_back(record.index());
  return out;
}

std::string Bench::picture(const Protocol& protocol) {
  const auto text = [](const AssignedTasks& tasks) {
    std::string out;
    for (const auto& [subtopology, numbers] : tasks.active) {
      for (const auto& [number, since] : numbers) out += concat(" ", subtopology, "_", number, "@", since);
    }
    return concat(out, " standby ", to_text(tasks.standby), " warmup ", to_text(tasks.warmup));
  };
  std::string out;
  for (const auto& [id, group] : protocol.groups()) {
    out += concat(id, " epoch ", group.epoch(), " hash ", group.metadata_hash(), " topology ",
                  group.topology() == nullptr ? -1 : group.topology()->epoch(), " validated ",
                  group.validated_topology_epoch(), " target ", group.target_epoch(), " at ",
                  group.target_timestamp_ms(), "\n");
    for (const auto& [member_id, member] : group.members()) {
      const Tasks& target = group.target(member_id);
      out += concat("  ", member_id, " of ", member.process_id, " ", member.epoch, "/", member.previous_epoch,
                    " state ", static_cast<int>(member.state), " has", text(member.assigned), " gives back",
                    text(member.pending_revocation), " target ", to_text(target.active), " ",
                    to_text(target.standby), "\n");
    }
  }
  return out;
}

TopologyValue::TopicInfo topic_info(const std::string& name, std::int32_t partitions) {
  TopologyValue::TopicInfo topic;
  topic.name = name;
  topic.partitions = partitions;
  return topic;
}

TopologyValue word_count(const std::string& source) {
  TopologyValue value;
  auto& first = value.subtopologies.emplace_back();
  first.subtopology_id = "0";
  first.source_topics = {source};
  first.repartition_sink_topics = {"repartition"};
  auto& second = value.subtopologies.emplace_back();
  second.subtopology_id = "1";
  second.repartition_source_topics = {topic_info("repartition")};
  second.state_changelog_topics = {topic_info("changelog")};
  return value;
}

TopologyValue one_step(const std::string& source, bool stateful) {
  TopologyValue value;
  auto& only = value.subtopologies.emplace_back();
  only.subtopology_id = "0";
  only.source_topics = {source};
  if (stateful) only.state_changelog_topics = {topic_info("changelog")};
  return value;
}

HeartbeatCommand joining(const std::string& member_id, const TopologyValue& topology,
                         const std::string& process_id) {
  HeartbeatCommand command;
  command.group_id = "g";
  command.member_id = member_id;
  command.rebalance_timeout_ms = 60'000;
  command.topology = topology;
  command.active = TaskSet();
  command.standby = TaskSet();
  command.warmup = TaskSet();
  command.process_id = process_id.empty() ? concat("process-", member_id) : process_id;
  command.client_tags = std::map<std::string, std::string>();
  command.client_id = "client";
  command.client_host = "/127.0.0.1";
  return command;
}

HeartbeatCommand beating(const std::string& member_id, std::int32_t epoch) {
  HeartbeatCommand command;
  command.group_id = "g";
  command.member_id = member_id;
  command.member_epoch = epoch;
  command.client_id = "client";
  command.client_host = "/127.0.0.1";
  return command;
}

HeartbeatReply TestMember::beat() {
  obey();
  HeartbeatCommand command = join_;
  command.member_epoch = epoch_;
  if (epoch_ > 0) {
    command = beating(join_.member_id, epoch_);
    if (report_) {
      command.active = owned_.active;
      command.standby = owned_.standby;
      command.warmup = owned_.warmup;
    }
  }
  const HeartbeatReply reply = bench_.heartbeat(command);
  if (reply.error == ErrorCode::kFencedMemberEpoch || reply.error == ErrorCode::kUnknownMemberId ||
      reply.error == ErrorCode::kGroupIdNotFound) {
    epoch_ = 0;
    owned_ = Tasks();
    must_obey_ = false;
    return reply;
  }
  if (reply.error != ErrorCode::kNone) return reply;
  epoch_ = reply.member_epoch;
  report_ = false;
  if (reply.assignment) {
    told_ = *reply.assignment;
    must_obey_ = true;
  }
  obey();
  return reply;
}

void TestMember::obey() {
  if (lazy || !must_obey_) return;
  owned_ = told_;
  must_obey_ = false;
  report_ = true;
}

void TestMember::leave() {
  bench_.heartbeat(beating(join_.member_id, kLeaveEpoch));
  epoch_ = 0;
  owned_ = Tasks();
  must_obey_ = false;
}

std::size_t TestMember::active_tasks() const {
  std::size_t count = 0;
  for (const auto& [subtopology, numbers] : owned_.active) count += numbers.size();
  return count;
}

}  // namespace barnabas::broker::groups::streams
