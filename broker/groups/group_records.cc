#include "broker/groups/group_records.h"

#include "common/assert.h"
#include "common/payload.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace barnabas::broker::groups {
namespace {

// Key types of __consumer_offsets.
constexpr std::int16_t kLegacyOffsetCommit = 0;
constexpr std::int16_t kOffsetCommit = 1;
constexpr std::int16_t kGroupMetadata = 2;

// As Kafka 4.3 chooses them: an expire time exists only in version 1, a topic id only in version 4.
constexpr std::int16_t kGroupMetadataVersion = 3;
constexpr std::int16_t kOffsetCommitVersion = 4;
constexpr std::int16_t kOffsetCommitVersionWithExpiry = 1;

template <class Message>
Buffer encode(std::int16_t lead, const Message& message, std::int16_t version) {
  protocol::Writer writer;
  writer.int16(lead);
  message.encode(writer, version);
  return writer.finish_buffer();
}

template <class Message>
bool decode_key(ByteView bytes, Message& message) {
  protocol::Reader reader(bytes.subspan(2));
  return message.decode(reader, 0) && !reader.failed();
}

template <class Message>
bool decode_value(ByteView bytes, Message& message) {
  if (bytes.size() < 2) return false;
  const auto version = load_be<std::int16_t>(bytes.data());
  if (version < Message::kMinVersion || version > Message::kMaxVersion) return false;
  protocol::Reader reader(bytes.subspan(2));
  return message.decode(reader, version) && !reader.failed();
}

std::optional<GroupRecord> decode_offset(ByteView key, std::optional<ByteView> value) {
  OffsetRecord record;
  if (!decode_key(key, record.key)) return std::nullopt;
  if (value && !decode_value(*value, record.value.emplace())) return std::nullopt;
  return record;
}

// Type 0 has the same key; its value version 0 is the beginning of every later one.
std::optional<GroupRecord> decode_group_metadata(ByteView key, std::optional<ByteView> value) {
  GroupMetadataRecord record;
  if (!decode_key(key, record.key)) return std::nullopt;
  if (value && !decode_value(*value, record.value.emplace())) return std::nullopt;
  return record;
}

}  // namespace

OffsetRecord offset_tombstone(const std::string& group_id, const std::string& topic, std::int32_t partition) {
  OffsetRecord record;
  record.key.group = group_id;
  record.key.topic = topic;
  record.key.partition = partition;
  return record;
}

GroupMetadataRecord group_tombstone(const std::string& group_id) {
  GroupMetadataRecord record;
  record.key.group = group_id;
  return record;
}

EncodedRecord encode_record(const GroupRecord& record) {
  if (const auto* consumer = std::get_if<consumer::Record>(&record)) return consumer::encode(*consumer);
  if (const auto* of_share = std::get_if<share::Record>(&record)) return share::encode(*of_share);
  if (const auto* of_streams = std::get_if<streams::Record>(&record)) return streams::encode(*of_streams);
  EncodedRecord out;
  if (const auto* offset = std::get_if<OffsetRecord>(&record)) {
    out.key = encode(kOffsetCommit, offset->key, 0);
    if (offset->value) {
      const std::int16_t version =
          offset->value->expire_timestamp == -1 ? kOffsetCommitVersion : kOffsetCommitVersionWithExpiry;
      out.value = encode(version, *offset->value, version);
    }
    return out;
  }
  const auto* group = std::get_if<GroupMetadataRecord>(&record);
  ASSERT(group != nullptr);
  out.key = encode(kGroupMetadata, group->key, 0);
  if (group->value) out.value = encode(kGroupMetadataVersion, *group->value, kGroupMetadataVersion);
  return out;
}

std::optional<GroupRecord> decode_record(ByteView key, std::optional<ByteView> value) {
  if (key.size() < 2) return std::nullopt;
  const auto type = load_be<std::int16_t>(key.data());
  switch (type) {
    case kLegacyOffsetCommit:
    case kOffsetCommit:
      return decode_offset(key, value);
    case kGroupMetadata:
      return decode_group_metadata(key, value);
    default:
      break;
  }
  if (streams::is_streams_key(type)) {
    auto record = streams::decode(key, value);
    if (!record) return std::nullopt;
    return GroupRecord(std::move(*record));
  }
  if (share::is_share_key(type)) {
    auto record = share::decode(key, value);
    if (!record) return std::nullopt;
    return GroupRecord(std::move(*record));
  }
  if (!consumer::is_consumer_key(type)) return OtherRecord{type};
  auto record = consumer::decode(key, value);
  if (!record) return std::nullopt;
  return GroupRecord(std::move(*record));
}

}  // namespace barnabas::broker::groups
