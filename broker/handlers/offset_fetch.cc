#include "broker/handlers/offset_fetch.h"

#include "broker/coordination/gathering.h"
#include "protocol/error_code.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;
using RequestGroup = OffsetFetchRequest::OffsetFetchRequestGroup;

constexpr std::int16_t kFirstVersionWithGroupError = 2;
constexpr std::int16_t kFirstVersionWithManyGroups = 8;
constexpr std::int16_t kFirstVersionWithTopicIds = 10;

// One group's question, its topics by name, and what is answered without the coordinator.
struct Question {
  groups::FetchOffsetsCommand command;
  std::vector<groups::FetchedTopic> unknown;  // topic ids that no topic has
};

groups::FetchedTopic unknown_topic(const Uuid& topic_id, const std::vector<std::int32_t>& partitions) {
  groups::FetchedTopic out;
  out.topic_id = topic_id;
  for (const std::int32_t partition : partitions) {
    auto& result = out.partitions.emplace_back();
    result.index = partition;
    result.error = ErrorCode::kUnknownTopicId;
  }
  return out;
}

Question question_of(const controller::MetadataImage& image, RequestGroup&& group, bool require_stable,
                     std::int16_t version) {
  Question question;
  question.command.group_id = std::move(group.group_id);
  question.command.require_stable = require_stable;
  question.command.member_id = std::move(group.member_id);
  question.command.member_epoch = group.member_epoch;
  if (!group.topics) return question;
  auto& topics = question.command.topics.emplace();
  for (auto& topic : *group.topics) {
    if (version >= kFirstVersionWithTopicIds) {
      const auto found = image.topic(topic.topic_id);
      if (found == nullptr) {
        question.unknown.push_back(unknown_topic(topic.topic_id, topic.partition_indexes));
        continue;
      }
      topic.name = found->name;
    }
    topics.push_back({std::move(topic.name), topic.topic_id, std::move(topic.partition_indexes)});
  }
  return question;
}

// Versions 0-7 ask for one group, with the structs of their own.
RequestGroup only_group(OffsetFetchRequest&& request) {
  RequestGroup group;
  group.group_id = std::move(request.group_id);
  if (!request.topics) {
    group.topics.reset();
    return group;
  }
  for (auto& topic : *request.topics) {
    auto& out = group.topics->emplace_back();
    out.name = std::move(topic.name);
    out.partition_indexes = std::move(topic.partition_indexes);
  }
  return group;
}

template <class Partition>
void put(Partition& out, groups::FetchedOffset&& from) {
  out.partition_index = from.index;
  out.committed_offset = from.offset;
  out.committed_leader_epoch = from.leader_epoch;
  out.metadata = std::move(from.metadata);
  out.error_code = static_cast<std::int16_t>(from.error);
}

OffsetFetchResponse::OffsetFetchResponseGroup group_of(const controller::MetadataImage& image,
                                                       groups::FetchOffsetsReply&& fetched, bool all,
                                                       std::int16_t version) {
  OffsetFetchResponse::OffsetFetchResponseGroup out;
  out.group_id = std::move(fetched.group_id);
  out.error_code = static_cast<std::int16_t>(fetched.error);
  if (fetched.error != ErrorCode::kNone) return out;
  for (auto& topic : fetched.topics) {
    if (version >= kFirstVersionWithTopicIds && all && topic.topic_id.is_zero()) {
      // The commit named no id; without a topic of the name now, there is none to give.
      const auto found = image.topic(topic.name);
      if (found == nullptr) continue;
      topic.topic_id = found->id;
    }
    auto& added = out.topics.emplace_back();
    added.name = std::move(topic.name);
    added.topic_id = topic.topic_id;
    added.partitions.reserve(topic.partitions.size());
    for (auto& partition : topic.partitions) put(added.partitions.emplace_back(), std::move(partition));
  }
  return out;
}

// The form of versions 0-7. Before version 2 an error could be said per partition alone.
OffsetFetchResponse response_of_one(groups::FetchOffsetsReply&& fetched,
                                    const groups::FetchOffsetsCommand& asked, std::int16_t version) {
  OffsetFetchResponse response;
  if (fetched.error != ErrorCode::kNone && version >= kFirstVersionWithGroupError) {
    response.error_code = static_cast<std::int16_t>(fetched.error);
    return response;
  }
  if (fetched.error != ErrorCode::kNone && asked.topics) {
    for (const auto& topic : *asked.topics) {
      auto& failed = fetched.topics.emplace_back();
      failed.name = topic.name;
      for (const std::int32_t partition : topic.partitions) {
        auto& result = failed.partitions.emplace_back();
        result.index = partition;
        result.error = fetched.error;
      }
    }
  }
  for (auto& topic : fetched.topics) {
    auto& added = response.topics.emplace_back();
    added.name = std::move(topic.name);
    for (auto& partition : topic.partitions) put(added.partitions.emplace_back(), std::move(partition));
  }
  return response;
}

}  // namespace

void handle_offset_fetch(const RequestContext& context, groups::GroupCoordinator& groups,
                         const MetadataCache& metadata, OffsetFetchRequest&& request,
                         Reply<OffsetFetchResponse> reply) {
  const auto image = metadata.get();
  const std::int16_t version = context.api_version;
  const bool require_stable = request.require_stable;
  if (version < kFirstVersionWithManyGroups) {
    Question question = question_of(*image, only_group(std::move(request)), require_stable, version);
    groups::FetchOffsetsCommand asked = question.command;
    return groups.fetch_offsets(
        std::move(question.command),
        [asked = std::move(asked), reply = std::move(reply)](groups::FetchOffsetsReply&& fetched) mutable {
          reply.send(response_of_one(std::move(fetched), asked, reply.version()));
        });
  }
  std::vector<OffsetFetchResponse::OffsetFetchResponseGroup> empty(request.groups.size());
  const auto gathering = std::make_shared<coordination::Gathering<decltype(empty)>>(
      std::move(empty), request.groups.size(), [reply = std::move(reply)](auto&& all) mutable {
        OffsetFetchResponse response;
        response.groups = std::move(all);
        reply.send(response);
      });
  for (std::size_t i = 0; i < request.groups.size(); ++i) {
    Question question = question_of(*image, std::move(request.groups[i]), require_stable, version);
    const bool all = !question.command.topics.has_value();
    groups.fetch_offsets(std::move(question.command), [gathering, image, i, all, version,
                                                       unknown = std::move(question.unknown)](
                                                          groups::FetchOffsetsReply&& fetched) mutable {
      std::move(unknown.begin(), unknown.end(), std::back_inserter(fetched.topics));
      gathering->part([&](auto& parts) { parts[i] = group_of(*image, std::move(fetched), all, version); });
    });
  }
}

}  // namespace barnabas::broker
