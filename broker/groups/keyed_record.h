// Records of __consumer_offsets whose key and value are one message each, in the one version 0 that those of
// all newer groups have; both led by an int16, the key by its type and the value by its version.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/coordination/coordinator_log.h"
#include "common/bytes.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace barnabas::broker::groups {

// No value: a tombstone.
template <class KeyType, class ValueType>
struct KeyedRecord {
  using Value = ValueType;
  KeyType key;
  std::optional<ValueType> value;
};

inline constexpr std::int16_t kKeyedRecordVersion = 0;

template <class OneRecord>
OneRecord of_group(const std::string& group_id) {
  OneRecord record;
  record.key.group_id = group_id;
  return record;
}

template <class OneRecord>
OneRecord of_member(const std::string& group_id, const std::string& member_id) {
  OneRecord record = of_group<OneRecord>(group_id);
  record.key.member_id = member_id;
  return record;
}

template <class Message>
Buffer encode_led(std::int16_t lead, const Message& message) {
  protocol::Writer writer;
  writer.int16(lead);
  message.encode(writer, kKeyedRecordVersion);
  return writer.finish_buffer();
}

template <class Message>
bool decode_led(ByteView bytes, Message& message) {
  protocol::Reader reader(bytes.subspan(2));
  return message.decode(reader, kKeyedRecordVersion) && !reader.failed();
}

template <class OneRecord>
coordination::EncodedRecord encode_keyed(const OneRecord& record) {
  coordination::EncodedRecord out;
  out.key = encode_led(OneRecord::Value::kRecordType, record.key);
  if (record.value) out.value = encode_led(kKeyedRecordVersion, *record.value);
  return out;
}

// Reads into `found` if the key's type is that of this kind of record and the bytes are well formed.
template <class OneRecord, class Record>
void decode_keyed(std::int16_t key_type, ByteView key, std::optional<ByteView> value,
                  std::optional<Record>& found) {
  if (key_type != OneRecord::Value::kRecordType) return;
  OneRecord record;
  if (!decode_led(key, record.key)) return;
  if (value) {
    if (value->size() < 2 || load_be<std::int16_t>(value->data()) != kKeyedRecordVersion) return;
    if (!decode_led(*value, record.value.emplace())) return;
  }
  found = std::move(record);
}

}  // namespace barnabas::broker::groups
