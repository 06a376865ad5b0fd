#include "controller/active_controller.h"

#include <algorithm>

#include "common/logging.h"
#include "common/text.h"
#include "controller/image/image_records.h"
#include "records/batch_builder.h"

namespace barnabas::controller {

using protocol::ErrorCode;

namespace {

constexpr Logger logger("controller.Controller");
constexpr std::size_t kMaxBatchBytes = 8 << 20;

}  // namespace

ActiveController::ActiveController(storage::LogEnvironment& environment, const Clock& clock, Random& random,
                                   const ConfigSchema& schema, const ControllerConfig& config)
    : clock_(clock),
      random_(random),
      config_(config),
      environment_(environment),
      topics_(config_.settings, schema, random),
      configs_(schema),
      features_(config_.settings),
      brokers_(config_.settings, random),
      acls_(random),
      scram_() {}

ActiveController::~ActiveController() = default;

void ActiveController::stop() {
  if (core_) core_->resign();
  if (!log_) return;
  if (auto done = log_->close(); !done) logger.error("Closing: ", done.error());
  log_.reset();
}

ApiError ActiveController::fail(std::string_view what, const std::string& why) {
  failed_ = true;
  uncommitted_ = true;  // what memory holds is no longer what the log holds: never to be shown
  logger.fatal(what, ": ", why, ". No change of metadata is possible any more; restart when this is solved");
  return {ErrorCode::kKafkaStorageError, "The metadata log cannot be written."};
}

// What a decision says is one batch, and so all or nothing; only what exceeds a batch (the partitions of a
// very large broker that starts or stops) is cut, where a crash in between does no harm.
ApiError ActiveController::append(MetadataRecords records) {
  const auto limit = static_cast<std::size_t>(config_.settings.max_records_per_batch);
  if (records.size() <= limit) return append_batch(records);
  for (std::size_t from = 0; from < records.size(); from += limit) {
    const std::size_t to = std::min(from + limit, records.size());
    const MetadataRecords part(std::make_move_iterator(records.begin() + static_cast<std::ptrdiff_t>(from)),
                               std::make_move_iterator(records.begin() + static_cast<std::ptrdiff_t>(to)));
    if (ApiError error = append_batch(part); !error.ok()) return error;
  }
  return {};
}

ApiError ActiveController::append_batch(const MetadataRecords& records) {
  if (records.empty()) return {};
  if (failed_) return {ErrorCode::kKafkaStorageError, "The metadata log cannot be written."};
  if (!core_ || !core_->is_leader()) return ApiError(ErrorCode::kNotController);
  std::int16_t level = loader_->latest()->metadata_version();
  for (const MetadataRecord& record : records) {
    // The first records of a cluster are written at the level they bring.
    const auto* feature = std::get_if<protocol::FeatureLevelRecord>(&record);
    if (level == 0 && feature && feature->name == kMetadataVersionFeature) level = feature->feature_level;
  }
  records::BatchOptions options;
  options.base_offset = log_->end().offset;
  options.leader_epoch = core_->epoch();
  records::BatchBuilder builder(options);
  const std::int64_t now_ms = clock_.wall_ms();
  for (const MetadataRecord& record : records) {
    const Buffer value = encode_record(record, level);
    builder.add(now_ms, std::nullopt, ByteView(value));
  }
  const std::int32_t count = builder.count();
  const Buffer batch = builder.build();
  if (batch.size() > kMaxBatchBytes) {
    return {ErrorCode::kPolicyViolation, "The request makes more metadata than fits into one batch."};
  }
  // In memory first: what our own state machine refuses must never reach the log. Nobody sees it yet.
  const BatchPosition position(options.base_offset + count - 1, core_->epoch(), now_ms);
  if (auto done = loader_->replay(records, position); !done) {
    logger.error("Refused to write records that do not fit the metadata: ", done.error());
    return {ErrorCode::kUnknownServerError, "The change does not fit the metadata."};
  }
  if (auto done = log_->append(batch, core_->epoch()); !done) return fail("Append", done.error());
  core_->appended(log_->end().offset);
  uncommitted_ = true;
  uncommitted_bytes_ += static_cast<std::int64_t>(batch.size());
  bytes_since_snapshot_ += static_cast<std::int64_t>(batch.size());
  last_append_ms_ = clock_.monotonic_ms();
  return {};
}

ApiError ActiveController::commit() {
  if (!uncommitted_) return {};
  if (failed_) return {ErrorCode::kKafkaStorageError, "The metadata log cannot be written."};
  if (auto done = log_->flush(); !done) return fail("Flush", done.error());
  uncommitted_ = false;
  uncommitted_bytes_ = 0;
  if (auto done = perform(core_->flushed(log_->end().offset)); !done) return fail("Commit", done.error());
  return {};
}

Result<void, std::string> ActiveController::perform(QuorumActions actions) {
  for (const QuorumAction& action : actions) {
    Result<void, std::string> done;
    if (const auto* store = std::get_if<StoreElectionState>(&action)) {
      done = log_->store_election_state(store->state, knowledge_.kraft_version, core_->voters());
    } else if (const auto* change = std::get_if<AppendLeaderChange>(&action)) {
      done = append_leader_change(*change);
    } else if (const auto* advance = std::get_if<AdvanceHighWatermark>(&action)) {
      log_->set_high_watermark(advance->offset);
    } else if (const auto* leader = std::get_if<ChangeLeader>(&action)) {
      loader_->set_controller_id(leader->leader_id);
      logger.info("Quorum epoch ", leader->epoch, ", leader ", leader->leader_id);
    }
    if (!done) return done;
  }
  return {};
}

std::optional<std::int64_t> ActiveController::housekeep() {
  if (failed_) return std::nullopt;
  if (snapshot_due()) {
    if (auto done = write_snapshot(); !done) logger.error("Snapshot: ", done.error());
  }
  std::optional<std::int64_t> wait;
  if (config_.no_op_after_ms > 0) {
    const std::int64_t due = last_append_ms_ + config_.no_op_after_ms;
    if (clock_.monotonic_ms() >= due) {
      append({protocol::NoOpRecord()});
      commit();
      wait = config_.no_op_after_ms;
    } else {
      wait = due - clock_.monotonic_ms();
    }
  }
  if (config_.snapshot_after_ms > 0 && bytes_since_snapshot_ > 0) {
    const std::int64_t left = last_snapshot_ms_ + config_.snapshot_after_ms - clock_.monotonic_ms();
    wait = std::max<std::int64_t>(std::min(wait.value_or(left), left), 1);
  }
  return wait;
}

bool ActiveController::snapshot_due() const {
  if (bytes_since_snapshot_ == 0 || uncommitted_ || loader_->in_transaction()) return false;
  if (bytes_since_snapshot_ >= config_.snapshot_after_bytes) return true;
  return config_.snapshot_after_ms > 0 &&
         clock_.monotonic_ms() - last_snapshot_ms_ >= config_.snapshot_after_ms;
}

Result<void, std::string> ActiveController::write_snapshot() {
  if (uncommitted_ || loader_->in_transaction()) {
    return unexpected(std::string("a snapshot needs metadata that are committed"));
  }
  // Whatever comes of it, the next attempt is not sooner than a due one.
  bytes_since_snapshot_ = 0;
  last_snapshot_ms_ = clock_.monotonic_ms();
  const MetadataImage& image = *loader_->latest();
  const SnapshotId id{log_->end().offset, log_->end().epoch};
  QuorumFacts facts;
  if (knowledge_.kraft_version >= 1) {
    facts.kraft_version = knowledge_.kraft_version;
    facts.voters = core_->voters();
  }
  SnapshotBuilder builder(id.epoch, clock_.wall_ms(), std::max<std::int64_t>(image.timestamp_ms(), 0), facts,
                          image.metadata_version());
  write_image(image, [&](const MetadataRecord& record) { builder.add(record); });
  if (auto done = log_->write_snapshot(id, builder.finish()); !done) return done;
  return log_->clean(clock_.wall_ms());
}

QuorumDescription ActiveController::describe_quorum() const {
  return core_->describe(clock_.wall_ms());
}

}  // namespace barnabas::controller
