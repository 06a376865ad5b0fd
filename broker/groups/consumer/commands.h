// What goes into the rules of consumer groups and what comes out
// (broker/groups/commands.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/groups/consumer/assignment.h"
#include "protocol/error_code.h"
#include "protocol/messages/consumer_group_member_metadata_value.h"

namespace barnabas::broker::groups::consumer {

using protocol::ErrorCode;

struct HeartbeatCommand {
  HeartbeatCommand() = default;

  std::string group_id;
  std::string member_id;
  std::int32_t member_epoch = 0;
  // What did not change since the last heartbeat may be missing.
  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  std::int32_t rebalance_timeout_ms = -1;
  std::optional<std::vector<std::string>> topics;
  std::optional<std::string> regex;
  std::optional<std::string> assignor;
  std::optional<TopicPartitions> owned;
  std::string client_id;
  std::string client_host;
  std::optional<protocol::ConsumerGroupMemberMetadataValue::ClassicMemberMetadata> classic;  // of a JoinGroup
  bool needs_member_id = false;  // version 1+: clients make their own
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
  std::int32_t delay_ms = 0;                  // to be told this much later
};

struct DescribedTopic {
  Uuid id;
  std::string name;
  std::vector<std::int32_t> partitions;
};

struct DescribedMember {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  std::int32_t epoch = 0;
  std::string client_id;
  std::string client_host;
  std::vector<std::string> topics;
  std::optional<std::string> regex;
  std::vector<DescribedTopic> assignment;
  std::vector<DescribedTopic> target;
  bool is_classic = false;
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

}  // namespace barnabas::broker::groups::consumer
