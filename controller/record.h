// The records of the metadata log: one type for all of them, and the frame around each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/bytes.h"
#include "common/result.h"
#include "protocol/messages/abort_transaction_record.h"
#include "protocol/messages/access_control_entry_record.h"
#include "protocol/messages/begin_transaction_record.h"
#include "protocol/messages/broker_registration_change_record.h"
#include "protocol/messages/clear_elr_record.h"
#include "protocol/messages/client_quota_record.h"
#include "protocol/messages/config_record.h"
#include "protocol/messages/delegation_token_record.h"
#include "protocol/messages/end_transaction_record.h"
#include "protocol/messages/feature_level_record.h"
#include "protocol/messages/fence_broker_record.h"
#include "protocol/messages/no_op_record.h"
#include "protocol/messages/partition_change_record.h"
#include "protocol/messages/partition_record.h"
#include "protocol/messages/producer_ids_record.h"
#include "protocol/messages/register_broker_record.h"
#include "protocol/messages/register_controller_record.h"
#include "protocol/messages/remove_access_control_entry_record.h"
#include "protocol/messages/remove_delegation_token_record.h"
#include "protocol/messages/remove_topic_record.h"
#include "protocol/messages/remove_user_scram_credential_record.h"
#include "protocol/messages/topic_record.h"
#include "protocol/messages/unfence_broker_record.h"
#include "protocol/messages/unregister_broker_record.h"
#include "protocol/messages/user_scram_credential_record.h"
#include "protocol/messages/zk_migration_state_record.h"

namespace barnabas::controller {

using MetadataRecord = std::variant<
    protocol::RegisterBrokerRecord, protocol::UnregisterBrokerRecord, protocol::TopicRecord,
    protocol::PartitionRecord, protocol::ConfigRecord, protocol::PartitionChangeRecord,
    protocol::FenceBrokerRecord, protocol::UnfenceBrokerRecord, protocol::RemoveTopicRecord,
    protocol::DelegationTokenRecord, protocol::UserScramCredentialRecord, protocol::FeatureLevelRecord,
    protocol::ClientQuotaRecord, protocol::ProducerIdsRecord, protocol::BrokerRegistrationChangeRecord,
    protocol::AccessControlEntryRecord, protocol::RemoveAccessControlEntryRecord, protocol::NoOpRecord,
    protocol::ZkMigrationStateRecord, protocol::RemoveUserScramCredentialRecord,
    protocol::BeginTransactionRecord, protocol::EndTransactionRecord, protocol::AbortTransactionRecord,
    protocol::RemoveDelegationTokenRecord, protocol::RegisterControllerRecord, protocol::ClearElrRecord>;

using MetadataRecords = std::vector<MetadataRecord>;

// The number that stands before the record in the log, and Kafka's name without "Record".
std::uint32_t record_type(const MetadataRecord& record);
std::string_view record_name(const MetadataRecord& record);

// The version a record is written in at the cluster's finalized metadata.version: as low as its content
// allows, so that every reader of that level knows it.
std::int16_t record_version(const MetadataRecord& record, std::int16_t metadata_version);

// A record's value in the log: frame version 1, type, version, body.
Buffer encode_record(const MetadataRecord& record, std::int16_t metadata_version);
// The other way; the error says what is wrong with the bytes.
Result<MetadataRecord, std::string> decode_record(ByteView value);

}  // namespace barnabas::controller
