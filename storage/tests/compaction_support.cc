#include "storage/tests/compaction_support.h"

#include "common/text.h"
#include "records/record.h"

namespace barnabas::storage {
namespace {

std::optional<ByteView> view_of(const std::optional<std::string>& text) {
  return text ? std::optional(as_bytes(*text)) : std::nullopt;
}

std::optional<std::string> text_of(const std::optional<ByteView>& bytes) {
  return bytes ? std::optional(std::string(as_text(*bytes))) : std::nullopt;
}

}  // namespace

Buffer keyed_batch(const std::vector<KeyValue>& records, const records::BatchOptions& options) {
  records::BatchBuilder builder(options);
  for (const KeyValue& record : records)
    builder.add(record.timestamp, view_of(record.key), view_of(record.value));
  return builder.build();
}

Buffer keyed(const std::string& key, std::optional<std::string> value) {
  return keyed_batch({{key, std::move(value)}});
}

Buffer transactional(std::int64_t producer_id, std::int32_t sequence, const std::string& key,
                     std::optional<std::string> value) {
  records::BatchOptions options;
  options.producer_id = producer_id;
  options.producer_epoch = 0;
  options.base_sequence = sequence;
  options.transactional = true;
  return keyed_batch({{key, std::move(value)}}, options);
}

std::vector<StoredRecord> stored_records(const Log& log) {
  std::vector<StoredRecord> all;
  const Buffer bytes = all_bytes(log);
  for (const records::BatchView& batch : split_all(bytes)) {
    if (batch.is_control()) continue;
    records::BatchRecords walk(batch);
    while (const records::RecordView* record = walk.next())
      if (walk.offset() >= log.log_start_offset())
        all.push_back({walk.offset(), text_of(record->key), text_of(record->value)});
  }
  return all;
}

std::map<std::string, std::optional<std::string>> last_values(const Log& log) {
  std::map<std::string, std::optional<std::string>> last;
  for (StoredRecord& record : stored_records(log))
    if (record.key) last[*record.key] = std::move(record.value);
  return last;
}

std::string picture(const Log& log) {
  std::string text;
  const auto put = [&](const auto&... parts) { text += concat(text.empty() ? "" : " ", parts...); };
  const Buffer bytes = all_bytes(log);
  for (const records::BatchView& batch : split_all(bytes)) {
    records::BatchRecords walk(batch);
    if (batch.count() == 0) put('[', batch.last_offset(), ']');
    while (const records::RecordView* record = walk.next()) {
      if (const auto marker = records::parse_end_transaction(*record); batch.is_control() && marker)
        put('<', walk.offset(), marker->committed ? " commit>" : " abort>");
      else
        put(walk.offset(), ':', text_of(record->key).value_or("-"), '=', text_of(record->value).value_or(""));
    }
  }
  return text;
}

StorageResult<CleaningReport> compact(Log& log, const CompactionOptions& options) {
  auto plan = plan_cleaning(log, options.first_dirty, options.now_ms);
  if (!plan) return std::unexpected(to_storage_error(plan.error()));
  CleaningLimits limits;
  limits.key_bytes = options.key_bytes;
  limits.io_bytes = options.io_bytes;
  limits.secret = {1, 2};
  return LogCleaning(log, std::move(*plan), limits, options.now_ms, options.pace).run();
}

}  // namespace barnabas::storage
