// The records of __consumer_offsets that describe streams groups (key types 17 and 19 to 23), byte for byte
// Kafka 4.3's.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "broker/groups/keyed_record.h"
#include "broker/groups/streams/tasks.h"
#include "protocol/messages/streams_group_current_member_assignment_key.h"
#include "protocol/messages/streams_group_current_member_assignment_value.h"
#include "protocol/messages/streams_group_member_metadata_key.h"
#include "protocol/messages/streams_group_member_metadata_value.h"
#include "protocol/messages/streams_group_metadata_key.h"
#include "protocol/messages/streams_group_metadata_value.h"
#include "protocol/messages/streams_group_target_assignment_member_key.h"
#include "protocol/messages/streams_group_target_assignment_member_value.h"
#include "protocol/messages/streams_group_target_assignment_metadata_key.h"
#include "protocol/messages/streams_group_target_assignment_metadata_value.h"
#include "protocol/messages/streams_group_topology_key.h"
#include "protocol/messages/streams_group_topology_value.h"

namespace barnabas::broker::groups::streams {

using EpochRecord = KeyedRecord<protocol::StreamsGroupMetadataKey, protocol::StreamsGroupMetadataValue>;
using MemberRecord =
    KeyedRecord<protocol::StreamsGroupMemberMetadataKey, protocol::StreamsGroupMemberMetadataValue>;
using TargetEpochRecord = KeyedRecord<protocol::StreamsGroupTargetAssignmentMetadataKey,
                                      protocol::StreamsGroupTargetAssignmentMetadataValue>;
using TargetRecord = KeyedRecord<protocol::StreamsGroupTargetAssignmentMemberKey,
                                 protocol::StreamsGroupTargetAssignmentMemberValue>;
using CurrentRecord = KeyedRecord<protocol::StreamsGroupCurrentMemberAssignmentKey,
                                  protocol::StreamsGroupCurrentMemberAssignmentValue>;
using TopologyRecord = KeyedRecord<protocol::StreamsGroupTopologyKey, protocol::StreamsGroupTopologyValue>;

using Record =
    std::variant<EpochRecord, MemberRecord, TargetEpochRecord, TargetRecord, CurrentRecord, TopologyRecord>;
using Records = std::vector<Record>;

struct Member;

// What a target is computed with, by name ("num.standby.replicas").
using AssignmentConfigs = std::map<std::string, std::string>;

// --- What the rules write ---
Record epoch_record(const std::string& group_id, std::int32_t epoch, std::uint64_t metadata_hash,
                    std::int32_t validated_topology_epoch, const AssignmentConfigs& configs);
Record epoch_tombstone(const std::string& group_id);
Record member_record(const std::string& group_id, const Member& member);
Record member_tombstone(const std::string& group_id, const std::string& member_id);
Record target_epoch_record(const std::string& group_id, std::int32_t epoch, std::int64_t timestamp_ms);
Record target_epoch_tombstone(const std::string& group_id);
Record target_record(const std::string& group_id, const std::string& member_id, const Tasks& tasks);
Record target_tombstone(const std::string& group_id, const std::string& member_id);
Record current_record(const std::string& group_id, const Member& member);
Record current_tombstone(const std::string& group_id, const std::string& member_id);
Record topology_record(const std::string& group_id, protocol::StreamsGroupTopologyValue value);
Record topology_tombstone(const std::string& group_id);

const std::string& group_of(const Record& record);
coordination::EncodedRecord encode(const Record& record);
// Whether records with this key type are of this kind.
bool is_streams_key(std::int16_t key_type);
// nullopt if the bytes are malformed for their type, which is one of a streams group.
std::optional<Record> decode(ByteView key, std::optional<ByteView> value);

}  // namespace barnabas::broker::groups::streams
