// A member of a streams group, as its records describe it: one thread of a Kafka Streams application.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "broker/groups/streams/tasks.h"
#include "protocol/messages/streams_group_current_member_assignment_value.h"
#include "protocol/messages/streams_group_member_metadata_value.h"

namespace barnabas::broker::groups::streams {

// Epochs in a heartbeat and in records that are none.
inline constexpr std::int32_t kJoinEpoch = 0;
inline constexpr std::int32_t kLeaveEpoch = -1;
inline constexpr std::int32_t kStaticLeaveEpoch = -2;

enum class MemberState : std::int8_t {
  kStable = 1,
  kUnrevokedTasks = 2,   // has to give tasks back before it gets the next epoch
  kUnreleasedTasks = 3,  // has its epoch, and waits for tasks that others still have
  kUnknown = 127
};

// Where queries of other instances reach the process.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
};

// Plain data.
struct Member {
  Member() = default;
  explicit Member(std::string member_id) : id(std::move(member_id)) {}

  std::string id;
  std::int32_t epoch = 0;
  std::int32_t previous_epoch = 0;
  MemberState state = MemberState::kStable;
  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  std::int32_t rebalance_timeout_ms = -1;
  std::string client_id;
  std::string client_host;
  std::int32_t topology_epoch = -1;
  std::string process_id;  // members of one process share its state directory
  std::optional<Endpoint> endpoint;
  std::map<std::string, std::string> client_tags;
  AssignedTasks assigned;
  AssignedTasks pending_revocation;

  // Has all that the target of this epoch gives it, and nothing else.
  bool is_reconciled_to(std::int32_t target_epoch) const {
    return state == MemberState::kStable && epoch == target_epoch;
  }
  void advance_to(std::int32_t next_epoch) {
    previous_epoch = epoch;
    epoch = next_epoch;
  }
  // The group epoch at which it got the active task, which it may have to give back; nullopt if it has not.
  std::optional<std::int32_t> epoch_of(const std::string& subtopology, std::int32_t number) const;

  // What a record says; all else stays.
  void apply(const protocol::StreamsGroupMemberMetadataValue& value);
  void apply(const protocol::StreamsGroupCurrentMemberAssignmentValue& value);

  bool operator==(const Member&) const = default;
};

}  // namespace barnabas::broker::groups::streams
