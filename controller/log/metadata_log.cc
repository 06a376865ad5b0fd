#include "controller/log/metadata_log.h"

#include <algorithm>
#include <cerrno>

#include "common/logging.h"
#include "common/text.h"
#include "storage/log.h"

namespace barnabas::controller {

namespace {

constexpr Logger logger("controller.MetadataLog");
constexpr std::string_view kQuorumState = "quorum-state";
constexpr std::int64_t kReadBytes = 4 << 20;

std::unexpected<std::string> failed(std::string_view what, const auto& error) {
  return unexpected(concat(what, ": ", error.to_string()));
}

}  // namespace

MetadataLog::MetadataLog(storage::LogEnvironment& environment, MetadataLogConfig config)
    : environment_(environment),
      config_(std::move(config)),
      directory_(storage::join_path(config_.metadata_directory, kMetadataPartitionDirectory)) {}

MetadataLog::~MetadataLog() = default;

Result<std::unique_ptr<MetadataLog>, std::string> MetadataLog::open(storage::LogEnvironment& environment,
                                                                    MetadataLogConfig config) {
  std::unique_ptr<MetadataLog> log(new MetadataLog(environment, std::move(config)));
  if (auto done = log->prepare_directory(); !done) return unexpected(std::move(done.error()));
  if (auto done = log->open_log(); !done) return unexpected(std::move(done.error()));
  if (auto done = log->check_snapshots(); !done) return unexpected(std::move(done.error()));
  return log;
}

Result<void, std::string> MetadataLog::prepare_directory() {
  auto& files = environment_.files;
  if (auto made = storage::make_directories(files, directory_); !made)
    return failed("metadata log", made.error());
  const auto entries = files.list(directory_);
  if (!entries) return failed("metadata log", entries.error());
  for (const auto& entry : *entries) {
    const bool leftover = entry.name.ends_with(".checkpoint.part") ||
                          entry.name.ends_with(".checkpoint.deleted") ||
                          entry.name.ends_with(".checkpoint.tmp");
    if (leftover) {
      if (auto gone = files.remove_file(storage::join_path(directory_, entry.name)); !gone) {
        return failed("metadata log", gone.error());
      }
    } else if (const auto id = parse_snapshot_name(entry.name)) {
      snapshots_.push_back(*id);
    }
  }
  std::sort(snapshots_.begin(), snapshots_.end());
  return {};
}

Result<void, std::string> MetadataLog::open_log() {
  auto log_config = std::make_shared<storage::LogConfig>();
  log_config->segment_bytes = config_.segment_bytes;
  log_config->segment_ms = config_.segment_ms;
  log_config->retention_bytes = -1;
  log_config->retention_ms = -1;
  log_config->cleanup_delete = false;  // by snapshots alone
  storage::LogIdentity identity;
  identity.partition = {"__cluster_metadata", 0};
  identity.topic_id = Uuid::reserved(1);
  identity.directory = directory_;
  // Never clean: what is not on disk may have been counted by nobody, what is damaged must be cut.
  auto log = storage::Log::open(environment_, std::move(identity), std::move(log_config), {});
  if (!log) return failed("metadata log", log.error());
  log_ = std::move(*log);
  if (auto synced = log_->sync_metadata(); !synced) return failed("metadata log", synced.error());
  return {};
}

Result<void, std::string> MetadataLog::check_snapshots() {
  const std::int64_t start = log_->log_start_offset();
  while (!snapshots_.empty() && snapshots_.front().end_offset < start) {
    if (auto gone = remove_snapshot(snapshots_.front()); !gone) return gone;
  }
  if (start > 0 && snapshots_.empty()) {
    return unexpected(concat("the metadata log in ", directory_, " starts at offset ", start,
                             " and no snapshot covers what was before it"));
  }
  // A snapshot fetched from elsewhere whose log was not moved up yet.
  if (!snapshots_.empty() && snapshots_.back().end_offset > log_->log_end_offset()) {
    logger.info("The snapshot ", snapshot_name(snapshots_.back()),
                " is ahead of the log, which restarts there");
    if (auto moved = log_->truncate_fully_and_start_at(snapshots_.back().end_offset); !moved) {
      return failed("metadata log", moved.error());
    }
  }
  return {};
}

Result<std::optional<ElectionState>, std::string> MetadataLog::load_election_state() const {
  const auto bytes = storage::read_file(environment_.files, storage::join_path(directory_, kQuorumState));
  if (!bytes && bytes.error().is_not_found()) return std::nullopt;
  if (!bytes) return failed(kQuorumState, bytes.error());
  auto state = parse_election_state(as_text(*bytes));
  if (!state) return unexpected(concat(storage::join_path(directory_, kQuorumState), ": ", state.error()));
  return *state;
}

Result<void, std::string> MetadataLog::store_election_state(const ElectionState& state,
                                                            std::int16_t kraft_version,
                                                            const VoterSet& voters) {
  const std::string text = election_state_text(state, kraft_version, voters);
  const auto done =
      storage::replace_file(environment_.files, storage::join_path(directory_, kQuorumState), as_bytes(text));
  if (!done) return failed(kQuorumState, done.error());
  return {};
}

Result<void, std::string> MetadataLog::append(ByteView bytes, std::int32_t epoch) {
  const records::BatchView batch(bytes);
  storage::AppendOptions options;
  options.origin = storage::AppendOrigin::kRaftLeader;
  const auto done = log_->append_as_leader(std::span(&batch, 1), epoch, options);
  if (!done) return failed("append to the metadata log", done.error());
  return {};
}

Result<void, std::string> MetadataLog::flush() {
  if (auto done = log_->flush(); !done) return failed("flush of the metadata log", done.error());
  return {};
}

std::int64_t MetadataLog::start_offset() const {
  return log_->log_start_offset();
}

LogEnd MetadataLog::end() const {
  LogEnd end{log_->log_end_offset(), log_->latest_epoch()};
  if (end.offset == log_->log_start_offset() && !snapshots_.empty()) end.epoch = snapshots_.back().epoch;
  end.epoch = std::max(end.epoch, 0);
  return end;
}

void MetadataLog::set_high_watermark(std::int64_t offset) {
  log_->set_high_watermark(offset);
}

Result<void, std::string> MetadataLog::for_each_batch(std::int64_t offset, const See& see) const {
  while (offset < log_->log_end_offset()) {
    auto read = log_->read(offset, kReadBytes, true, storage::ReadBound::kLogEnd);
    if (!read) return failed("metadata log", read.error());
    const Buffer bytes = read->records.to_buffer();
    records::BatchSplitter splitter(bytes);
    records::BatchView batch;
    std::int64_t next = offset;
    while (splitter.next(batch) == records::SplitOutcome::kBatch) {
      next = batch.next_offset();
      if (batch.last_offset() < offset) continue;
      if (auto seen = see(batch); !seen) return seen;
    }
    if (next <= offset) return unexpected(concat("the metadata log cannot be read at offset ", offset));
    offset = next;
  }
  return {};
}

std::optional<SnapshotId> MetadataLog::newest_snapshot() const {
  if (snapshots_.empty()) return std::nullopt;
  return snapshots_.back();
}

std::string MetadataLog::path_of(const SnapshotId& id) const {
  return storage::join_path(directory_, snapshot_name(id));
}

Result<SnapshotContent, std::string> MetadataLog::load_snapshot(const SnapshotId& id) const {
  const auto bytes = storage::read_file(environment_.files, path_of(id));
  if (!bytes) return failed("snapshot", bytes.error());
  auto content = read_snapshot(*bytes);
  if (!content) return unexpected(concat(path_of(id), ": ", content.error()));
  return content;
}

Result<void, std::string> MetadataLog::write_snapshot(const SnapshotId& id, ByteView content) {
  // Under another name first: the name says that it is whole.
  if (auto done = storage::write_final_file(environment_.files, path_of(id), content); !done) {
    return failed("snapshot", done.error());
  }
  if (snapshots_.empty() || snapshots_.back() < id) snapshots_.push_back(id);
  logger.info("Wrote the metadata snapshot ", snapshot_name(id), " (", content.size(), " bytes)");
  return {};
}

Result<void, std::string> MetadataLog::remove_snapshot(const SnapshotId& id) {
  const auto done = environment_.files.remove_file(path_of(id));
  if (!done && !done.error().is_not_found()) return failed("snapshot", done.error());
  std::erase(snapshots_, id);
  return {};
}

std::int64_t MetadataLog::size_bytes() const {
  std::int64_t bytes = log_->size_bytes();
  for (const SnapshotId& id : snapshots_) {
    if (const auto info = environment_.files.info(path_of(id))) bytes += info->size;
  }
  return bytes;
}

Result<bool, std::string> MetadataLog::is_expired(const SnapshotId& oldest, std::int64_t now_ms) const {
  if (config_.retention_bytes >= 0 && size_bytes() > config_.retention_bytes) return true;
  if (config_.retention_ms < 0) return false;
  const auto content = load_snapshot(oldest);
  if (!content) return unexpected(content.error());
  return now_ms - content->last_contained_ms > config_.retention_ms;
}

Result<void, std::string> MetadataLog::clean(std::int64_t now_ms) {
  while (snapshots_.size() > 1) {
    const SnapshotId oldest = snapshots_.front();
    const auto expired = is_expired(oldest, now_ms);
    if (!expired) return unexpected(expired.error());
    if (!*expired) break;
    // The log first: with its start moved up and the old snapshot still there, nothing is missing.
    const std::int64_t start = snapshots_[1].end_offset;
    if (auto moved = log_->delete_records_before(start); !moved) return failed("metadata log", moved.error());
    if (auto removed = log_->enforce_retention(); !removed) return failed("metadata log", removed.error());
    if (auto gone = remove_snapshot(oldest); !gone) return gone;
  }
  return {};
}

Result<void, std::string> MetadataLog::close() {
  if (auto done = log_->close(); !done) return failed("metadata log", done.error());
  return {};
}

}  // namespace barnabas::controller
