#include "broker/handlers/share_fetch.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <string_view>

#include "broker/handlers/share_acknowledgements.h"
#include "broker/share/partition/parked_share_fetch.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using protocol::ShareFetchRequest;
using protocol::ShareFetchResponse;
using share::SessionPartition;
using share::SharedRecords;
using share::SharePlan;
using share::ShareSessions;

constexpr std::int16_t kFirstVersionWithRenewal = 2;
constexpr std::int8_t kRecordLimitMode = 1;  // KIP-1206

ShareFetchResponse failed(ErrorCode error) {
  ShareFetchResponse response;
  response.error_code = static_cast<std::int16_t>(error);
  return response;
}

ErrorCode check(const ShareService& service, const ShareFetchRequest& request) {
  if (!service.is_served()) return ErrorCode::kUnsupportedVersion;
  if (!request.group_id || !request.member_id || request.member_id->empty() ||
      request.member_id->size() > kMaxShareMemberIdLength) {
    return ErrorCode::kInvalidRequest;
  }
  const bool reads_nothing = request.max_bytes == 0 && request.min_bytes == 0 && request.max_records == 0 &&
                             request.max_wait_ms == 0;
  if (request.is_renew_ack && !reads_nothing) return ErrorCode::kInvalidRequest;
  return ErrorCode::kNone;
}

ShareSessions::Request session_request(const ShareFetchRequest& request,
                                       const controller::MetadataImage& image) {
  ShareSessions::Request out;
  out.group_id = *request.group_id;
  out.member_id = *request.member_id;
  out.epoch = request.share_session_epoch;
  for (const auto& topic : request.topics) {
    const auto known = image.topic(topic.topic_id);
    for (const auto& partition : topic.partitions) {
      out.wanted.push_back(
          {topic.topic_id, known != nullptr ? known->name : std::string(), partition.partition_index});
      out.has_acknowledgements |= !partition.acknowledgement_batches.empty();
    }
  }
  for (const auto& topic : request.forgotten_topics_data) {
    for (const std::int32_t partition : topic.partitions) {
      out.forgotten.push_back({topic.topic_id, {}, partition});
    }
  }
  return out;
}

// A request with its two halves, records and acknowledgements, which may be answered on different threads.
class Call : public std::enable_shared_from_this<Call> {
 public:
  Call(ShareService& service, std::shared_ptr<ClientConnection> client, SharePlan plan, std::string group_id,
       std::string member_id, Reply<ShareFetchResponse> reply)
      : service_(service),
        client_(std::move(client)),
        plan_(std::move(plan)),
        group_id_(std::move(group_id)),
        member_id_(std::move(member_id)),
        reply_(std::move(reply)) {}

  const SharePlan& plan() const { return plan_; }
  void fetched(std::vector<SharedRecords> records) {
    records_ = std::move(records);
    half_done();
  }
  void acknowledged(AcknowledgeResults results) {
    results_ = std::move(results);
    half_done();
  }

 private:
  void half_done() {
    {
      const std::scoped_lock lock(mutex_);
      if (++halves_ < 2) return;
    }
    ShareFetchResponse response;
    response.acquisition_lock_timeout_ms =
        service_.partitions.environment().config_of(group_id_).record_lock_duration_ms;
    count_topics();
    for (SharedRecords& records : records_) add(response, std::move(records));
    for (auto& [id, result] : results_) add(response, id, std::move(result));
    if (plan_.is_final) service_.end_session(group_id_, member_id_);
    reply_.send(response);
  }

  static ShareFetchResponse::ShareFetchableTopicResponse& topic_of(ShareFetchResponse& response,
                                                                   const Uuid& topic_id) {
    for (auto& topic : response.responses) {
      if (topic.topic_id == topic_id) return topic;
    }
    auto& added = response.responses.emplace_back();
    added.topic_id = topic_id;
    return added;
  }

  void add(ShareFetchResponse& response, SharedRecords&& records) {
    const auto error = records.taken.error;
    const bool has_records = !records.taken.records.empty();
    count(records);
    const bool told = plan_.is_first || service_.sessions.must_tell(group_id_, member_id_, records.partition,
                                                                    has_records, error != ErrorCode::kNone);
    if (!told) return;
    auto& data = topic_of(response, records.partition.topic_id).partitions.emplace_back();
    data.partition_index = records.partition.partition;
    data.error_code = static_cast<std::int16_t>(error);
    if (!records.taken.message.empty()) data.error_message = std::move(records.taken.message);
    tell_leader(data, response.node_endpoints, service_, *client_, records.partition.topic_id, error);
    data.records = std::move(records.taken.records);
    for (const share::AcquiredRange& range : records.taken.acquired) {
      auto& acquired = data.acquired_records.emplace_back();
      acquired.first_offset = range.first_offset;
      acquired.last_offset = range.last_offset;
      acquired.delivery_count = range.delivery_count;
    }
  }

