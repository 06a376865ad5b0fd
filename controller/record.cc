#include "controller/record.h"

#include <optional>

#include "common/text.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace barnabas::controller {

namespace {

constexpr std::uint32_t kFrameVersion = 1;

// Levels that brought new record versions.
constexpr std::int16_t kLevelControlledShutdown = 7, kLevelMigration = 8, kLevelDirectories = 17,
                       kLevelElr = 23, kLevelCordonedDirectories = 30;

void append_varint(Buffer& out, std::uint32_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}

std::optional<std::uint32_t> take_varint(ByteView& rest) {
  std::uint32_t value = 0;
  for (unsigned shift = 0; shift < 32 && !rest.empty(); shift += 7) {
    const std::uint8_t byte = rest.front();
    rest = rest.subspan(1);
    value |= static_cast<std::uint32_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

std::int16_t version_of(const protocol::RegisterBrokerRecord&, std::int16_t level) {
  if (level >= kLevelCordonedDirectories) return 4;
  if (level >= kLevelDirectories) return 3;
  if (level >= kLevelMigration) return 2;
  return level >= kLevelControlledShutdown ? 1 : 0;
}

std::int16_t version_of(const protocol::PartitionRecord&, std::int16_t level) {
  if (level >= kLevelElr) return 2;
  return level >= kLevelDirectories ? 1 : 0;
}

std::int16_t version_of(const protocol::PartitionChangeRecord&, std::int16_t level) {
  if (level >= kLevelElr) return 2;
  return level >= kLevelDirectories ? 1 : 0;
}

std::int16_t version_of(const protocol::BrokerRegistrationChangeRecord& change, std::int16_t) {
  if (change.cordoned_log_dirs) return 3;
  if (!change.log_dirs.empty()) return 2;
  return change.in_controlled_shutdown != 0 ? 1 : 0;
}

template <class Record>
std::int16_t version_of(const Record&, std::int16_t) {
  return 0;
}

// Decodes the alternative with this number.
template <std::size_t Index = 0>
Result<MetadataRecord, std::string> decode_as(std::uint32_t type, std::uint32_t version, ByteView body) {
  if constexpr (Index == std::variant_size_v<MetadataRecord>) {
    return unexpected(concat("unknown metadata record type ", type));
  } else {
    using Record = std::variant_alternative_t<Index, MetadataRecord>;
    if (Record::kRecordType != static_cast<std::int64_t>(type))
      return decode_as<Index + 1>(type, version, body);
    if (version > static_cast<std::uint32_t>(Record::kMaxVersion)) {
      return unexpected(concat("unknown version ", version, " of metadata record ", Record::kName));
    }
    Record record;
    protocol::Reader reader(body);
    if (!record.decode(reader, static_cast<std::int16_t>(version)) || reader.failed()) {
      return unexpected(concat("malformed metadata record ", Record::kName));
    }
    if (reader.remaining() != 0) return unexpected(concat("bytes after metadata record ", Record::kName));
    return MetadataRecord(std::move(record));
  }
}

}  // namespace

std::uint32_t record_type(const MetadataRecord& record) {
  return std::visit([](const auto& held) { return static_cast<std::uint32_t>(held.kRecordType); }, record);
}

std::string_view record_name(const MetadataRecord& record) {
  std::string_view name = std::visit([](const auto& held) -> std::string_view { return held.kName; }, record);
  if (name.ends_with("Record")) name.remove_suffix(6);
  return name;
}

std::int16_t record_version(const MetadataRecord& record, std::int16_t metadata_version) {
  return std::visit([&](const auto& held) { return version_of(held, metadata_version); }, record);
}

Buffer encode_record(const MetadataRecord& record, std::int16_t metadata_version) {
  const std::int16_t version = record_version(record, metadata_version);
  Buffer value;
  append_varint(value, kFrameVersion);
  append_varint(value, record_type(record));
  append_varint(value, static_cast<std::uint32_t>(version));
  protocol::Writer writer;
  std::visit([&](const auto& held) { held.encode(writer, version); }, record);
  const Buffer body = writer.finish_buffer();
  value.insert(value.end(), body.begin(), body.end());
  return value;
}

Result<MetadataRecord, std::string> decode_record(ByteView value) {
  const auto frame = take_varint(value);
  if (!frame) return unexpected(std::string("metadata record without a frame"));
  if (*frame != kFrameVersion)
    return unexpected(concat("unknown frame version ", *frame, " of a metadata record"));
  const auto type = take_varint(value);
  const auto version = take_varint(value);
  if (!type || !version) return unexpected(std::string("metadata record without type and version"));
  return decode_as(*type, *version, value);
}

}  // namespace barnabas::controller
