#include "broker/handlers/streams_groups.h"

#include <algorithm>
#include <set>

#include "broker/authorized_operations.h"
#include "broker/internal_topics.h"
#include "common/text.h"
#include "controller/managers/topic_name.h"
#include "protocol/messages/streams_group_describe_request.h"
#include "protocol/messages/streams_group_describe_response.h"
#include "protocol/messages/streams_group_heartbeat_request.h"
#include "protocol/messages/streams_group_heartbeat_response.h"

namespace barnabas::broker {
namespace {

using groups::streams::Description;
using groups::streams::HeartbeatCommand;
using groups::streams::HeartbeatReply;
using groups::streams::InternalTopic;
using groups::streams::Status;
using groups::streams::StatusCode;
using groups::streams::TaskSet;
using groups::streams::TopologyValue;
using protocol::ErrorCode;
using protocol::StreamsGroupDescribeRequest;
using protocol::StreamsGroupDescribeResponse;
using protocol::StreamsGroupHeartbeatRequest;
using protocol::StreamsGroupHeartbeatResponse;

constexpr std::string_view kStreamsVersionFeature = "streams.version";
constexpr std::size_t kFailuresInMessage = 3;

bool is_served(const StreamsGroupService& service) {
  return service.groups.settings().streams.enabled &&
         service.metadata.get()->feature(kStreamsVersionFeature) >= 1;
}

// --- From the request ---

TopologyValue::TopicInfo topic_of(StreamsGroupHeartbeatRequest::TopicInfo&& topic) {
  TopologyValue::TopicInfo out;
  out.name = std::move(topic.name);
  out.partitions = topic.partitions;
  out.replication_factor = topic.replication_factor;
  for (auto& config : topic.topic_configs) {
    auto& added = out.topic_configs.emplace_back();
    added.key = std::move(config.key);
    added.value = std::move(config.value);
  }
  return out;
}

TopologyValue topology_of(StreamsGroupHeartbeatRequest::Topology&& topology) {
  TopologyValue out;
  out.epoch = topology.epoch;
  for (auto& subtopology : topology.subtopologies) {
    auto& added = out.subtopologies.emplace_back();
    added.subtopology_id = std::move(subtopology.subtopology_id);
    added.source_topics = std::move(subtopology.source_topics);
    added.source_topic_regex = std::move(subtopology.source_topic_regex);
    added.repartition_sink_topics = std::move(subtopology.repartition_sink_topics);
    for (auto& topic : subtopology.state_changelog_topics) {
      added.state_changelog_topics.push_back(topic_of(std::move(topic)));
    }
    for (auto& topic : subtopology.repartition_source_topics) {
      added.repartition_source_topics.push_back(topic_of(std::move(topic)));
    }
    for (auto& group : subtopology.copartition_groups) {
      auto& copartitioned = added.copartition_groups.emplace_back();
      copartitioned.source_topics = std::move(group.source_topics);
      copartitioned.source_topic_regex = std::move(group.source_topic_regex);
      copartitioned.repartition_source_topics = std::move(group.repartition_source_topics);
    }
  }
  return out;
}

std::optional<TaskSet> tasks_of(
    const std::optional<std::vector<StreamsGroupHeartbeatRequest::TaskIds>>& listed) {
  if (!listed) return std::nullopt;
  TaskSet out;
  for (const auto& tasks : *listed) {
    if (tasks.partitions.empty()) continue;
    out[tasks.subtopology_id].insert(tasks.partitions.begin(), tasks.partitions.end());
  }
  return out;
}

HeartbeatCommand command_of(const RequestContext& context, StreamsGroupHeartbeatRequest&& request) {
  HeartbeatCommand command;
  command.group_id = std::move(request.group_id);
  command.member_id = std::move(request.member_id);
  command.member_epoch = request.member_epoch;
  command.endpoint_epoch = request.endpoint_information_epoch;
  command.instance_id = std::move(request.instance_id);
  command.rack_id = std::move(request.rack_id);
  command.rebalance_timeout_ms = request.rebalance_timeout_ms;
  if (request.topology) command.topology = topology_of(std::move(*request.topology));
  command.active = tasks_of(request.active_tasks);
  command.standby = tasks_of(request.standby_tasks);
  command.warmup = tasks_of(request.warmup_tasks);
  command.process_id = std::move(request.process_id);
  if (request.user_endpoint) {
    command.endpoint =
        groups::streams::Endpoint{std::move(request.user_endpoint->host), request.user_endpoint->port};
  }
  if (request.client_tags) {
    std::map<std::string, std::string> tags;
    for (auto& tag : *request.client_tags) tags[std::move(tag.key)] = std::move(tag.value);
    command.client_tags = std::move(tags);
  }
  command.has_task_offsets = request.task_offsets.has_value();
  command.has_task_end_offsets = request.task_end_offsets.has_value();
  command.shuts_application_down = request.shutdown_application;
  command.client_id = context.client_id_or_empty();
  command.client_host = context.client_host();
  return command;
}

// The sentence about names that no topology may have; empty if all may be.
std::string fault_in_names(const TopologyValue& topology) {
  std::set<std::string_view> seen;
  std::string internal;
  std::string invalid;
  const auto look = [&](const std::string& name) {
    if (!seen.insert(name).second) return;
    if (is_internal_topic(name)) internal += concat(internal.empty() ? "" : ",", name);
    if (!controller::invalid_topic_name_reason(name).empty()) {
      invalid += concat(invalid.empty() ? "" : ",", name);
    }
  };
  for (const auto& subtopology : topology.subtopologies) {
    for (const auto& name : subtopology.source_topics) look(name);
    for (const auto& name : subtopology.repartition_sink_topics) look(name);
    for (const auto& topic : subtopology.repartition_source_topics) look(topic.name);
    for (const auto& topic : subtopology.state_changelog_topics) look(topic.name);
  }
  if (!internal.empty()) {
    return concat("Use of Kafka internal topics ", internal, " in a Kafka Streams topology is prohibited.");
  }
  return invalid.empty() ? "" : concat("Topic names ", invalid, " are not valid topic names.");
}

// --- Into the response ---

template <class TaskIds>
std::vector<TaskIds> listed(const TaskSet& tasks) {
  std::vector<TaskIds> out;
  out.reserve(tasks.size());
  for (const auto& [subtopology, numbers] : tasks) {
    TaskIds& added = out.emplace_back();
    added.subtopology_id = subtopology;
    added.partitions.assign(numbers.begin(), numbers.end());
  }
  return out;
}

std::vector<StreamsGroupHeartbeatResponse::TopicPartition> partitions_of(
    std::vector<groups::streams::EndpointTopic>&& topics) {
  std::vector<StreamsGroupHeartbeatResponse::TopicPartition> out;
  for (auto& topic : topics) {
    auto& added = out.emplace_back();
    added.topic = std::move(topic.name);
    added.partitions = std::move(topic.partitions);
  }
  return out;
}

StreamsGroupHeartbeatResponse response_of(HeartbeatReply&& told) {
  using TaskIds = StreamsGroupHeartbeatResponse::TaskIds;
  StreamsGroupHeartbeatResponse response;
  response.error_code = static_cast<std::int16_t>(told.error);
  if (!told.error_message.empty()) response.error_message = std::move(told.error_message);
  response.member_id = std::move(told.member_id);
  response.member_epoch = told.member_epoch;
  response.heartbeat_interval_ms = told.heartbeat_interval_ms;
  for (Status& status : told.statuses) {
    auto& added = response.status->emplace_back();
    added.status_code = static_cast<std::int8_t>(status.code);
    added.status_detail = std::move(status.detail);
  }
  if (told.assignment) {
    response.active_tasks = listed<TaskIds>(told.assignment->active);
    response.standby_tasks = listed<TaskIds>(told.assignment->standby);
    response.warmup_tasks = listed<TaskIds>(told.assignment->warmup);
  }
  response.endpoint_information_epoch = told.endpoint_epoch;
  if (!told.endpoints) return response;
  std::vector<StreamsGroupHeartbeatResponse::EndpointToPartitions> endpoints;
  for (auto& endpoint : *told.endpoints) {
    auto& added = endpoints.emplace_back();
    added.user_endpoint.host = std::move(endpoint.endpoint.host);
    added.user_endpoint.port = endpoint.endpoint.port;
    added.active_partitions = partitions_of(std::move(endpoint.active));
    added.standby_partitions = partitions_of(std::move(endpoint.standby));
  }
  response.partitions_by_user_endpoint = std::move(endpoints);
  return response;
}

// Has the topics created that the group lacks, and adds to the status why earlier attempts failed.
void create_missing(StreamsTopicCreator& creator, HeartbeatReply& told) {
  std::vector<controller::CreateTopic> wanted;
  for (const InternalTopic& topic : told.missing_topics) {
    auto& added = wanted.emplace_back();
    added.name = topic.name;
    added.partitions = topic.partitions;
    if (topic.replication_factor != 0) added.replication_factor = topic.replication_factor;
    for (const auto& [key, value] : topic.configs) added.configs.emplace_back(key, value);
  }
  if (wanted.empty()) return;
  creator.create(wanted, std::int64_t{2} * told.heartbeat_interval_ms);
  const auto failures = creator.failures(wanted);
  const auto status = std::find_if(told.statuses.begin(), told.statuses.end(), [](const Status& one) {
    return one.code == StatusCode::kMissingInternalTopics;
  });
  if (failures.empty() || status == told.statuses.end()) return;
  std::string text;
  std::size_t shown = 0;
  for (const auto& [topic, reason] : failures) {
    if (shown == kFailuresInMessage) break;
    text += concat(shown++ == 0 ? "" : ", ", topic, " (", reason, ")");
  }
  if (failures.size() > kFailuresInMessage) {
    text += concat(" and ", failures.size() - kFailuresInMessage, " more");
  }
  status->detail += concat("; Creation failed: ", text, ".");
}

void handle_heartbeat(const RequestContext& context, const StreamsGroupService& service,
                      StreamsGroupHeartbeatRequest&& request, Reply<StreamsGroupHeartbeatResponse> reply) {
  if (!is_served(service)) {
    return reply.send(response_of(HeartbeatReply(ErrorCode::kUnsupportedVersion, "")));
  }
  HeartbeatCommand command = command_of(context, std::move(request));
  if (command.topology) {
    if (std::string fault = fault_in_names(*command.topology); !fault.empty()) {
      return reply.send(response_of(HeartbeatReply(ErrorCode::kStreamsInvalidTopology, std::move(fault))));
    }
  }
  service.groups.streams_heartbeat(std::move(command), [&topics = service.topics, reply = std::move(reply)](
                                                           HeartbeatReply&& told) mutable {
    if (told.error == ErrorCode::kNone) create_missing(topics, told);
    reply.send(response_of(std::move(told)));
  });
}

// --- StreamsGroupDescribe ---

std::vector<StreamsGroupDescribeResponse::TopicInfo> topics_of(std::vector<InternalTopic>&& topics) {
  std::vector<StreamsGroupDescribeResponse::TopicInfo> out;
  for (InternalTopic& topic : topics) {
    auto& added = out.emplace_back();
    added.name = std::move(topic.name);
    added.partitions = topic.partitions;
    added.replication_factor = topic.replication_factor;
    for (const auto& [key, value] : topic.configs) {
      auto& config = added.topic_configs.emplace_back();
      config.key = key;
      config.value = value;
    }
  }
  return out;
}

StreamsGroupDescribeResponse::Topology topology_of(
    std::int32_t epoch, std::vector<groups::streams::DescribedSubtopology>&& described) {
  StreamsGroupDescribeResponse::Topology out;
  out.epoch = epoch;
  std::vector<StreamsGroupDescribeResponse::Subtopology> subtopologies;
  for (auto& subtopology : described) {
    auto& added = subtopologies.emplace_back();
    added.subtopology_id = std::move(subtopology.id);
    added.source_topics = std::move(subtopology.source_topics);
    added.repartition_sink_topics = std::move(subtopology.repartition_sink_topics);
    added.state_changelog_topics = topics_of(std::move(subtopology.changelogs));
    added.repartition_source_topics = topics_of(std::move(subtopology.repartition_sources));
  }
  out.subtopologies = std::move(subtopologies);
  return out;
}

StreamsGroupDescribeResponse::Member member_of(groups::streams::DescribedMember&& described) {
  using TaskIds = StreamsGroupDescribeResponse::TaskIds;
  groups::streams::Member& member = described.member;
  StreamsGroupDescribeResponse::Member out;
  out.member_id = std::move(member.id);
  out.member_epoch = member.epoch;
  out.instance_id = std::move(member.instance_id);
  out.rack_id = std::move(member.rack_id);
  out.client_id = std::move(member.client_id);
  out.client_host = std::move(member.client_host);
  out.topology_epoch = member.topology_epoch;
  out.process_id = std::move(member.process_id);
  if (member.endpoint) {
    out.user_endpoint = StreamsGroupDescribeResponse::Endpoint();
    out.user_endpoint->host = std::move(member.endpoint->host);
    out.user_endpoint->port = member.endpoint->port;
  }
  for (const auto& [key, value] : member.client_tags) {
    auto& tag = out.client_tags.emplace_back();
    tag.key = key;
    tag.value = value;
  }
  out.assignment.active_tasks = listed<TaskIds>(groups::streams::numbers_of(member.assigned.active));
  out.assignment.standby_tasks = listed<TaskIds>(member.assigned.standby);
  out.assignment.warmup_tasks = listed<TaskIds>(member.assigned.warmup);
  out.target_assignment.active_tasks = listed<TaskIds>(described.target.active);
  out.target_assignment.standby_tasks = listed<TaskIds>(described.target.standby);
  out.target_assignment.warmup_tasks = listed<TaskIds>(described.target.warmup);
  return out;
}

StreamsGroupDescribeResponse::DescribedGroup described(Description&& group, bool with_operations) {
  StreamsGroupDescribeResponse::DescribedGroup out;
  out.group_id = std::move(group.group_id);
  out.error_code = static_cast<std::int16_t>(group.error);
  if (!group.error_message.empty()) out.error_message = std::move(group.error_message);
  out.group_state = std::move(group.state);
  out.group_epoch = group.epoch;
  out.assignment_epoch = group.target_epoch;
  for (auto& member : group.members) out.members.push_back(member_of(std::move(member)));
  if (group.topology_epoch) out.topology = topology_of(*group.topology_epoch, std::move(group.subtopologies));
  if (with_operations && group.error == ErrorCode::kNone) out.authorized_operations = kGroupOperations;
  return out;
}

void handle_describe(const RequestContext&, const StreamsGroupService& service,
                     StreamsGroupDescribeRequest&& request, Reply<StreamsGroupDescribeResponse> reply) {
  if (!is_served(service)) {
    StreamsGroupDescribeResponse response;
    for (std::string& id : request.group_ids) {
      Description refused;
      refused.group_id = std::move(id);
      refused.error = ErrorCode::kUnsupportedVersion;
      response.groups.push_back(described(std::move(refused), false));
    }
    return reply.send(response);
  }
  service.groups.describe_streams(std::move(request.group_ids),
                                  [with_operations = request.include_authorized_operations,
                                   reply = std::move(reply)](std::vector<Description>&& all) mutable {
                                    StreamsGroupDescribeResponse whole;
                                    for (Description& group : all) {
                                      whole.groups.push_back(described(std::move(group), with_operations));
                                    }
                                    reply.send(whole);
                                  });
}

}  // namespace

void add_streams_group_apis(ApiTable& apis, const StreamsGroupService& service) {
  apis.add<StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatResponse>(
      [&service](const RequestContext& context, auto&& request, auto reply) {
        handle_heartbeat(context, service, std::move(request), std::move(reply));
      });
  apis.add<StreamsGroupDescribeRequest, StreamsGroupDescribeResponse>(
      [&service](const RequestContext& context, auto&& request, auto reply) {
        handle_describe(context, service, std::move(request), std::move(reply));
      });
}

}  // namespace barnabas::broker
