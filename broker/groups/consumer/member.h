// A member of a consumer group, as its records describe it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "broker/groups/consumer/assignment.h"
#include "protocol/messages/consumer_group_current_member_assignment_value.h"
#include "protocol/messages/consumer_group_member_metadata_value.h"

namespace barnabas::broker::groups::consumer {

// Epochs in a heartbeat and in records that are none.
inline constexpr std::int32_t kJoinEpoch = 0;
inline constexpr std::int32_t kLeaveEpoch = -1;
inline constexpr std::int32_t kStaticLeaveEpoch = -2;  // a static member goes, and its place is kept

enum class MemberState : std::int8_t {
  kStable = 0,
  kUnrevokedPartitions = 1,   // has to give partitions back before it gets the next epoch
  kUnreleasedPartitions = 2,  // has its epoch, and waits for partitions that others still have
  kUnknown = 127
};

using ClassicMetadata = protocol::ConsumerGroupMemberMetadataValue::ClassicMemberMetadata;

// Plain data.
struct Member {
  Member() = default;
  explicit Member(std::string member_id) : id(std::move(member_id)) {}

  std::string id;
  std::int32_t epoch = 0;
  std::int32_t previous_epoch = -1;
  MemberState state = MemberState::kStable;
  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  std::int32_t rebalance_timeout_ms = -1;
  std::string client_id;
  std::string client_host;
  std::set<std::string> topics;
  std::optional<std::string> regex = std::string();  // empty counts as none
  std::optional<std::string> assignor;
  Assigned assigned;
  Assigned pending_revocation;
  std::optional<ClassicMetadata> classic;  // speaks the classic protocol

  bool is_classic() const { return classic.has_value(); }
  bool has_regex() const { return regex && !regex->empty(); }
  // Has all that the target of this epoch gives it, and nothing else.
  bool is_reconciled_to(std::int32_t target_epoch) const {
    return state == MemberState::kStable && epoch == target_epoch;
  }
  void advance_to(std::int32_t next_epoch) {
    previous_epoch = epoch;
    epoch = next_epoch;
  }
  // The group epoch at which it got the partition, which it may have to give back; nullopt if it has not.
  std::optional<std::int32_t> epoch_of(const Uuid& topic_id, std::int32_t partition) const;

  // What a record says; all else stays.
  void apply(const protocol::ConsumerGroupMemberMetadataValue& value);
  void apply(const protocol::ConsumerGroupCurrentMemberAssignmentValue& value);

  bool operator==(const Member&) const = default;
};

// The topics that a regular expression stood for at one version of the metadata.
struct ResolvedRegex {
  ResolvedRegex() = default;

  std::set<std::string> topics;
  std::int64_t version = 0;
  std::int64_t timestamp_ms = 0;
  bool operator==(const ResolvedRegex&) const = default;
};

}  // namespace barnabas::broker::groups::consumer