  void add(ShareFetchResponse& response, const SharePartitionId& id, share::StateResult&& result) {
    auto& partitions = topic_of(response, id.first).partitions;
    auto found =
        std::ranges::find(partitions, id.second, &ShareFetchResponse::PartitionData::partition_index);
    if (found == partitions.end()) {
      auto& added = partitions.emplace_back();
      added.partition_index = id.second;
      added.records = Payload();
      found = std::prev(partitions.end());
    }
    found->acknowledge_error_code = static_cast<std::int16_t>(result.error);
    if (!result.error_message.empty()) found->acknowledge_error_message = std::move(result.error_message);
  }

  void count_topics() {
    std::map<std::string_view, bool> failed;
    for (const SharedRecords& records : records_) {
      if (records.partition.topic.empty()) continue;
      failed[records.partition.topic] |= records.taken.error != ErrorCode::kNone;
    }
    for (const auto& [topic, is_failed] : failed) service_.traffic.share_fetched(topic, is_failed);
  }

  void count(const SharedRecords& records) {
    if (records.partition.topic.empty()) return;
    if (records.taken.error != ErrorCode::kNone) {
      service_.traffic.fetch_failed(records.partition.topic);
    } else if (!records.taken.records.empty()) {
      service_.traffic.fetched(records.partition.topic,
                               static_cast<std::int64_t>(records.taken.records.size()));
    }
  }

  ShareService& service_;
  const std::shared_ptr<ClientConnection> client_;
  const SharePlan plan_;
  const std::string group_id_;
  const std::string member_id_;
  Reply<ShareFetchResponse> reply_;
  std::mutex mutex_;  // guards the count; each half is written by one thread before it counts
  int halves_ = 0;
  std::vector<SharedRecords> records_;
  AcknowledgeResults results_;
};

share::ParkedShareFetch::Wants fetch_wants(const ShareService& service, const ShareFetchRequest& request,
                                           const SharePlan& plan) {
  share::ParkedShareFetch::Wants wants;
  wants.group_id = *request.group_id;
  wants.member = std::make_shared<const std::string>(*request.member_id);
  wants.max_wait_ms = request.max_wait_ms;
  wants.max_bytes = std::min(request.max_bytes, service.max_bytes);
  wants.min_bytes = std::min(request.min_bytes, wants.max_bytes);
  wants.max_records = request.max_records;
  wants.batch_size = request.batch_size;
  wants.record_limit = request.share_acquire_mode == kRecordLimitMode;
  wants.partitions = plan.partitions;
  return wants;
}

// The client comes again at once: it is kept waiting as long as it would have waited for records.
void refuse_later(ShareService& service, std::int32_t max_wait_ms, Reply<ShareFetchResponse> reply) {
  service.scheduler.after(
      std::chrono::milliseconds(std::max(0, max_wait_ms)),
      [reply = std::move(reply)]() mutable { reply.send(failed(ErrorCode::kShareSessionLimitReached)); });
}

}  // namespace

void handle_share_fetch(const RequestContext& context, ShareService& service, ShareFetchRequest&& request,
                        Reply<ShareFetchResponse> reply) {
  const ErrorCode error = check(service, request);
  if (error != ErrorCode::kNone) return reply.send(failed(error));
  auto plan = service.sessions.open(session_request(request, *service.metadata.get()));
  if (!plan && plan.error() == ErrorCode::kShareSessionLimitReached) {
    return refuse_later(service, request.max_wait_ms, std::move(reply));
  }
  if (!plan) return reply.send(failed(plan.error()));
  if (plan->is_first) service.end_with_connection(context.client, *request.group_id, *request.member_id);

  auto call = std::make_shared<Call>(service, context.client, std::move(*plan), *request.group_id,
                                     *request.member_id, std::move(reply));
  Acknowledgements acknowledgements;
  acknowledgements.group_id = *request.group_id;
  acknowledgements.member_id = *request.member_id;
  acknowledgements.may_renew = context.api_version >= kFirstVersionWithRenewal;
  acknowledgements.is_renewal = request.is_renew_ack;
  for (auto& topic : request.topics) {
    std::erase_if(topic.partitions,
                  [](const auto& partition) { return partition.acknowledgement_batches.empty(); });
  }
  add_batches(acknowledgements, request.topics);
  acknowledge_all(service, std::move(acknowledgements),
                  [call](AcknowledgeResults results) { call->acknowledged(std::move(results)); });
  if (request.is_renew_ack || call->plan().is_final) return call->fetched({});
  std::make_shared<share::ParkedShareFetch>(
      service.partitions, fetch_wants(service, request, call->plan()), service.waiting,
      [call](std::vector<SharedRecords> records) { call->fetched(std::move(records)); })
      ->begin();
}

}  // namespace barnabas::broker
