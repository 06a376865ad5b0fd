#include "broker/share/state/records.h"

#include "common/payload.h"
#include "protocol/messages/share_snapshot_key.h"
#include "protocol/messages/share_snapshot_value.h"
#include "protocol/messages/share_update_key.h"
#include "protocol/messages/share_update_value.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace barnabas::broker::share {
namespace {

using protocol::ShareSnapshotKey;
using protocol::ShareSnapshotValue;
using protocol::ShareUpdateKey;
using protocol::ShareUpdateValue;

// The one version that keys and values have.
constexpr std::int16_t kVersion = 0;

template <class Message>
Buffer encode(std::int16_t lead, const Message& message) {
  protocol::Writer writer;
  writer.int16(lead);
  message.encode(writer, kVersion);
  return writer.finish_buffer();
}

template <class Message>
bool decode(ByteView bytes, Message& message) {
  protocol::Reader reader(bytes.subspan(2));
  return message.decode(reader, kVersion) && !reader.failed();
}

template <class Message>
bool decode_value(ByteView bytes, Message& message) {
  return bytes.size() >= 2 && load_be<std::int16_t>(bytes.data()) == kVersion && decode(bytes, message);
}

template <class Key>
Buffer encode_key(const SharePartitionKey& from) {
  Key key;
  key.group_id = from.group_id;
  key.topic_id = from.topic_id;
  key.partition = from.partition;
  return encode(Key::kRecordType, key);
}

template <class Key>
std::optional<ShareStateRecord> record_of(ByteView bytes) {
  Key key;
  if (!decode(bytes, key)) return std::nullopt;
  return ShareStateRecord{{std::move(key.group_id), key.topic_id, key.partition}};
}

// To or from the batches of a message, which have the same fields.
template <class To, class From>
std::vector<To> converted(const std::vector<From>& batches) {
  std::vector<To> out;
  out.reserve(batches.size());
  for (const From& batch : batches) {
    To& to = out.emplace_back();
    to.first_offset = batch.first_offset;
    to.last_offset = batch.last_offset;
    to.delivery_state = batch.delivery_state;
    to.delivery_count = batch.delivery_count;
  }
  return out;
}

ShareSnapshotValue message_of(const ShareState& state) {
  ShareSnapshotValue value;
  value.snapshot_epoch = state.snapshot_epoch;
  value.state_epoch = state.state_epoch;
  value.leader_epoch = state.leader_epoch;
  value.start_offset = state.start_offset;
  value.delivery_complete_count = state.delivery_complete_count;
  value.create_timestamp = state.create_ms;
  value.write_timestamp = state.write_ms;
  value.state_batches = converted<ShareSnapshotValue::StateBatch>(state.batches);
  return value;
}

ShareUpdateValue message_of(const ShareUpdate& update) {
  ShareUpdateValue value;
  value.snapshot_epoch = update.snapshot_epoch;
  value.leader_epoch = update.leader_epoch;
  value.start_offset = update.start_offset;
  value.delivery_complete_count = update.delivery_complete_count;
  value.state_batches = converted<ShareUpdateValue::StateBatch>(update.batches);
  return value;
}

std::optional<ShareStateRecord> decode_snapshot(ByteView key, std::optional<ByteView> bytes) {
  auto record = record_of<ShareSnapshotKey>(key);
  if (!record || !bytes) return record;
  ShareSnapshotValue value;
  if (!decode_value(*bytes, value)) return std::nullopt;
  auto& state = record->value.emplace<ShareState>(ShareState{});
  state.snapshot_epoch = value.snapshot_epoch;
  state.state_epoch = value.state_epoch;
  state.leader_epoch = value.leader_epoch;
  state.start_offset = value.start_offset;
  state.delivery_complete_count = value.delivery_complete_count;
  state.create_ms = value.create_timestamp;
  state.write_ms = value.write_timestamp;
  state.batches = converted<StateBatch>(value.state_batches);
  return record;
}

std::optional<ShareStateRecord> decode_update(ByteView key, std::optional<ByteView> bytes) {
  auto record = record_of<ShareUpdateKey>(key);
  ShareUpdateValue value;
  if (!record || !bytes || !decode_value(*bytes, value)) return std::nullopt;
  auto& update = record->value.emplace<ShareUpdate>(ShareUpdate{});
  update.snapshot_epoch = value.snapshot_epoch;
  update.leader_epoch = value.leader_epoch;
  update.start_offset = value.start_offset;
  update.delivery_complete_count = value.delivery_complete_count;
  update.batches = converted<StateBatch>(value.state_batches);
  return record;
}

}  // namespace

coordination::EncodedRecord encode_record(const ShareStateRecord& record) {
  coordination::EncodedRecord out;
  if (const auto* update = std::get_if<ShareUpdate>(&record.value)) {
    out.key = encode_key<ShareUpdateKey>(record.key);
    out.value = encode(kVersion, message_of(*update));
    return out;
  }
  out.key = encode_key<ShareSnapshotKey>(record.key);
  if (const auto* state = std::get_if<ShareState>(&record.value)) {
    out.value = encode(kVersion, message_of(*state));
  }
  return out;
}

std::optional<ShareStateRecord> decode_record(ByteView key, std::optional<ByteView> value) {
  if (key.size() < 2) return std::nullopt;
  switch (load_be<std::int16_t>(key.data())) {
    case ShareSnapshotKey::kRecordType:
      return decode_snapshot(key, value);
    case ShareUpdateKey::kRecordType:
      return decode_update(key, value);
    default:
      return std::nullopt;
  }
}

}  // namespace barnabas::broker::share
