#include "apps/admin_backend/record_writer.h"

#include "apps/admin_backend/errors.h"
#include "broker/broker.h"
#include "broker/internal_topics.h"
#include "common/text.h"
#include "records/batch_builder.h"

namespace barnabas::apps {
namespace {

using protocol::ErrorCode;

// The variant of Kafka's Utils.murmur2: little-endian words, the seed is theirs.
std::uint32_t murmur2(ByteView data) {
  constexpr std::uint32_t kSeed = 0x9747b28c, kMultiplier = 0x5bd1e995;
  constexpr int kShift = 24;
  std::uint32_t hash = kSeed ^ static_cast<std::uint32_t>(data.size());
  while (data.size() >= 4) {
    std::uint32_t word =
        data[0] | std::uint32_t{data[1]} << 8 | std::uint32_t{data[2]} << 16 | std::uint32_t{data[3]} << 24;
    word *= kMultiplier;
    word ^= word >> kShift;
    hash = hash * kMultiplier ^ word * kMultiplier;
    data = data.subspan(4);
  }
  for (std::size_t i = data.size(); i-- > 0;) hash ^= std::uint32_t{data[i]} << 8 * i;
  if (!data.empty()) hash *= kMultiplier;
  hash ^= hash >> 13;
  hash *= kMultiplier;
  return hash ^ hash >> 15;
}

std::optional<ByteView> view(const std::optional<Buffer>& bytes) {
  if (!bytes) return std::nullopt;
  return ByteView(*bytes);
}

Buffer batch_of(const admin::NewRecord& record, std::int64_t timestamp_ms) {
  std::vector<records::HeaderView> headers;
  for (const auto& [name, value] : record.headers) headers.push_back({name, view(value)});
  records::BatchBuilder builder;
  builder.add(timestamp_ms, view(record.key), view(record.value), headers);
  return builder.build();
}

// The record's own trouble says more than the batch's.
admin::BackendError error_of(broker::AppendRefusal&& refusal) {
  std::string message = refusal.records.empty() || refusal.records.front().message.empty()
                            ? std::move(refusal.message)
                            : std::move(refusal.records.front().message);
  return backend_error(refusal.error, std::move(message));
}

}  // namespace

std::int32_t partition_of_key(ByteView key, std::int32_t partitions) {
  return static_cast<std::int32_t>(murmur2(key) & 0x7fffffff) % partitions;
}

std::int32_t RecordWriter::choose_partition(const admin::NewRecord& record, std::int32_t count) {
  if (record.partition) return *record.partition;
  if (record.key) return partition_of_key(*record.key, count);
  return static_cast<std::int32_t>(next_keyless_.fetch_add(1, std::memory_order_relaxed) %
                                   static_cast<std::uint32_t>(count));
}

void RecordWriter::write(admin::NewRecord record, admin::Answer<admin::ProducedRecord> answer) {
  const auto topic = broker_.metadata().get()->topic(record.topic);
  if (!topic || topic->partition_count() == 0) return answer(refuse(ErrorCode::kUnknownTopicOrPartition));
  if (broker::is_internal_topic(record.topic)) {
    return answer(
        refuse(ErrorCode::kInvalidTopicException, concat("Cannot append to internal topic ", record.topic)));
  }
  const std::int32_t number = choose_partition(record, topic->partition_count());
  const auto partition = broker_.partitions().find(record.topic, number);
  if (!partition) return answer(refuse(partition.error()));

  broker::Partition::ClientAppend how;
  how.now_ms = broker_.environment().clock.wall_ms();
  const std::int64_t timestamp_ms = record.timestamp_ms.value_or(how.now_ms);
  const Buffer batch = batch_of(record, timestamp_ms);
  auto written = (*partition)->append(batch, how);
  const auto bytes = static_cast<std::int64_t>(batch.size());
  if (!written) {
    broker_.traffic().produce_failed(record.topic, bytes);
    return answer(unexpected(error_of(std::move(written.error()))));
  }
  broker_.traffic().produced(record.topic, 1, bytes);
  const bool stamped = written->log_append_time_ms >= 0;
  answer(admin::ProducedRecord{number, written->first_offset,
                               stamped ? written->log_append_time_ms : timestamp_ms});
  (*partition)->announce();
}

}  // namespace barnabas::apps
