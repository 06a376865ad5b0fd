#include "broker/handlers/fetch.h"

#include <algorithm>

#include "broker/fetch/parked_fetch.h"

namespace barnabas::broker {
namespace {

constexpr std::int16_t kFirstVersionWithTotalLimit = 3;
constexpr std::int16_t kFirstVersionWithTopicIds = 13;
constexpr std::int8_t kReadCommitted = 1;

std::int32_t replica_id(const protocol::FetchRequest& request, std::int16_t version) {
  return version >= 15 ? request.replica_state.replica_id : request.replica_id;
}

protocol::FetchResponse failed(protocol::ErrorCode error) {
  protocol::FetchResponse response;
  response.error_code = static_cast<std::int16_t>(error);
  return response;
}

}  // namespace

void handle_fetch(const RequestContext& context, FetchService& service, protocol::FetchRequest&& request,
                  Reply<protocol::FetchResponse> reply) {
  // This broker is a cluster of its own: nobody can be a follower of it.
  if (replica_id(request, context.api_version) >= 0) {
    return reply.send(failed(protocol::ErrorCode::kClusterAuthorizationFailed));
  }
  auto plan = FetchPlan::make(request, context.api_version, service.sessions);
  if (!plan) return reply.send(failed(plan.error()));

  ParkedFetch::Wants wants;
  wants.min_bytes = request.min_bytes;
  wants.max_wait_ms = request.max_wait_ms;
  wants.limits.max_bytes = std::min(request.max_bytes, service.max_bytes);
  wants.limits.by_topic_id = context.api_version >= kFirstVersionWithTopicIds;
  wants.limits.whole_first_batch = context.api_version >= kFirstVersionWithTotalLimit;
  wants.limits.bound = request.isolation_level == kReadCommitted ? storage::ReadBound::kLastStable
                                                                 : storage::ReadBound::kHighWatermark;
  std::make_shared<ParkedFetch>(service, std::move(*plan), wants, std::move(reply))->begin();
}

}  // namespace barnabas::broker
