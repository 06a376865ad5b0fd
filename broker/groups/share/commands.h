// What goes into the rules of share groups and what comes out (broker/groups/commands.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/groups/consumer/assignment.h"
#include "broker/groups/consumer/commands.h"
#include "protocol/error_code.h"

namespace barnabas::broker::groups::share {

using consumer::DescribedTopic;
using consumer::TopicPartitions;
using protocol::ErrorCode;

// --- Membership ---

struct HeartbeatCommand {
  HeartbeatCommand() = default;

  std::string group_id;
  std::string member_id;  // made by the client
  std::int32_t member_epoch = 0;
  // What did not change since the last heartbeat may be missing.
  std::optional<std::string> rack_id;
  std::optional<std::vector<std::string>> topics;
  std::string client_id;
  std::string client_host;
};

struct HeartbeatReply {
  HeartbeatReply() = default;
  HeartbeatReply(ErrorCode code, std::string message) : error(code), error_message(std::move(message)) {}

  ErrorCode error = ErrorCode::kNone;
  std::string error_message;
  std::optional<std::string> member_id;
  std::int32_t member_epoch = 0;
  std::int32_t heartbeat_interval_ms = 0;
  std::optional<TopicPartitions> assignment;  // nullopt: as it was
};

struct DescribedMember {
  std::string member_id;
  std::optional<std::string> rack_id;
  std::int32_t epoch = 0;
  std::string client_id;
  std::string client_host;
  std::vector<std::string> topics;
  std::vector<DescribedTopic> assignment;
};

struct Description {
  std::string group_id = {};
  ErrorCode error = ErrorCode::kNone;
  std::string error_message = {};
  std::string state = {};
  std::int32_t epoch = 0;
  std::int32_t target_epoch = 0;
  std::string assignor = {};
  std::vector<DescribedMember> members = {};
};

// --- State of share partitions ---

// A state that the persister is asked to make.
struct InitialState {
  Uuid topic_id = {};
  std::int32_t partition = 0;
  std::int64_t start_offset = -1;  // -1: as share.auto.offset.reset says
};

struct Initialization {
  std::int32_t state_epoch = 0;
  std::vector<InitialState> states = {};
};

struct HeartbeatOutcome {
  HeartbeatOutcome() = default;
  explicit HeartbeatOutcome(HeartbeatReply answer) : reply(std::move(answer)) {}

  HeartbeatReply reply;
  Initialization initialization;  // to be asked for once the answer is given
};

// --- Start offsets ---

struct NewOffset {
  std::int32_t partition = 0;
  std::int64_t start_offset = 0;
};

struct AlterTopic {
  std::string name;
  std::vector<NewOffset> partitions;
};

struct AlterOffsetsCommand {
  std::string group_id;
  std::vector<AlterTopic> topics;
};

struct AlteredPartition {
  std::int32_t partition = 0;
  ErrorCode error = ErrorCode::kNone;
};

struct AlteredTopic {
  std::string name;
  Uuid topic_id;
  std::vector<AlteredPartition> partitions;
};

struct AlterOffsetsReply {
  ErrorCode error = ErrorCode::kNone;
  std::string error_message = {};  // empty: that of the code
  std::vector<AlteredTopic> topics = {};
};

struct AlterOffsetsOutcome {
  AlterOffsetsReply reply;
  Initialization initialization;
};

struct DeleteOffsetsCommand {
  std::string group_id;
  std::vector<std::string> topics;
};

struct DeletedOffsets {
  std::string name;
  Uuid topic_id = {};
  ErrorCode error = ErrorCode::kNone;
  std::string error_message = {};  // empty: that of the code
};

struct DeleteOffsetsReply {
  ErrorCode error = ErrorCode::kNone;
  std::string error_message = {};
  std::vector<DeletedOffsets> topics = {};
};

struct DeleteOffsetsOutcome {
  DeleteOffsetsReply reply;  // of the topics that need nothing more
  TopicPartitions states;    // to be removed by the persister
};

// Before a group is deleted.
struct GroupDeletion {
  ErrorCode error = ErrorCode::kNone;
  TopicPartitions states = {};  // to be removed by the persister first
};

struct InitializedPartitions {
  ErrorCode error = ErrorCode::kNone;
  TopicPartitions partitions = {};
};

}  // namespace barnabas::broker::groups::share
