#include "broker/transactions/transaction_records.h"

#include "common/payload.h"
#include "protocol/messages/transaction_log_key.h"
#include "protocol/messages/transaction_log_value.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace barnabas::broker::transactions {
namespace {

using protocol::TransactionLogKey;
using protocol::TransactionLogValue;

constexpr std::int16_t kTransactionKey = 0;

template <class Message>
Buffer encode(std::int16_t lead, const Message& message) {
  protocol::Writer writer;
  writer.int16(lead);
  message.encode(writer, lead);
  return writer.finish_buffer();
}

// Partitions are sorted, so those of a topic stand together.
std::vector<TransactionLogValue::PartitionsSchema> grouped(const std::vector<TopicPartition>& partitions) {
  std::vector<TransactionLogValue::PartitionsSchema> topics;
  for (const TopicPartition& partition : partitions) {
    if (topics.empty() || topics.back().topic != partition.topic)
      topics.emplace_back().topic = partition.topic;
    topics.back().partition_ids.push_back(partition.partition);
  }
  return topics;
}

TransactionLogValue value_of(const TransactionMetadata& metadata, std::int16_t version) {
  TransactionLogValue value;
  value.producer_id = metadata.producer_id;
  value.producer_epoch = metadata.producer_epoch;
  value.transaction_timeout_ms = metadata.timeout_ms;
  value.transaction_status = static_cast<std::int8_t>(metadata.state);
  if (metadata.state == TransactionState::kEmpty) {
    value.transaction_partitions = std::nullopt;
  } else {
    value.transaction_partitions = grouped(metadata.partitions);
  }
  value.transaction_last_update_timestamp_ms = metadata.last_update_ms;
  value.transaction_start_timestamp_ms = metadata.start_ms;
  if (version >= 1) {
    value.previous_producer_id = metadata.previous_producer_id;
    value.next_producer_id = metadata.next_producer_id;
    value.client_transaction_version = metadata.client_version;
  }
  return value;
}

std::optional<TransactionMetadata> metadata_of(ByteView bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const auto version = load_be<std::int16_t>(bytes.data());
  if (version < TransactionLogValue::kMinVersion || version > TransactionLogValue::kMaxVersion) {
    return std::nullopt;
  }
  TransactionLogValue value;
  protocol::Reader reader(bytes.subspan(2));
  if (!value.decode(reader, version) || reader.failed()) return std::nullopt;
  if (value.transaction_status < 0 ||
      value.transaction_status > static_cast<std::int8_t>(TransactionState::kCompleteAbort)) {
    return std::nullopt;
  }
  if (value.producer_id < 0 || value.producer_epoch < 0) return std::nullopt;
  TransactionMetadata metadata;
  metadata.producer_id = value.producer_id;
  metadata.previous_producer_id = value.previous_producer_id;
  metadata.next_producer_id = value.next_producer_id;
  metadata.producer_epoch = value.producer_epoch;
  metadata.timeout_ms = value.transaction_timeout_ms;
  metadata.state = static_cast<TransactionState>(value.transaction_status);
  if (value.transaction_partitions && metadata.state != TransactionState::kEmpty) {
    for (auto& topic : *value.transaction_partitions) {
      for (const std::int32_t partition : topic.partition_ids)
        metadata.partitions.push_back({topic.topic, partition});
    }
    metadata.partitions = sorted_unique(std::move(metadata.partitions));
  }
  metadata.start_ms = value.transaction_start_timestamp_ms;
  metadata.last_update_ms = value.transaction_last_update_timestamp_ms;
  metadata.client_version = value.client_transaction_version;
  return metadata;
}

}  // namespace

coordination::EncodedRecord encode_record(const TransactionRecord& record) {
  coordination::EncodedRecord out;
  TransactionLogKey key;
  key.transactional_id = record.transactional_id;
  out.key = encode(kTransactionKey, key);
  if (record.value) out.value = encode(record.value_version, value_of(*record.value, record.value_version));
  return out;
}

std::optional<TransactionRecord> decode_record(ByteView key, std::optional<ByteView> value) {
  if (key.size() < 2 || load_be<std::int16_t>(key.data()) != kTransactionKey) return std::nullopt;
  TransactionLogKey name;
  protocol::Reader reader(key.subspan(2));
  if (!name.decode(reader, kTransactionKey) || reader.failed()) return std::nullopt;
  TransactionRecord record;
  record.transactional_id = std::move(name.transactional_id);
  if (!value) return record;
  record.value = metadata_of(*value);
  if (!record.value) return std::nullopt;
  record.value_version = load_be<std::int16_t>(value->data());
  return record;
}

}  // namespace barnabas::broker::transactions
