#include "broker/fetch/parked_fetch.h"

#include "common/logging.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using protocol::FetchResponse;

const Logger logger("kafka.server.ReplicaManager");

FetchPlan::Answer answer_of(const FetchedPartition& fetched) {
  FetchPlan::Answer answer;
  answer.has_error = fetched.error != ErrorCode::kNone;
  answer.has_records = !fetched.read.records.empty();
  answer.has_extras = fetched.diverging.has_value();
  answer.high_watermark = fetched.read.high_watermark;
  answer.log_start_offset = fetched.read.log_start_offset;
  return answer;
}

void fill(FetchResponse::PartitionData& data, FetchedPartition&& fetched, storage::ReadBound bound) {
  data.partition_index = fetched.key.partition;
  data.error_code = static_cast<std::int16_t>(fetched.error);
  data.high_watermark = fetched.read.high_watermark;
  data.last_stable_offset = fetched.read.last_stable_offset;
  data.log_start_offset = fetched.read.log_start_offset;
  if (fetched.diverging) {
    data.diverging_epoch.epoch = fetched.diverging->epoch;
    data.diverging_epoch.end_offset = fetched.diverging->end_offset;
  }
  // A broker that knows better tells the client at once (KIP-951).
  if ((fetched.error == ErrorCode::kNotLeaderOrFollower || fetched.error == ErrorCode::kFencedLeaderEpoch) &&
      fetched.partition) {
    const Leadership now = fetched.partition->leadership();
    data.current_leader.leader_id = now.leader;
    data.current_leader.leader_epoch = now.leader_epoch;
  }
  data.aborted_transactions.reset();
  if (bound == storage::ReadBound::kLastStable && fetched.error == ErrorCode::kNone) {
    auto& aborted = data.aborted_transactions.emplace();
    for (const auto& transaction : fetched.read.aborted) {
      auto& entry = aborted.emplace_back();
      entry.producer_id = transaction.producer_id;
      entry.first_offset = transaction.first_offset;
    }
  }
  data.records = std::move(fetched.read.records);
}

}  // namespace

bool ParkedFetch::enough(const FetchPass& pass) const {
  return pass.has_news || pass.bytes >= wants_.min_bytes || wants_.max_wait_ms <= 0 ||
         pass.partitions.empty();
}

void ParkedFetch::begin() {
  const std::unique_lock lock(mutex_);
  FetchPass pass = read_partitions(service_.partitions, plan_.partitions(), wants_.limits);
  if (enough(pass)) return answer(std::move(pass));
  watch(pass);
  if (moved_since(pass) && look(false)) return;
  waits_ = true;
  service_.waiting->add(1);
  timer_ = service_.scheduler.after(std::chrono::milliseconds(wants_.max_wait_ms),
                                    [self = shared_from_this()] { self->time_out(); });
}

void ParkedFetch::watch(const FetchPass& pass) {
  for (const auto& fetched : pass.partitions) {
    fetched.partition->watchers().add(shared_from_this());
    watched_.push_back(fetched.partition);
  }
}

// Cheaper than reading again: an append between the first look and the watch shows in the watermark.
bool ParkedFetch::moved_since(const FetchPass& pass) const {
  for (const auto& fetched : pass.partitions) {
    const auto& log = fetched.partition->log();
    if (log.high_watermark() != fetched.read.high_watermark ||
        log.last_stable_offset() != fetched.read.last_stable_offset || !fetched.partition->is_leader()) {
      return true;
    }
  }
  return false;
}

void ParkedFetch::data_changed(WatchList& list) {
  const std::unique_lock lock(mutex_);
  if (!reply_) return;
  list.add(shared_from_this());
  look(false);
}

void ParkedFetch::time_out() {
  const std::unique_lock lock(mutex_);
  timer_ = 0;
  if (reply_) look(true);
}

bool ParkedFetch::look(bool now) {
  FetchPass pass = read_partitions(service_.partitions, plan_.partitions(), wants_.limits);
  if (!now && !enough(pass)) return false;
  answer(std::move(pass));
  return true;
}

void ParkedFetch::answer(FetchPass&& pass) {
  if (std::exchange(waits_, false)) service_.waiting->add(-1);
  if (timer_ != 0) service_.scheduler.cancel(timer_);
  for (const auto& partition : watched_) partition->watchers().remove(this);
  watched_.clear();
  Reply<FetchResponse> reply = std::move(*reply_);
  reply_.reset();
  reply.send(response(std::move(pass)));
}

FetchResponse ParkedFetch::response(FetchPass&& pass) {
  FetchResponse response;
  response.session_id = plan_.session_id();
  for (auto& fetched : pass.partitions) {
    if (fetched.error == ErrorCode::kKafkaStorageError) logger.error("Fetch failed: ", fetched.message);
    if (fetched.partition) {
      const std::string& topic = fetched.partition->name().topic;
      if (fetched.error != ErrorCode::kNone) {
        service_.traffic.fetch_failed(topic);
      } else if (!fetched.read.records.empty()) {
        service_.traffic.fetched(topic, static_cast<std::int64_t>(fetched.read.records.size()));
      }
    }
    if (!plan_.must_tell(fetched.key, answer_of(fetched))) continue;
    // Partitions of a topic usually follow each other; where a session's order parts them, the topic is named
    // again, as the protocol allows.
    auto& topics = response.responses;
    if (topics.empty() || topics.back().topic != fetched.key.topic ||
        topics.back().topic_id != fetched.key.topic_id) {
      auto& topic = topics.emplace_back();
      topic.topic = fetched.key.topic;
      topic.topic_id = fetched.key.topic_id;
    }
    fill(topics.back().partitions.emplace_back(), std::move(fetched), wants_.limits.bound);
  }
  return response;
}

}  // namespace barnabas::broker
