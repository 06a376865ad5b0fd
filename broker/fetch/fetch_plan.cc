#include "broker/fetch/fetch_plan.h"

#include <limits>

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using protocol::FetchRequest;

constexpr std::int32_t kInitialEpoch = 0;  // opens a session
constexpr std::int32_t kFinalEpoch = -1;   // ends one, or asks for none
constexpr std::int16_t kFirstVersionWithTopicIds = 13;

std::vector<FetchPartition> requested_partitions(const FetchRequest& request) {
  std::vector<FetchPartition> partitions;
  for (const auto& topic : request.topics) {
    for (const auto& wanted : topic.partitions) {
      partitions.push_back({{topic.topic_id, topic.topic, wanted.partition},
                            wanted.fetch_offset,
                            wanted.partition_max_bytes,
                            wanted.current_leader_epoch,
                            wanted.last_fetched_epoch});
    }
  }
  return partitions;
}

std::int32_t epoch_after(std::int32_t epoch) {
  return epoch == std::numeric_limits<std::int32_t>::max() ? 1 : epoch + 1;
}

void apply_changes(FetchSession& session, const FetchRequest& request) {
  for (auto& partition : requested_partitions(request)) session.put(std::move(partition));
  for (const auto& topic : request.forgotten_topics_data) {
    for (const std::int32_t partition : topic.partitions)
      session.remove({topic.topic_id, topic.topic, partition});
  }
}

}  // namespace

Result<FetchPlan, ErrorCode> FetchPlan::make(const FetchRequest& request, std::int16_t version,
                                             FetchSessionCache& sessions) {
  const bool by_topic_id = version >= kFirstVersionWithTopicIds;
  FetchPlan plan;
  if (request.session_epoch == kFinalEpoch || request.session_epoch == kInitialEpoch) {
    if (request.session_id != 0) sessions.remove(request.session_id);
    plan.partitions_ = requested_partitions(request);
    if (request.session_epoch == kInitialEpoch && !plan.partitions_.empty()) {
      plan.session_ = sessions.create(by_topic_id);
      if (plan.session_) {
        for (const auto& partition : plan.partitions_) plan.session_->put(partition);
      }
    }
    return plan;
  }

  const auto session = sessions.find(request.session_id);
  if (!session) return unexpected(ErrorCode::kFetchSessionIdNotFound);
  const std::scoped_lock lock(session->mutex);
  if (session->by_topic_id != by_topic_id) return unexpected(ErrorCode::kFetchSessionTopicIdError);
  if (session->next_epoch != request.session_epoch) return unexpected(ErrorCode::kInvalidFetchSessionEpoch);
  apply_changes(*session, request);
  if (session->order.empty()) {
    // Nothing left to fetch: Kafka ends the session and answers without one.
    sessions.remove(session->id);
    return plan;
  }
  session->next_epoch = epoch_after(session->next_epoch);
  plan.partitions_.reserve(session->order.size());
  for (const auto& entry : session->order) plan.partitions_.push_back(entry.partition);
  plan.session_ = session;
  plan.incremental_ = true;
  return plan;
}

bool FetchPlan::must_tell(const FetchKey& key, const Answer& answer) {
  if (!session_) return true;
  const std::scoped_lock lock(session_->mutex);
  const auto found = session_->by_key.find(key);
  if (found == session_->by_key.end()) return !incremental_ || answer.has_error;
  ToldPartition& told = found->second->told;
  const bool changed =
      told.high_watermark != answer.high_watermark || told.log_start_offset != answer.log_start_offset;
  if (answer.has_error) {
    told = {};  // so that the recovery is told too
  } else {
    told = {answer.high_watermark, answer.log_start_offset};
  }
  if (answer.has_records) session_->move_to_back(key);
  return !incremental_ || changed || answer.has_error || answer.has_records || answer.has_extras;
}

}  // namespace barnabas::broker
