#include "controller/log/snapshot_file.h"

#include <cstdio>

#include "common/text.h"

namespace barnabas::controller {

namespace {

constexpr std::string_view kSuffix = ".checkpoint";
constexpr std::size_t kBatchBytes = 512 * 1024;

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::string snapshot_name(const SnapshotId& id) {
  char name[64];
  std::snprintf(name, sizeof name, "%020lld-%010d.checkpoint", static_cast<long long>(id.end_offset),
                id.epoch);
  return name;
}

std::optional<SnapshotId> parse_snapshot_name(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  const auto dash = name.find('-');
  if (dash != 20 || name.size() != 31) return std::nullopt;
  const std::string_view offset = name.substr(0, dash), epoch = name.substr(dash + 1);
  if (!all_digits(offset) || !all_digits(epoch)) return std::nullopt;
  const auto end_offset = parse_number<std::int64_t>(offset);
  const auto last_epoch = parse_number<std::int32_t>(epoch);
  if (!end_offset || !last_epoch) return std::nullopt;
  return SnapshotId{*end_offset, *last_epoch};
}

SnapshotBuilder::SnapshotBuilder(std::int32_t epoch, std::int64_t now_ms, std::int64_t last_contained_ms,
                                 const QuorumFacts& facts, std::int16_t metadata_version)
    : epoch_(epoch), now_ms_(now_ms), metadata_version_(metadata_version) {
  const std::int64_t count = 1 + (facts.kraft_version ? 1 : 0) + (facts.voters ? 1 : 0);
  append(snapshot_header_batch(context(), last_contained_ms, facts), count);
}

ControlBatchContext SnapshotBuilder::context() const {
  return {next_offset_, epoch_, now_ms_};
}

void SnapshotBuilder::append(const Buffer& batch, std::int64_t records) {
  bytes_.insert(bytes_.end(), batch.begin(), batch.end());
  next_offset_ += records;
}

void SnapshotBuilder::add(const MetadataRecord& record) {
  if (!batch_) {
    records::BatchOptions options;
    options.base_offset = next_offset_;
    options.leader_epoch = epoch_;
    batch_.emplace(options);
  }
  const Buffer value = encode_record(record, metadata_version_);
  batch_->add(now_ms_, std::nullopt, ByteView(value));
  if (batch_->uncompressed_size() >= kBatchBytes) close_batch();
}

void SnapshotBuilder::close_batch() {
  if (!batch_) return;
  const std::int64_t count = batch_->count();
  append(batch_->build(), count);
  batch_.reset();
}

Buffer SnapshotBuilder::finish() {
  close_batch();
  append(snapshot_footer_batch(context()), 1);
  return std::move(bytes_);
}

Result<MetadataRecords, std::string> read_records(const records::BatchView& batch) {
  MetadataRecords records;
  records::BatchRecords walk(batch);
  while (const records::RecordView* record = walk.next()) {
    if (!record->value) return unexpected(concat("the record at offset ", walk.offset(), " has no value"));
    auto decoded = decode_record(*record->value);
    if (!decoded) return unexpected(concat("the record at offset ", walk.offset(), ": ", decoded.error()));
    records.push_back(std::move(*decoded));
  }
  if (walk.fault() != records::RecordFault::kNone) {
    return unexpected(concat("the batch at offset ", batch.base_offset(), " is damaged"));
  }
  return records;
}

Result<SnapshotContent, std::string> read_snapshot(ByteView bytes) {
  SnapshotContent content;
  bool has_header = false, has_footer = false;
  records::BatchSplitter splitter(bytes);
  records::BatchView batch;
  records::SplitOutcome outcome;
  while ((outcome = splitter.next(batch)) == records::SplitOutcome::kBatch) {
    if (!batch.crc_is_valid()) return unexpected(concat("a damaged batch at byte ", splitter.position()));
    if (has_footer) return unexpected(std::string("batches after the footer"));
    if (!batch.is_control()) {
      auto records = read_records(batch);
      if (!records) return unexpected(std::move(records.error()));
      std::move(records->begin(), records->end(), std::back_inserter(content.records));
      continue;
    }
    ControlContent control = read_control_batch(batch);
    if (control.malformed) return unexpected(std::string("a malformed control record"));
    if (control.snapshot_last_contained_ms) {
      has_header = true;
      content.last_contained_ms = *control.snapshot_last_contained_ms;
    }
    if (control.facts.kraft_version) content.facts.kraft_version = control.facts.kraft_version;
    if (control.facts.voters) content.facts.voters = std::move(control.facts.voters);
    has_footer |= control.snapshot_footer;
  }
  if (outcome != records::SplitOutcome::kEnd) {
    return unexpected(concat("bytes that are no batch at byte ", splitter.position()));
  }
  if (!has_header || !has_footer)
    return unexpected(std::string("no header or no footer: the file is incomplete"));
  return content;
}

}  // namespace barnabas::controller
