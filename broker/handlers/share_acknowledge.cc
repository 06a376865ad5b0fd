#include "broker/handlers/share_acknowledge.h"

#include "broker/handlers/share_acknowledgements.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using protocol::ShareAcknowledgeRequest;
using protocol::ShareAcknowledgeResponse;

constexpr std::int16_t kFirstVersionWithRenewal = 2;

ShareAcknowledgeResponse failed(ErrorCode error) {
  ShareAcknowledgeResponse response;
  response.error_code = static_cast<std::int16_t>(error);
  return response;
}

ErrorCode check(const ShareService& service, const ShareAcknowledgeRequest& request) {
  if (!service.is_served()) return ErrorCode::kUnsupportedVersion;
  if (!request.group_id || !request.member_id || request.member_id->empty() ||
      request.member_id->size() > kMaxShareMemberIdLength) {
    return ErrorCode::kInvalidRequest;
  }
  return service.sessions.acknowledge(*request.group_id, *request.member_id, request.share_session_epoch);
}

ShareAcknowledgeResponse response_of(const ShareService& service, const ClientConnection& client,
                                     const std::string& group_id, AcknowledgeResults&& results) {
  ShareAcknowledgeResponse response;
  response.acquisition_lock_timeout_ms =
      service.partitions.environment().config_of(group_id).record_lock_duration_ms;
  for (auto& [id, result] : results) {
    if (response.responses.empty() || response.responses.back().topic_id != id.first) {
      response.responses.emplace_back().topic_id = id.first;
    }
    auto& data = response.responses.back().partitions.emplace_back();
    data.partition_index = id.second;
    data.error_code = static_cast<std::int16_t>(result.error);
    if (!result.error_message.empty()) data.error_message = std::move(result.error_message);
    tell_leader(data, response.node_endpoints, service, client, id.first, result.error);
  }
  return response;
}

}  // namespace

void handle_share_acknowledge(const RequestContext& context, ShareService& service,
                              ShareAcknowledgeRequest&& request, Reply<ShareAcknowledgeResponse> reply) {
  const ErrorCode error = check(service, request);
  if (error != ErrorCode::kNone) return reply.send(failed(error));
  Acknowledgements acknowledgements;
  acknowledgements.group_id = *request.group_id;
  acknowledgements.member_id = *request.member_id;
  acknowledgements.may_renew = context.api_version >= kFirstVersionWithRenewal;
  acknowledgements.is_renewal = request.is_renew_ack;
  add_batches(acknowledgements, request.topics);
  const bool is_final = request.share_session_epoch == share::kFinalShareEpoch;
  acknowledge_all(service, std::move(acknowledgements),
                  [&service, client = context.client, group_id = std::move(*request.group_id),
                   member_id = std::move(*request.member_id), is_final,
                   reply = std::move(reply)](AcknowledgeResults results) mutable {
                    if (is_final) service.end_session(group_id, member_id);
                    reply.send(response_of(service, *client, group_id, std::move(results)));
                  });
}

}  // namespace barnabas::broker
