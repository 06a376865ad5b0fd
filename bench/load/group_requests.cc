#include "bench/load/group_requests.h"

#include <algorithm>

#include "bench/load/frame.h"

namespace barnabas::bench {
namespace {

constexpr std::int16_t kFindCoordinator = 10, kJoinGroup = 11, kHeartbeat = 12, kLeaveGroup = 13,
                       kSyncGroup = 14, kConsumerGroupHeartbeat = 68;
constexpr std::int32_t kRebalanceTimeoutMs = 300'000,
                       kSessionTimeoutMs = 45'000;  // Kafka's clients' defaults

// What comes before the fields of every flexible answer: correlation and tags.
AnswerReader flexible(ByteView answer) {
  AnswerReader reader(answer);
  reader.get<std::int32_t>();
  reader.tags();
  return reader;
}

Buffer partition_bytes(const Partitions& partitions) {
  Buffer bytes(partitions.size() * 4);
  for (std::size_t i = 0; i < partitions.size(); ++i) store_be(bytes.data() + i * 4, partitions[i]);
  return bytes;
}

}  // namespace

Buffer find_coordinator_request(std::string_view group) {
  return Frame(kFindCoordinator, 2, 0).text(group).put<std::int8_t>(0).take();
}

std::int16_t find_coordinator_error(ByteView answer) {
  AnswerReader reader(answer);
  reader.raw(4 + 4);  // correlation, throttle time
  return reader.get<std::int16_t>();
}

Buffer consumer_heartbeat_request(std::int32_t correlation, const ConsumerHeartbeat& heartbeat) {
  const bool joins = heartbeat.epoch == 0;
  Frame frame(kConsumerGroupHeartbeat, 1, correlation);
  frame.tags()
      .compact_text(heartbeat.group)
      .compact_text(heartbeat.member)
      .put(heartbeat.epoch)
      .null()  // instance id
      .null()  // rack
      .put<std::int32_t>(joins ? kRebalanceTimeoutMs : -1);
  if (joins) {
    frame.compact_count(1).compact_text(heartbeat.topic);
  } else {
    frame.null();
  }
  frame.null().null();  // regular expression, assignor
  if (heartbeat.owned == nullptr) {
    frame.null();
  } else if (heartbeat.owned->empty()) {
    frame.compact_count(0);
  } else {
    frame.compact_count(1).raw(heartbeat.topic_id.bytes).compact_count(heartbeat.owned->size());
    frame.raw(partition_bytes(*heartbeat.owned)).tags();
  }
  return frame.tags().take();
}

ConsumerHeartbeatAnswer consumer_heartbeat_answer(ByteView answer) {
  AnswerReader reader = flexible(answer);
  ConsumerHeartbeatAnswer out;
  reader.get<std::int32_t>();  // throttle time
  out.error = reader.get<std::int16_t>();
  out.message = reader.compact_text();
  reader.compact_text();  // member id
  out.epoch = reader.get<std::int32_t>();
  out.interval_ms = reader.get<std::int32_t>();
  if (reader.get<std::int8_t>() < 0) return out;
  Partitions& assigned = out.assignment.emplace();
  for (std::size_t topics = reader.compact_count(); topics > 0; --topics) {
    const ByteView id = reader.raw(out.topic_id.bytes.size());
    std::copy(id.begin(), id.end(), out.topic_id.bytes.begin());
    for (std::size_t left = reader.compact_count(); left > 0; --left) {
      assigned.push_back(reader.get<std::int32_t>());
    }
    reader.tags();
  }
  return out;
}

Buffer join_request(std::int32_t correlation, const ClassicMember& member) {
  return Frame(kJoinGroup, 7, correlation)
      .tags()
      .compact_text(member.group)
      .put(kSessionTimeoutMs)
      .put(kRebalanceTimeoutMs)
      .compact_text(member.member)
      .null()  // instance id
      .compact_text("consumer")
      .compact_count(1)
      .compact_text("range")
      .compact_count(0)
      .tags()
      .tags()
      .take();
}

JoinAnswer join_answer(ByteView answer) {
  AnswerReader reader = flexible(answer);
  JoinAnswer out;
  reader.get<std::int32_t>();  // throttle time
  out.error = reader.get<std::int16_t>();
  out.generation = reader.get<std::int32_t>();
  reader.compact_text();  // protocol type
  reader.compact_text();  // protocol
  const std::string_view leader = reader.compact_text();
  out.member = reader.compact_text();
  out.leads = out.error == 0 && leader == out.member;
  for (std::size_t left = reader.compact_count(); left > 0; --left) {
    out.members.emplace_back(reader.compact_text());
    reader.compact_text();  // instance id
    reader.compact_text();  // metadata
    reader.tags();
  }
  return out;
}

Buffer sync_request(std::int32_t correlation, const ClassicMember& member,
                    const std::vector<std::pair<std::string, Partitions>>& assignments) {
  Frame frame(kSyncGroup, 5, correlation);
  frame.tags()
      .compact_text(member.group)
      .put(member.generation)
      .compact_text(member.member)
      .null()  // instance id
      .compact_text("consumer")
      .compact_text("range")
      .compact_count(assignments.size());
  for (const auto& [id, partitions] : assignments) {
    const Buffer bytes = partition_bytes(partitions);
    frame.compact_text(id).compact_count(bytes.size()).raw(bytes).tags();
  }
  return frame.tags().take();
}

SyncAnswer sync_answer(ByteView answer) {
  AnswerReader reader = flexible(answer);
  SyncAnswer out;
  reader.get<std::int32_t>();  // throttle time
  out.error = reader.get<std::int16_t>();
  reader.compact_text();  // protocol type
  reader.compact_text();  // protocol
  out.partitions = reader.compact_count() / 4;
  return out;
}

Buffer classic_heartbeat_request(std::int32_t correlation, const ClassicMember& member) {
  return Frame(kHeartbeat, 4, correlation)
      .tags()
      .compact_text(member.group)
      .put(member.generation)
      .compact_text(member.member)
      .null()  // instance id
      .tags()
      .take();
}

Buffer leave_request(std::int32_t correlation, const ClassicMember& member) {
  return Frame(kLeaveGroup, 4, correlation)
      .tags()
      .compact_text(member.group)
      .compact_count(1)
      .compact_text(member.member)
      .null()  // instance id
      .tags()
      .tags()
      .take();
}

std::int16_t classic_error(ByteView answer) {
  AnswerReader reader = flexible(answer);
  reader.get<std::int32_t>();  // throttle time
  return reader.get<std::int16_t>();
}

}  // namespace barnabas::bench
