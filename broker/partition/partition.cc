#include "broker/partition/partition.h"

#include "broker/error_mapping.h"
#include "common/text.h"
#include "records/validation.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;

AppendRefusal refusal_of(records::Refusal&& refused) {
  AppendRefusal refusal{error_code_of(refused.error), std::move(refused.message), {}};
  for (auto& record : refused.records)
    refusal.records.push_back({record.batch_index, std::move(record.message)});
  return refusal;
}

}  // namespace

Partition::Partition(TopicPartition name, Uuid topic_id, std::int32_t broker_id,
                     std::shared_ptr<storage::Log> log, std::shared_ptr<const TopicRules> rules,
                     Scheduler* group_commit)
    : name_(std::move(name)),
      topic_id_(topic_id),
      broker_id_(broker_id),
      log_(std::move(log)),
      watchers_(std::make_shared<WatchList>()),
      group_commit_(group_commit ? std::make_shared<storage::GroupCommit>(
                                       log_, *group_commit, [watchers = watchers_] { watchers->wake(); })
                                 : nullptr),
      rules_(std::move(rules)) {}

Leadership Partition::leadership() const {
  const std::scoped_lock lock(leadership_mutex_);
  return leadership_;
}

void Partition::set_rules(std::shared_ptr<const TopicRules> rules) {
  log_->set_config(rules->log);
  rules_.store(std::move(rules));
}

void Partition::lead(const Leadership& leadership) {
  {
    const std::scoped_lock lock(leadership_mutex_);
    if (leadership.partition_epoch < leadership_.partition_epoch) return;
    leadership_ = leadership;
  }
  const bool own = leadership.leader == broker_id_;
  if (own && leadership.leader_epoch != leader_epoch_.load()) {
    // A failure here is an I/O error that took the directory offline; appends say so from now on.
    (void)log_->assign_epoch(leadership.leader_epoch);
    commit_log_end(true);
  }
  leader_epoch_.store(leadership.leader_epoch, std::memory_order_release);
  leading_.store(own, std::memory_order_release);
  if (!own) watchers_->wake();
}

void Partition::retire() {
  leading_.store(false, std::memory_order_release);
  watchers_->wake();
}

ErrorCode Partition::check_leader(std::int32_t current_leader_epoch) const {
  const std::int32_t known = leader_epoch();
  if (current_leader_epoch >= 0 && current_leader_epoch < known) return ErrorCode::kFencedLeaderEpoch;
  if (current_leader_epoch > known) return ErrorCode::kUnknownLeaderEpoch;
  return is_leader() ? ErrorCode::kNone : ErrorCode::kNotLeaderOrFollower;
}

Result<storage::VerificationGuard, ErrorCode> Partition::begin_verification(
    const storage::VerificationRequest& request) {
  if (!is_leader()) return unexpected(ErrorCode::kNotLeaderOrFollower);
  return log_->begin_verification(request);
}

Result<storage::AppendInfo, AppendRefusal> Partition::append(ByteView payload, const ClientAppend& how) {
  if (!is_leader()) {
    return unexpected(
        AppendRefusal{ErrorCode::kNotLeaderOrFollower, concat("Leader of ", name_, " is elsewhere"), {}});
  }
  const auto rules = rules_.load();
  if (how.required_acks == -1) {
    const Leadership now = leadership();
    if (now.isr_count < std::min(rules->min_insync_replicas, now.replica_count)) {
      return unexpected(
          AppendRefusal{ErrorCode::kNotEnoughReplicas,
                        concat("The size of the current ISR of partition ", name_, " is ", now.isr_count,
                               ", insufficient for min.insync.replicas=", rules->min_insync_replicas),
                        {}});
    }
  }
  records::ValidationOptions options;
  options.topic = name_.topic;
  options.partition = name_.partition;
  options.produce_version = how.produce_version;
  options.now_ms = how.now_ms;
  options.timestamp_type = rules->timestamp_type;
  options.timestamp_before_max_ms = rules->timestamp_before_max_ms;
  options.timestamp_after_max_ms = rules->timestamp_after_max_ms;
  options.max_message_bytes = rules->max_message_bytes;
  options.compacted = rules->log->cleanup_compact;
  options.compression = rules->compression;
  auto validated = records::validate_produce(payload, options);
  if (!validated) return unexpected(refusal_of(std::move(validated.error())));

  storage::AppendOptions append;
  append.origin = storage::AppendOrigin::kClient;
  append.guard = how.guard;
  // Stamped by the validation, which rewrites the batch; the log only reports it.
  const auto written = write(validated->batch, append);
  if (!written || rules->timestamp_type == records::TimestampType::kCreateTime) return written;
  storage::AppendInfo stamped = *written;
  stamped.log_append_time_ms = how.now_ms;
  return stamped;
}

Result<storage::AppendInfo, AppendRefusal> Partition::append_own(ByteView batch,
                                                                 const storage::AppendOptions& options) {
  if (!is_leader()) {
    return unexpected(
        AppendRefusal{ErrorCode::kNotLeaderOrFollower, concat("Leader of ", name_, " is elsewhere"), {}});
  }
  return write(records::BatchView(batch), options);
}

Result<storage::AppendInfo, AppendRefusal> Partition::write(const records::BatchView& batch,
                                                            const storage::AppendOptions& options) {
  auto written = log_->append_as_leader({&batch, 1}, leader_epoch(), options);
  if (!written) {
    return unexpected(
        AppendRefusal{error_code_of(written.error().code), std::move(written.error().message), {}});
  }
  if (!written->duplicate) commit_log_end(false);
  return *written;
}

void Partition::when_committed(std::int64_t offset, Committed done) {
  if (is_committed(offset)) return done(ErrorCode::kNone);
  group_commit_->wait(offset, [done = std::move(done)](const storage::StorageResult<void>& synced) mutable {
    done(synced ? ErrorCode::kNone : error_code_of(synced.error().code));
  });
}

void Partition::commit_log_end(bool wait) {
  if (group_commit_ && wait) {
    // After an unclean stop: what was found in the files need not be on disk. A failure here is as above.
    (void)group_commit_->commit();
    return;
  }
  if (group_commit_) return group_commit_->request();
  const std::scoped_lock lock(watermark_mutex_);
  log_->set_high_watermark(log_->log_end_offset());
}

}  // namespace barnabas::broker
