// What members of groups ask, made by hand, so that one thread can be ten thousand of them. All members
// subscribe to one topic.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "common/uuid.h"

namespace barnabas::bench {

// Error codes that a member lives through.
inline constexpr std::int16_t kLoading = 14, kNoCoordinator = 15, kNotCoordinator = 16,
                              kRebalanceInProgress = 27, kMemberIdRequired = 79;

Buffer find_coordinator_request(std::string_view group);
std::int16_t find_coordinator_error(ByteView answer);

using Partitions = std::vector<std::int32_t>;

// ConsumerGroupHeartbeat 1 (KIP-848).
struct ConsumerHeartbeat {
  std::string_view group;
  std::string_view member;
  std::int32_t epoch = 0;       // 0 joins, -1 leaves
  std::string_view topic = {};  // told when it joins
  Uuid topic_id = {};
  const Partitions* owned = nullptr;  // told when it has changed
};
struct ConsumerHeartbeatAnswer {
  std::int16_t error = 0;
  std::string message;
  std::int32_t epoch = 0;
  std::int32_t interval_ms = 0;
  Uuid topic_id;
  std::optional<Partitions> assignment;
};
Buffer consumer_heartbeat_request(std::int32_t correlation, const ConsumerHeartbeat& heartbeat);
ConsumerHeartbeatAnswer consumer_heartbeat_answer(ByteView answer);

// JoinGroup 7, SyncGroup 5, Heartbeat 4 and LeaveGroup 4. What the members embed is left empty but for the
// partitions of the assignment: nobody else reads it.
struct ClassicMember {
  std::string_view group;
  std::string_view member;  // empty before the coordinator has chosen one
  std::int32_t generation = -1;
};
struct JoinAnswer {
  std::int16_t error = 0;
  std::int32_t generation = -1;
  std::string member;
  bool leads = false;
  std::vector<std::string> members;  // told to the leader
};
Buffer join_request(std::int32_t correlation, const ClassicMember& member);
JoinAnswer join_answer(ByteView answer);
// `assignments` is what the leader decided, by member.
Buffer sync_request(std::int32_t correlation, const ClassicMember& member,
                    const std::vector<std::pair<std::string, Partitions>>& assignments);
struct SyncAnswer {
  std::int16_t error = 0;
  std::size_t partitions = 0;
};
SyncAnswer sync_answer(ByteView answer);
Buffer classic_heartbeat_request(std::int32_t correlation, const ClassicMember& member);
Buffer leave_request(std::int32_t correlation, const ClassicMember& member);
// Of a heartbeat or a leave.
std::int16_t classic_error(ByteView answer);

}  // namespace barnabas::bench
