// What goes into the group coordinator and what comes out: plain values that know no request or response.
// Handlers translate (broker/handlers).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "broker/coordination/answerer.h"
#include "common/bytes.h"
#include "common/uuid.h"
#include "protocol/error_code.h"
#include "storage/producer_state.h"

namespace barnabas::broker::groups {

using protocol::ErrorCode;

using coordination::Instant;

// --- Membership of classic groups ---

struct MemberProtocol {
  std::string name;
  Buffer metadata;
  bool operator==(const MemberProtocol&) const = default;
};

struct JoinCommand {
  std::string group_id;
  std::string member_id;  // empty: the coordinator chooses one
  std::optional<std::string> instance_id;
  std::string client_id;
  std::string client_host;  // "/10.0.0.7"
  std::string protocol_type;
  std::vector<MemberProtocol> protocols;  // in the member's order of preference
  std::int32_t session_timeout_ms = 0;
  std::int32_t rebalance_timeout_ms = 0;
  std::string reason;
  bool needs_known_member_id = false;  // version 4+, KIP-394
  bool can_skip_assignment = false;    // version 9+, KIP-814
};

struct JoinedMember {
  std::string member_id;
  std::optional<std::string> instance_id;
  Buffer metadata;
};

struct JoinReply {
  ErrorCode error = ErrorCode::kNone;
  std::int32_t generation_id = -1;
  std::optional<std::string> protocol_type = {};
  std::optional<std::string> protocol_name = {};
  std::string leader = {};
  bool skip_assignment = false;
  std::string member_id = {};
  std::vector<JoinedMember> members = {};  // for the leader alone
};

struct MemberAssignment {
  std::string member_id;
  Buffer assignment;
};

struct SyncCommand {
  std::string group_id;
  std::int32_t generation_id = -1;
  std::string member_id;
  std::optional<std::string> instance_id;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::vector<MemberAssignment> assignments;
};

struct SyncReply {
  ErrorCode error = ErrorCode::kNone;
  std::optional<std::string> protocol_type = {};
  std::optional<std::string> protocol_name = {};
  Buffer assignment = {};
};

struct HeartbeatCommand {
  std::string group_id;
  std::int32_t generation_id = -1;
  std::string member_id;
  std::optional<std::string> instance_id;
};

struct LeavingMember {
  std::string member_id;  // empty with an instance id: removed by an administrator
  std::optional<std::string> instance_id;
  std::string reason;
};

struct LeaveCommand {
  std::string group_id;
  std::vector<LeavingMember> members;
};

struct LeftMember {
  std::string member_id;
  std::optional<std::string> instance_id;
  ErrorCode error = ErrorCode::kNone;
};

struct LeaveReply {
  ErrorCode error = ErrorCode::kNone;
  std::vector<LeftMember> members = {};
};

// --- Offsets ---

struct CommitPartition {
  std::int32_t index = 0;
  std::int64_t offset = -1;
  std::int32_t leader_epoch = -1;
  std::optional<std::string> metadata;
};

struct CommitTopic {
  std::string name;
  Uuid topic_id;  // zero unless the request named the topic by id
  std::vector<CommitPartition> partitions;
};

struct CommitCommand {
  std::string group_id;
  std::int32_t generation_id = -1;
  std::string member_id;
  std::optional<std::string> instance_id;
  std::int64_t retention_ms = -1;        // -1: the broker's (versions 2-4 may ask for their own)
  bool expects_group_not_found = false;  // version 9+, which members of consumer groups must use
  std::vector<CommitTopic> topics;
};

// Offsets that count when a transaction commits (KIP-98).
struct TransactionalCommitCommand {
  CommitCommand commit;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::optional<storage::VerificationGuard> guard = {};  // none where verification is off
};

struct PartitionResult {
  std::int32_t index = 0;
  ErrorCode error = ErrorCode::kNone;
};

struct TopicResult {
  std::string name;
  Uuid topic_id;
  std::vector<PartitionResult> partitions;
};

// With an error of the whole every partition has it.
struct CommitReply {
  ErrorCode error = ErrorCode::kNone;
  std::vector<TopicResult> topics = {};
};

struct OffsetsTopic {
  std::string name;
  Uuid topic_id;
  std::vector<std::int32_t> partitions;
};

struct FetchOffsetsCommand {
  std::string group_id;
  std::optional<std::vector<OffsetsTopic>> topics;  // nullopt: all that the group has
  bool require_stable = false;
  // Of a member of a consumer group that wants to be sure that it is one (version 9+).
  std::optional<std::string> member_id = {};
  std::int32_t member_epoch = -1;
};

struct FetchedOffset {
  std::int32_t index = 0;
  std::int64_t offset = -1;  // -1: none
  std::int32_t leader_epoch = -1;
  std::string metadata;
  ErrorCode error = ErrorCode::kNone;
};

struct FetchedTopic {
  std::string name;
  Uuid topic_id;
  std::vector<FetchedOffset> partitions;
};

struct FetchOffsetsReply {
  std::string group_id = {};
  ErrorCode error = ErrorCode::kNone;
  std::vector<FetchedTopic> topics = {};
};

struct DeleteOffsetsCommand {
  std::string group_id;
  std::vector<OffsetsTopic> topics;
};

struct DeleteOffsetsReply {
  ErrorCode error = ErrorCode::kNone;
  std::vector<TopicResult> topics = {};
};

// A topic that is gone, with the id it had.
struct DeletedTopic {
  std::string name;
  Uuid topic_id;
};

// --- Groups as a whole ---

// Empty sets let everything pass. Lower case, trimmed.
struct GroupFilter {
  std::vector<std::string> states;
  std::vector<std::string> types;
};

struct GroupListing {
  std::string group_id;
  std::string protocol_type;
  std::string state;
  std::string type;  // "classic", "consumer", "share", "streams"
};

struct ListReply {
  ErrorCode error = ErrorCode::kNone;
  std::vector<GroupListing> groups = {};
};

struct DescribedMember {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::string client_id;
  std::string client_host;
  Buffer metadata;
  Buffer assignment;
};

struct GroupDescription {
  std::string group_id;
  ErrorCode error = ErrorCode::kNone;  // kGroupIdNotFound for what is no classic group, with state "Dead"
  std::string error_message;
  std::string state;
  std::string protocol_type;
  std::string protocol;
  std::vector<DescribedMember> members;
};

struct DeletedGroup {
  std::string group_id;
  ErrorCode error = ErrorCode::kNone;
};

// --- Where answers go. ---

using coordination::Answerer;
using JoinAnswerer = Answerer<JoinReply>;
using SyncAnswerer = Answerer<SyncReply>;

}  // namespace barnabas::broker::groups
