// The records of __consumer_offsets that describe share groups (key types 10 to 15), byte for byte
// Kafka 4.3's.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "broker/groups/consumer/assignment.h"
#include "broker/groups/keyed_record.h"
#include "protocol/messages/share_group_current_member_assignment_key.h"
#include "protocol/messages/share_group_current_member_assignment_value.h"
#include "protocol/messages/share_group_member_metadata_key.h"
#include "protocol/messages/share_group_member_metadata_value.h"
#include "protocol/messages/share_group_metadata_key.h"
#include "protocol/messages/share_group_metadata_value.h"
#include "protocol/messages/share_group_state_partition_metadata_key.h"
#include "protocol/messages/share_group_state_partition_metadata_value.h"
#include "protocol/messages/share_group_target_assignment_member_key.h"
#include "protocol/messages/share_group_target_assignment_member_value.h"
#include "protocol/messages/share_group_target_assignment_metadata_key.h"
#include "protocol/messages/share_group_target_assignment_metadata_value.h"

namespace barnabas::broker::groups::share {

using consumer::TopicPartitions;

using MemberRecord =
    KeyedRecord<protocol::ShareGroupMemberMetadataKey, protocol::ShareGroupMemberMetadataValue>;
using EpochRecord = KeyedRecord<protocol::ShareGroupMetadataKey, protocol::ShareGroupMetadataValue>;
using TargetEpochRecord = KeyedRecord<protocol::ShareGroupTargetAssignmentMetadataKey,
                                      protocol::ShareGroupTargetAssignmentMetadataValue>;
using TargetRecord = KeyedRecord<protocol::ShareGroupTargetAssignmentMemberKey,
                                 protocol::ShareGroupTargetAssignmentMemberValue>;
using CurrentRecord = KeyedRecord<protocol::ShareGroupCurrentMemberAssignmentKey,
                                  protocol::ShareGroupCurrentMemberAssignmentValue>;
using StateRecord = KeyedRecord<protocol::ShareGroupStatePartitionMetadataKey,
                                protocol::ShareGroupStatePartitionMetadataValue>;

using Record =
    std::variant<MemberRecord, EpochRecord, TargetEpochRecord, TargetRecord, CurrentRecord, StateRecord>;
using Records = std::vector<Record>;

struct Member;
struct StatePartitions;

// --- What the rules write ---
Record epoch_record(const std::string& group_id, std::int32_t epoch, std::uint64_t metadata_hash);
Record epoch_tombstone(const std::string& group_id);
Record member_record(const std::string& group_id, const Member& member);
Record member_tombstone(const std::string& group_id, const std::string& member_id);
Record target_epoch_record(const std::string& group_id, std::int32_t epoch, std::int64_t timestamp_ms);
Record target_epoch_tombstone(const std::string& group_id);
Record target_record(const std::string& group_id, const std::string& member_id,
                     const TopicPartitions& partitions);
Record target_tombstone(const std::string& group_id, const std::string& member_id);
Record current_record(const std::string& group_id, const Member& member);
Record current_tombstone(const std::string& group_id, const std::string& member_id);
Record state_record(const std::string& group_id, const StatePartitions& states);
Record state_tombstone(const std::string& group_id);

const std::string& group_of(const Record& record);
coordination::EncodedRecord encode(const Record& record);
// Whether records with this key type are of this kind.
bool is_share_key(std::int16_t key_type);
// nullopt if the bytes are malformed for their type, which is one of a share group.
std::optional<Record> decode(ByteView key, std::optional<ByteView> value);

}  // namespace barnabas::broker::groups::share
