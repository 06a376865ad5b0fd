#include "broker/handlers/offset_delete.h"

#include <algorithm>

#include "protocol/error_code.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using protocol::OffsetDeleteRequest;
using protocol::OffsetDeleteResponse;

void merge(groups::TopicResult&& deleted, OffsetDeleteResponse& response) {
  auto topic = std::find_if(response.topics.begin(), response.topics.end(),
                            [&](const auto& known) { return known.name == deleted.name; });
  if (topic == response.topics.end()) {
    topic = response.topics.emplace(topic);
    topic->name = std::move(deleted.name);
  }
  for (const auto& partition : deleted.partitions) {
    auto& result = topic->partitions.emplace_back();
    result.partition_index = partition.index;
    result.error_code = static_cast<std::int16_t>(partition.error);
  }
}

}  // namespace

void handle_offset_delete(const RequestContext&, groups::GroupCoordinator& groups,
                          const MetadataCache& metadata, OffsetDeleteRequest&& request,
                          Reply<OffsetDeleteResponse> reply) {
  const auto image = metadata.get();
  groups::DeleteOffsetsCommand command;
  command.group_id = std::move(request.group_id);
  OffsetDeleteResponse unknown;  // what does not exist, answered first as Kafka does
  for (const auto& topic : request.topics) {
    const auto found = image->topic(topic.name);
    groups::OffsetsTopic existing{topic.name, Uuid::zero(), {}};
    OffsetDeleteResponse::OffsetDeleteResponseTopic missing;
    missing.name = topic.name;
    for (const auto& partition : topic.partitions) {
      if (found != nullptr && found->partition(partition.partition_index) != nullptr) {
        existing.partitions.push_back(partition.partition_index);
        continue;
      }
      auto& result = missing.partitions.emplace_back();
      result.partition_index = partition.partition_index;
      result.error_code = static_cast<std::int16_t>(ErrorCode::kUnknownTopicOrPartition);
    }
    if (!existing.partitions.empty()) command.topics.push_back(std::move(existing));
    if (!missing.partitions.empty()) unknown.topics.push_back(std::move(missing));
  }
  groups.delete_offsets(std::move(command), [unknown = std::move(unknown), reply = std::move(reply)](
                                                groups::DeleteOffsetsReply&& deleted) mutable {
    OffsetDeleteResponse response;
    response.error_code = static_cast<std::int16_t>(deleted.error);
    if (deleted.error != ErrorCode::kNone) return reply.send(response);
    response.topics = std::move(unknown.topics);
    for (auto& topic : deleted.topics) merge(std::move(topic), response);
    reply.send(response);
  });
}

}  // namespace barnabas::broker
