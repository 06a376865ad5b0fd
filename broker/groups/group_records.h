// The records of __consumer_offsets that this coordinator writes and understands, and their bytes: a key and
// a value, each led by its int16 type or version.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "broker/coordination/coordinator_log.h"
#include "broker/groups/consumer/records.h"
#include "broker/groups/share/records.h"
#include "broker/groups/streams/records.h"
#include "common/bytes.h"
#include "protocol/messages/group_metadata_key.h"
#include "protocol/messages/group_metadata_value.h"
#include "protocol/messages/offset_commit_key.h"
#include "protocol/messages/offset_commit_value.h"

namespace barnabas::broker::groups {

// No value: a tombstone.
struct OffsetRecord {
  protocol::OffsetCommitKey key;
  std::optional<protocol::OffsetCommitValue> value;
};

struct GroupMetadataRecord {
  protocol::GroupMetadataKey key;
  std::optional<protocol::GroupMetadataValue> value;
};

// A record of a type that is kept in the log but has no meaning here.
struct OtherRecord {
  std::int16_t key_type = 0;
};

using GroupRecord = std::variant<OffsetRecord, GroupMetadataRecord, consumer::Record, share::Record,
                                 streams::Record, OtherRecord>;

OffsetRecord offset_tombstone(const std::string& group_id, const std::string& topic, std::int32_t partition);
GroupMetadataRecord group_tombstone(const std::string& group_id);

using coordination::EncodedRecord;
// Only for what is written: OffsetRecord, GroupMetadataRecord and those of consumer, share and streams
// groups.
EncodedRecord encode_record(const GroupRecord& record);
// nullopt if the bytes are malformed for their type.
std::optional<GroupRecord> decode_record(ByteView key, std::optional<ByteView> value);

}  // namespace barnabas::broker::groups
