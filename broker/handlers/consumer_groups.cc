#include "broker/handlers/consumer_groups.h"

#include <algorithm>

#include "broker/authorized_operations.h"
#include "protocol/error_code.h"

namespace barnabas::broker {
namespace {

using groups::consumer::DescribedTopic;
using groups::consumer::Description;
using groups::consumer::HeartbeatCommand;
using groups::consumer::HeartbeatReply;
using protocol::ConsumerGroupDescribeRequest;
using protocol::ConsumerGroupDescribeResponse;
using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;
using protocol::ErrorCode;

constexpr std::string_view kGroupVersionFeature = "group.version";
constexpr std::int16_t kFirstVersionWithClientMadeIds = 1;
constexpr std::int8_t kClassicMember = 0;
constexpr std::int8_t kConsumerMember = 1;

bool is_served(const groups::GroupCoordinator& groups, const MetadataCache& metadata) {
  return groups.settings().consumer.enabled && metadata.get()->feature(kGroupVersionFeature) >= 1;
}

HeartbeatCommand command_of(const RequestContext& context, ConsumerGroupHeartbeatRequest&& request) {
  HeartbeatCommand command;
  command.group_id = std::move(request.group_id);
  command.member_id = std::move(request.member_id);
  command.member_epoch = request.member_epoch;
  command.instance_id = std::move(request.instance_id);
  command.rack_id = std::move(request.rack_id);
  command.rebalance_timeout_ms = request.rebalance_timeout_ms;
  command.topics = std::move(request.subscribed_topic_names);
  command.regex = std::move(request.subscribed_topic_regex);
  command.assignor = std::move(request.server_assignor);
  command.client_id = context.client_id_or_empty();
  command.client_host = context.client_host();
  command.needs_member_id = context.api_version >= kFirstVersionWithClientMadeIds;
  if (!request.topic_partitions) return command;
  auto& owned = command.owned.emplace();
  for (auto& topic : *request.topic_partitions) {
    std::vector<std::int32_t>& partitions = owned[topic.topic_id];
    partitions.insert(partitions.end(), topic.partitions.begin(), topic.partitions.end());
  }
  for (auto& [topic, partitions] : owned) {
    std::sort(partitions.begin(), partitions.end());
    partitions.erase(std::unique(partitions.begin(), partitions.end()), partitions.end());
  }
  return command;
}

ConsumerGroupHeartbeatResponse response_of(HeartbeatReply&& told) {
  ConsumerGroupHeartbeatResponse response;
  response.error_code = static_cast<std::int16_t>(told.error);
  if (!told.error_message.empty()) response.error_message = std::move(told.error_message);
  response.member_id = std::move(told.member_id);
  response.member_epoch = told.member_epoch;
  response.heartbeat_interval_ms = told.heartbeat_interval_ms;
  if (!told.assignment) return response;
  response.assignment = ConsumerGroupHeartbeatResponse::Assignment();
  for (auto& [topic, partitions] : *told.assignment) {
    auto& out = response.assignment->topic_partitions.emplace_back();
    out.topic_id = topic;
    out.partitions = std::move(partitions);
  }
  return response;
}

template <class Assignment>
void put(Assignment& out, std::vector<DescribedTopic>&& topics) {
  for (DescribedTopic& topic : topics) {
    auto& added = out.topic_partitions.emplace_back();
    added.topic_id = topic.id;
    added.topic_name = std::move(topic.name);
    added.partitions = std::move(topic.partitions);
  }
}

ConsumerGroupDescribeResponse::DescribedGroup described(Description&& group, bool with_operations) {
  ConsumerGroupDescribeResponse::DescribedGroup out;
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
    added.instance_id = std::move(member.instance_id);
    added.rack_id = std::move(member.rack_id);
    added.member_epoch = member.epoch;
    added.client_id = std::move(member.client_id);
    added.client_host = std::move(member.client_host);
    added.subscribed_topic_names = std::move(member.topics);
    added.subscribed_topic_regex = std::move(member.regex);
    put(added.assignment, std::move(member.assignment));
    put(added.target_assignment, std::move(member.target));
    added.member_type = member.is_classic ? kClassicMember : kConsumerMember;
  }
  if (with_operations && group.error == ErrorCode::kNone) out.authorized_operations = kGroupOperations;
  return out;
}

}  // namespace

void handle_consumer_group_heartbeat(const RequestContext& context, groups::GroupCoordinator& groups,
                                     const MetadataCache& metadata, ConsumerGroupHeartbeatRequest&& request,
                                     Reply<ConsumerGroupHeartbeatResponse> reply) {
  if (!is_served(groups, metadata)) {
    return reply.send(response_of(HeartbeatReply(ErrorCode::kUnsupportedVersion, "")));
  }
  groups.consumer_heartbeat(command_of(context, std::move(request)),
                            [reply = std::move(reply)](HeartbeatReply&& told) mutable {
                              reply.send(response_of(std::move(told)));
                            });
}

void handle_consumer_group_describe(const RequestContext&, groups::GroupCoordinator& groups,
                                    const MetadataCache& metadata, ConsumerGroupDescribeRequest&& request,
                                    Reply<ConsumerGroupDescribeResponse> reply) {
  ConsumerGroupDescribeResponse response;
  if (!is_served(groups, metadata)) {
    for (std::string& id : request.group_ids) {
      Description refused;
      refused.group_id = std::move(id);
      refused.error = ErrorCode::kUnsupportedVersion;
      response.groups.push_back(described(std::move(refused), false));
    }
    return reply.send(response);
  }
  groups.describe_consumers(std::move(request.group_ids),
                            [with_operations = request.include_authorized_operations,
                             reply = std::move(reply)](std::vector<Description>&& all) mutable {
                              ConsumerGroupDescribeResponse whole;
                              whole.groups.reserve(all.size());
                              for (Description& group : all)
                                whole.groups.push_back(described(std::move(group), with_operations));
                              reply.send(whole);
                            });
}

}  // namespace barnabas::broker
