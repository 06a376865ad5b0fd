#include "broker/handlers/share_groups.h"

#include "broker/authorized_operations.h"
#include "protocol/error_code.h"

namespace barnabas::broker {
namespace {

using groups::share::Description;
using groups::share::HeartbeatCommand;
using groups::share::HeartbeatReply;
using protocol::ErrorCode;
using protocol::ShareGroupDescribeRequest;
using protocol::ShareGroupDescribeResponse;
using protocol::ShareGroupHeartbeatRequest;
using protocol::ShareGroupHeartbeatResponse;

constexpr std::string_view kShareVersionFeature = "share.version";

ShareGroupHeartbeatResponse response_of(HeartbeatReply&& told) {
  ShareGroupHeartbeatResponse response;
  response.error_code = static_cast<std::int16_t>(told.error);
  if (!told.error_message.empty()) response.error_message = std::move(told.error_message);
  response.member_id = std::move(told.member_id);
  response.member_epoch = told.member_epoch;
  response.heartbeat_interval_ms = told.heartbeat_interval_ms;
  if (!told.assignment) return response;
  response.assignment = ShareGroupHeartbeatResponse::Assignment();
  for (auto& [topic, partitions] : *told.assignment) {
    auto& out = response.assignment->topic_partitions.emplace_back();
    out.topic_id = topic;
    out.partitions = std::move(partitions);
  }
  return response;
}

ShareGroupDescribeResponse::DescribedGroup described(Description&& group, bool with_operations) {
  ShareGroupDescribeResponse::DescribedGroup out;
  out.group_id = std::move(group.group_id);
  out.error_code = static_cast<std::int16_t>(group.error);
  if (!group.error_message.empty()) out.error_message = std::move(group.error_message);
  out.group_state = std::move(group.state);
  out.group_epoch = group.epoch;
  out.assignment_epoch = group.target_epoch;
  out.assignor_name = std::move(group.assignor);
  for (auto& member : group.members) {
    auto& added = out.members.emplace_back();
    added.member_id = std::move(member.member_id);
    added.rack_id = std::move(member.rack_id);
    added.member_epoch = member.epoch;
    added.client_id = std::move(member.client_id);
    added.client_host = std::move(member.client_host);
    added.subscribed_topic_names = std::move(member.topics);
    for (auto& topic : member.assignment) {
      auto& assigned = added.assignment.topic_partitions.emplace_back();
      assigned.topic_id = topic.id;
      assigned.topic_name = std::move(topic.name);
      assigned.partitions = std::move(topic.partitions);
    }
  }
  if (with_operations && group.error == ErrorCode::kNone) out.authorized_operations = kGroupOperations;
  return out;
}

}  // namespace

bool serves_share_groups(const MetadataCache& metadata) {
  return metadata.get()->feature(kShareVersionFeature) >= 1;
}

void handle_share_group_heartbeat(const RequestContext& context, groups::GroupCoordinator& groups,
                                  const MetadataCache& metadata, ShareGroupHeartbeatRequest&& request,
                                  Reply<ShareGroupHeartbeatResponse> reply) {
  if (!serves_share_groups(metadata)) {
    return reply.send(response_of(HeartbeatReply(ErrorCode::kUnsupportedVersion, "")));
  }
  HeartbeatCommand command;
  command.group_id = std::move(request.group_id);
  command.member_id = std::move(request.member_id);
  command.member_epoch = request.member_epoch;
  command.rack_id = std::move(request.rack_id);
  command.topics = std::move(request.subscribed_topic_names);
  command.client_id = context.client_id_or_empty();
  command.client_host = context.client_host();
  groups.share_heartbeat(std::move(command), [reply = std::move(reply)](HeartbeatReply&& told) mutable {
    reply.send(response_of(std::move(told)));
  });
}

void handle_share_group_describe(const RequestContext&, groups::GroupCoordinator& groups,
                                 const MetadataCache& metadata, ShareGroupDescribeRequest&& request,
                                 Reply<ShareGroupDescribeResponse> reply) {
  if (!serves_share_groups(metadata)) {
    ShareGroupDescribeResponse response;
    for (std::string& id : request.group_ids) {
      Description refused;
      refused.group_id = std::move(id);
      refused.error = ErrorCode::kUnsupportedVersion;
      response.groups.push_back(described(std::move(refused), false));
    }
    return reply.send(response);
  }
  groups.describe_shares(std::move(request.group_ids),
                         [with_operations = request.include_authorized_operations,
                          reply = std::move(reply)](std::vector<Description>&& all) mutable {
                           ShareGroupDescribeResponse response;
                           response.groups.reserve(all.size());
                           for (Description& group : all) {
                             response.groups.push_back(described(std::move(group), with_operations));
                           }
                           reply.send(response);
                         });
}

}  // namespace barnabas::broker
