// The records of __consumer_offsets that describe consumer groups (key types 3 to 8 and 16), byte for byte
// Kafka 4.3's.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>

#include "broker/coordination/coordinator_log.h"
#include "broker/groups/consumer/assignment.h"
#include "broker/groups/keyed_record.h"
#include "common/bytes.h"
#include "protocol/messages/consumer_group_current_member_assignment_key.h"
#include "protocol/messages/consumer_group_current_member_assignment_value.h"
#include "protocol/messages/consumer_group_member_metadata_key.h"
#include "protocol/messages/consumer_group_member_metadata_value.h"
#include "protocol/messages/consumer_group_metadata_key.h"
#include "protocol/messages/consumer_group_metadata_value.h"
#include "protocol/messages/consumer_group_partition_metadata_key.h"
#include "protocol/messages/consumer_group_partition_metadata_value.h"
#include "protocol/messages/consumer_group_regular_expression_key.h"
#include "protocol/messages/consumer_group_regular_expression_value.h"
#include "protocol/messages/consumer_group_target_assignment_member_key.h"
#include "protocol/messages/consumer_group_target_assignment_member_value.h"
#include "protocol/messages/consumer_group_target_assignment_metadata_key.h"
#include "protocol/messages/consumer_group_target_assignment_metadata_value.h"

namespace barnabas::broker::groups::consumer {

using EpochRecord = KeyedRecord<protocol::ConsumerGroupMetadataKey, protocol::ConsumerGroupMetadataValue>;
// Of Kafka before 4.1. Read, and removed where it is found.
using PartitionMetadataRecord =
    KeyedRecord<protocol::ConsumerGroupPartitionMetadataKey, protocol::ConsumerGroupPartitionMetadataValue>;
using MemberRecord =
    KeyedRecord<protocol::ConsumerGroupMemberMetadataKey, protocol::ConsumerGroupMemberMetadataValue>;
using TargetEpochRecord = KeyedRecord<protocol::ConsumerGroupTargetAssignmentMetadataKey,
                                      protocol::ConsumerGroupTargetAssignmentMetadataValue>;
using TargetRecord = KeyedRecord<protocol::ConsumerGroupTargetAssignmentMemberKey,
                                 protocol::ConsumerGroupTargetAssignmentMemberValue>;
using CurrentRecord = KeyedRecord<protocol::ConsumerGroupCurrentMemberAssignmentKey,
                                  protocol::ConsumerGroupCurrentMemberAssignmentValue>;
using RegexRecord =
    KeyedRecord<protocol::ConsumerGroupRegularExpressionKey, protocol::ConsumerGroupRegularExpressionValue>;

using Record = std::variant<EpochRecord, PartitionMetadataRecord, MemberRecord, TargetEpochRecord,
                            TargetRecord, CurrentRecord, RegexRecord>;
using Records = std::vector<Record>;

struct Member;
struct ResolvedRegex;

// --- What the rules write ---
Record epoch_record(const std::string& group_id, std::int32_t epoch, std::uint64_t metadata_hash);
Record epoch_tombstone(const std::string& group_id);
Record partition_metadata_tombstone(const std::string& group_id);
Record member_record(const std::string& group_id, const Member& member);
Record member_tombstone(const std::string& group_id, const std::string& member_id);
Record target_epoch_record(const std::string& group_id, std::int32_t epoch, std::int64_t timestamp_ms);
Record target_epoch_tombstone(const std::string& group_id);
Record target_record(const std::string& group_id, const std::string& member_id,
                     const TopicPartitions& partitions);
Record target_tombstone(const std::string& group_id, const std::string& member_id);
Record current_record(const std::string& group_id, const Member& member);
Record current_tombstone(const std::string& group_id, const std::string& member_id);
Record regex_record(const std::string& group_id, const std::string& regex, const ResolvedRegex& resolved);
Record regex_tombstone(const std::string& group_id, const std::string& regex);

const std::string& group_of(const Record& record);
coordination::EncodedRecord encode(const Record& record);
// Whether records with this key type are of this kind.
bool is_consumer_key(std::int16_t key_type);
// nullopt if the bytes are malformed for their type, which is one of a consumer group.
std::optional<Record> decode(ByteView key, std::optional<ByteView> value);

}  // namespace barnabas::broker::groups::consumer
