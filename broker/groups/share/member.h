// A member of a share group, as its records describe it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "broker/groups/share/records.h"

namespace barnabas::broker::groups::share {

// Epochs in a heartbeat and in records that are none.
inline constexpr std::int32_t kJoinEpoch = 0;
inline constexpr std::int32_t kLeaveEpoch = -1;

// Plain data. Always stable (state 0): nobody waits for a partition that others have too.
struct Member {
  Member() = default;
  explicit Member(std::string member_id) : id(std::move(member_id)) {}

  std::string id;
  std::int32_t epoch = 0;
  std::int32_t previous_epoch = -1;
  std::optional<std::string> rack_id;
  std::string client_id;
  std::string client_host;
  std::set<std::string> topics;
  TopicPartitions assigned;

  void advance_to(std::int32_t next_epoch) {
    previous_epoch = epoch;
    epoch = next_epoch;
  }

  // What a record says; all else stays.
  void apply(const protocol::ShareGroupMemberMetadataValue& value);
  void apply(const protocol::ShareGroupCurrentMemberAssignmentValue& value);

  bool operator==(const Member&) const = default;
};

}  // namespace barnabas::broker::groups::share
