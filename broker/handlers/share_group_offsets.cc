#include "broker/handlers/share_group_offsets.h"

#include "broker/coordination/gathering.h"
#include "broker/error_mapping.h"
#include "broker/handlers/share_groups.h"
#include "protocol/error_code.h"
#include "protocol/messages/alter_share_group_offsets_request.h"
#include "protocol/messages/alter_share_group_offsets_response.h"
#include "protocol/messages/delete_share_group_offsets_request.h"
#include "protocol/messages/delete_share_group_offsets_response.h"
#include "protocol/messages/describe_share_group_offsets_request.h"
#include "protocol/messages/describe_share_group_offsets_response.h"

namespace barnabas::broker {
namespace {

using coordination::Answerer;
using coordination::Gathering;
using groups::share::TopicPartitions;
using protocol::AlterShareGroupOffsetsRequest;
using protocol::AlterShareGroupOffsetsResponse;
using protocol::DeleteShareGroupOffsetsRequest;
using protocol::DeleteShareGroupOffsetsResponse;
using protocol::DescribeShareGroupOffsetsRequest;
using protocol::DescribeShareGroupOffsetsResponse;
using protocol::ErrorCode;
using GroupRequest = DescribeShareGroupOffsetsRequest::DescribeShareGroupOffsetsRequestGroup;
using GroupResponse = DescribeShareGroupOffsetsResponse::DescribeShareGroupOffsetsResponseGroup;
using TopicResponse = DescribeShareGroupOffsetsResponse::DescribeShareGroupOffsetsResponseTopic;
using PartitionResponse = DescribeShareGroupOffsetsResponse::DescribeShareGroupOffsetsResponsePartition;

constexpr std::int64_t kUnknownOffset = -1;
constexpr std::int64_t kUnknownLag = -1;

template <class At>
void put_error(At& at, ErrorCode error, std::string_view message = {}) {
  at.error_code = static_cast<std::int16_t>(error);
  if (error == ErrorCode::kNone) return;
  at.error_message = std::string(message.empty() ? protocol::error_message(error) : message);
}

// --- DescribeShareGroupOffsets ---

// A lag is known once the state has a start and somebody has counted what is done behind it (KIP-1226).
void put_summary(const share::StateSummary& summary, const PartitionManager& partitions,
                 const std::string& topic, PartitionResponse& out) {
  out.start_offset = kUnknownOffset;
  out.lag = kUnknownLag;
  if (summary.result.error != ErrorCode::kNone) return;
  out.start_offset = summary.start_offset;
  out.leader_epoch = summary.leader_epoch;
  if (summary.start_offset == kUnknownOffset || summary.delivery_complete_count == -1) return;
  const auto partition = partitions.find(topic, out.partition_index);
  if (!partition) {
    out.start_offset = 0;
    out.leader_epoch = 0;
    return put_error(out, partition.error());
  }
  out.lag = (*partition)->log().high_watermark() - summary.start_offset - summary.delivery_complete_count;
}

// Fills in what the summaries say of the topics that have an id, and answers.
void describe_states(const ShareGroupService& service, GroupResponse group,
                     Answerer<GroupResponse> answerer) {
  std::size_t count = 0;
  for (const TopicResponse& topic : group.topics) {
    if (topic.topic_id != Uuid()) count += topic.partitions.size();
  }
  const GroupResponse asked = group;
  const auto gathering =
      std::make_shared<Gathering<GroupResponse>>(std::move(group), count, std::move(answerer));
  for (std::size_t i = 0; i < asked.topics.size(); ++i) {
    const TopicResponse& topic = asked.topics[i];
    if (topic.topic_id == Uuid()) continue;
    for (std::size_t j = 0; j < topic.partitions.size(); ++j) {
      service.persister.read_summary({asked.group_id, topic.topic_id, topic.partitions[j].partition_index}, 0,
                                     [gathering, i, j, &partitions = service.partitions,
                                      name = topic.topic_name](share::StateSummary&& summary) {
                                       gathering->part([&](GroupResponse& all) {
                                         put_summary(summary, partitions, name, all.topics[i].partitions[j]);
                                       });
                                     });
    }
  }
}

TopicResponse topic_of(std::string name, const Uuid& id, const std::vector<std::int32_t>& partitions) {
  TopicResponse out;
  out.topic_name = std::move(name);
  out.topic_id = id;
  for (const std::int32_t index : partitions) {
    PartitionResponse& partition = out.partitions.emplace_back();
    partition.partition_index = index;
    partition.start_offset = kUnknownOffset;
  }
  return out;
}

void describe_all(const ShareGroupService& service, std::string group_id, Answerer<GroupResponse> answerer) {
  service.groups.share_partitions(group_id, [&service, group_id, answerer = std::move(answerer)](
                                                groups::share::InitializedPartitions&& initialized) mutable {
    GroupResponse group;
    group.group_id = group_id;
    if (initialized.error != ErrorCode::kNone) {
      put_error(group, initialized.error);
      return answerer(std::move(group));
    }
    const auto image = service.metadata.get();
    for (const auto& [id, partitions] : initialized.partitions) {
      if (const auto topic = image->topic(id)) {
        group.topics.push_back(topic_of(topic->name, id, partitions));
      }
    }
    describe_states(service, std::move(group), std::move(answerer));
  });
}

void describe(const ShareGroupService& service, GroupRequest&& request, Answerer<GroupResponse> answerer) {
  GroupResponse group;
  group.group_id = request.group_id;
  if (!serves_share_groups(service.metadata)) {
    group.error_code = static_cast<std::int16_t>(ErrorCode::kUnsupportedVersion);
    return answerer(std::move(group));
  }
  if (!request.topics) return describe_all(service, std::move(request.group_id), std::move(answerer));
  // Topics that do not exist come last, as in Kafka.
  const auto image = service.metadata.get();
  std::vector<TopicResponse> unknown;
  for (auto& topic : *request.topics) {
    const auto known = image->topic(topic.topic_name);
    auto& place = known ? group.topics : unknown;
    place.push_back(topic_of(std::move(topic.topic_name), known ? known->id : Uuid(), topic.partitions));
  }
  std::move(unknown.begin(), unknown.end(), std::back_inserter(group.topics));
  describe_states(service, std::move(group), std::move(answerer));
}

void handle_describe(const ShareGroupService& service, DescribeShareGroupOffsetsRequest&& request,
                     Reply<DescribeShareGroupOffsetsResponse> reply) {
  const std::size_t count = request.groups.size();
  const auto gathering = std::make_shared<Gathering<DescribeShareGroupOffsetsResponse>>(
      [&] {
        DescribeShareGroupOffsetsResponse response;
        response.groups.resize(count);
        return response;
      }(),
      count,
      [reply = std::move(reply)](DescribeShareGroupOffsetsResponse&& response) mutable {
        reply.send(response);
      });
  for (std::size_t i = 0; i < count; ++i) {
    describe(service, std::move(request.groups[i]), [gathering, i](GroupResponse&& group) {
      gathering->part([&](auto& response) { response.groups[i] = std::move(group); });
    });
  }
}

// --- AlterShareGroupOffsets ---

void put_topic(groups::share::AlteredTopic&& topic, AlterShareGroupOffsetsResponse& out) {
  auto& added = out.responses.emplace_back();
  added.topic_name = std::move(topic.name);
  added.topic_id = topic.topic_id;
  for (const auto& partition : topic.partitions) {
    auto& told = added.partitions.emplace_back();
    told.partition_index = partition.partition;
    put_error(told, partition.error);
  }
}

void handle_alter(const ShareGroupService& service, AlterShareGroupOffsetsRequest&& request,
                  Reply<AlterShareGroupOffsetsResponse> reply) {
  AlterShareGroupOffsetsResponse response;
  if (!serves_share_groups(service.metadata)) {
    put_error(response, ErrorCode::kUnsupportedVersion);
    return reply.send(response);
  }
  groups::share::AlterOffsetsCommand command;
  command.group_id = std::move(request.group_id);
  for (auto& topic : request.topics) {
    auto& added = command.topics.emplace_back();
    added.name = std::move(topic.topic_name);
    for (const auto& partition : topic.partitions) {
      added.partitions.push_back({partition.partition_index, partition.start_offset});
    }
  }
  service.groups.alter_share_offsets(
      std::move(command), [reply = std::move(reply)](groups::share::AlterOffsetsReply&& told) mutable {
        AlterShareGroupOffsetsResponse out;
        put_error(out, told.error, told.error_message);
        if (told.error != ErrorCode::kNone) return reply.send(out);
        // Topics that do not exist come first, as in Kafka.
        for (const bool exists : {false, true}) {
          for (auto& topic : told.topics) {
            if ((topic.topic_id != Uuid()) == exists) put_topic(std::move(topic), out);
          }
        }
        reply.send(out);
      });
}

// --- DeleteShareGroupOffsets ---

void handle_delete(const ShareGroupService& service, DeleteShareGroupOffsetsRequest&& request,
                   Reply<DeleteShareGroupOffsetsResponse> reply) {
  DeleteShareGroupOffsetsResponse response;
  if (!serves_share_groups(service.metadata)) {
    put_error(response, ErrorCode::kUnsupportedVersion);
    return reply.send(response);
  }
  groups::share::DeleteOffsetsCommand command;
  command.group_id = std::move(request.group_id);
  for (auto& topic : request.topics) command.topics.push_back(std::move(topic.topic_name));
  service.groups.delete_share_offsets(
      std::move(command), [reply = std::move(reply)](groups::share::DeleteOffsetsReply&& told) mutable {
        DeleteShareGroupOffsetsResponse out;
        put_error(out, told.error, told.error_message);
        if (told.error != ErrorCode::kNone) return reply.send(out);
        for (auto& topic : told.topics) {
          auto& added = out.responses.emplace_back();
          added.topic_name = std::move(topic.name);
          added.topic_id = topic.topic_id;
          put_error(added, topic.error, topic.error_message);
        }
        reply.send(out);
      });
}

}  // namespace

void add_share_group_apis(ApiTable& apis, const ShareGroupService& service) {
  using namespace protocol;
  apis.add<ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse>(
      [&service](const RequestContext& context, auto&& request, auto reply) {
        handle_share_group_heartbeat(context, service.groups, service.metadata, std::move(request),
                                     std::move(reply));
      });
  apis.add<ShareGroupDescribeRequest, ShareGroupDescribeResponse>(
      [&service](const RequestContext& context, auto&& request, auto reply) {
        handle_share_group_describe(context, service.groups, service.metadata, std::move(request),
                                    std::move(reply));
      });
  apis.add<DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsResponse>(
      [&service](const RequestContext&, auto&& request, auto reply) {
        handle_describe(service, std::move(request), std::move(reply));
      });
  apis.add<AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse>(
      [&service](const RequestContext&, auto&& request, auto reply) {
        handle_alter(service, std::move(request), std::move(reply));
      });
  apis.add<DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse>(
      [&service](const RequestContext&, auto&& request, auto reply) {
        handle_delete(service, std::move(request), std::move(reply));
      });
}

}  // namespace barnabas::broker
