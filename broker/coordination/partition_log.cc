#include "broker/coordination/partition_log.h"

#include "broker/error_mapping.h"
#include "broker/partition/marker_writer.h"
#include "common/logging.h"
#include "records/batch_builder.h"
#include "records/record.h"

namespace barnabas::broker::coordination {
namespace {

using protocol::ErrorCode;

const Logger logger("broker.coordination.PartitionLog");

void replay_control(const records::BatchView& batch, CoordinatorLogReader& reader) {
  records::BatchRecords walk(batch);
  while (const auto* record = walk.next()) {
    if (const auto marker = records::parse_end_transaction(*record)) {
      reader.on_end_transaction(batch.producer_id(), marker->committed);
    }
  }
}

void replay_batch(const TopicPartition& name, const records::BatchView& batch, CoordinatorLogReader& reader) {
  if (batch.is_control()) return replay_control(batch, reader);
  const std::int64_t producer_id = batch.is_transactional() ? batch.producer_id() : records::kNoProducerId;
  records::BatchRecords walk(batch);
  while (const auto* record = walk.next()) {
    if (record->key) reader.on_record(walk.offset(), producer_id, *record->key, record->value);
  }
  if (walk.fault() != records::RecordFault::kNone) {
    logger.error("Skipping the rest of the batch at offset ", batch.base_offset(), " of ", name, ": ",
                 records::record_fault_name(walk.fault()));
  }
}

Result<std::int64_t, ErrorCode> append_to(Partition& partition, ByteView batch,
                                          const storage::AppendOptions& options,
                                          CoordinatorLog::Committed committed) {
  const auto written = partition.append_own(batch, options);
  if (!written) {
    logger.error("Appending to ", partition.name(), " failed: ", written.error().message);
    return unexpected(written.error().error);
  }
  // With one replica what is appended is committed, under group commit once it is on disk.
  partition.when_committed(written->last_offset + 1, std::move(committed));
  partition.announce();
  return written->first_offset;
}

}  // namespace

PartitionManager::PartitionResult PartitionLog::led(std::int32_t partition, std::int32_t leader_epoch) const {
  auto found = partitions_.find(topic_, partition);
  if (found && (*found)->leader_epoch() != leader_epoch) return unexpected(ErrorCode::kNotLeaderOrFollower);
  return found;
}

Result<std::int64_t, ErrorCode> PartitionLog::append(std::int32_t partition, std::int32_t leader_epoch,
                                                     const LogBatch& batch, std::int32_t,
                                                     Committed committed) {
  const auto found = led(partition, leader_epoch);
  if (!found) return unexpected(found.error());
  records::BatchOptions batch_options;
  batch_options.codec = codec_;
  batch_options.producer_id = batch.producer_id;
  batch_options.producer_epoch = batch.producer_epoch;
  batch_options.base_sequence = base_sequence_;
  batch_options.transactional = batch.producer_id != records::kNoProducerId;
  records::BatchBuilder builder(batch_options);
  const std::int64_t now_ms = clock_.wall_ms();
  for (const auto& record : batch.records) {
    builder.add(now_ms, ByteView(record.key),
                record.value ? std::optional<ByteView>(*record.value) : std::nullopt);
  }
  const Buffer bytes = builder.build();
  if (static_cast<std::int64_t>(bytes.size()) > (*found)->rules()->max_message_bytes) {
    return unexpected(ErrorCode::kRecordListTooLarge);
  }
  storage::AppendOptions options;
  options.origin = storage::AppendOrigin::kCoordinator;
  options.guard = batch.guard;
  return append_to(**found, bytes, options, std::move(committed));
}

Result<std::int64_t, ErrorCode> PartitionLog::end_transaction(std::int32_t partition,
                                                              std::int32_t leader_epoch,
                                                              const transactions::Marker& marker,
                                                              std::int32_t, Committed committed) {
  const auto found = led(partition, leader_epoch);
  if (!found) return unexpected(found.error());
  storage::AppendOptions options;
  options.origin = storage::AppendOrigin::kCoordinator;
  options.transaction_version = marker.transaction_version;
  return append_to(**found, marker_batch(marker, clock_.wall_ms()), options, std::move(committed));
}

Result<void, ErrorCode> PartitionLog::read(std::int32_t partition, CoordinatorLogReader& reader) {
  const auto found = partitions_.find(topic_, partition);
  if (!found) return unexpected(found.error());
  const storage::Log& log = (*found)->log();
  std::int64_t offset = log.log_start_offset();
  while (offset < log.log_end_offset()) {
    const auto read = log.read(offset, load_buffer_bytes_, true, storage::ReadBound::kLogEnd);
    if (!read) return unexpected(error_code_of(read.error().code));
    if (read->records.empty()) break;
    const Buffer bytes = read->records.to_buffer();
    records::BatchSplitter splitter(bytes);
    records::BatchView batch;
    for (auto outcome = splitter.next(batch); outcome == records::SplitOutcome::kBatch;
         outcome = splitter.next(batch)) {
      if (batch.last_offset() >= offset) replay_batch((*found)->name(), batch, reader);
    }
    if (read->next_offset <= offset) break;
    offset = read->next_offset;
  }
  return {};
}

Result<void, ErrorCode> PartitionLog::prune(std::int32_t partition, std::int64_t offset) {
  const auto found = partitions_.find(topic_, partition);
  if (!found) return unexpected(found.error());
  if (!(*found)->is_leader()) return unexpected(ErrorCode::kNotLeaderOrFollower);
  const auto start = (*found)->log().delete_records_before(offset);
  if (!start) return unexpected(error_code_of(start.error().code));
  (*found)->announce();
  return {};
}

}  // namespace barnabas::broker::coordination
