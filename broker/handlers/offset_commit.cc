#include "broker/handlers/offset_commit.h"

#include "protocol/error_code.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;

constexpr std::int16_t kFirstVersionWithGroupNotFound = 9;
constexpr std::int16_t kFirstVersionWithTopicIds = 10;

// A commit split into what the coordinator gets and where its results go in the answer.
struct Split {
  struct Place {
    std::size_t topic;
    std::vector<std::size_t> partitions;
  };
  groups::CommitCommand command;
  std::vector<Place> places;  // as command.topics
  OffsetCommitResponse response;
};

std::shared_ptr<const controller::TopicImage> topic_of(
    const controller::MetadataImage& image, const OffsetCommitRequest::OffsetCommitRequestTopic& topic,
    std::int16_t version) {
  return version >= kFirstVersionWithTopicIds ? image.topic(topic.topic_id) : image.topic(topic.name);
}

// Everything that does not exist is answered here, in its place.
void split_topic(const controller::MetadataImage& image,
                 OffsetCommitRequest::OffsetCommitRequestTopic&& topic, std::int16_t version, Split& split) {
  const auto found = topic_of(image, topic, version);
  auto& answer = split.response.topics.emplace_back();
  answer.name = topic.name;
  answer.topic_id = topic.topic_id;
  const bool by_id = version >= kFirstVersionWithTopicIds;
  groups::CommitTopic commit;
  commit.topic_id = topic.topic_id;
  commit.name = found != nullptr ? found->name : std::string();
  Split::Place place{split.response.topics.size() - 1, {}};
  for (auto& partition : topic.partitions) {
    auto& result = answer.partitions.emplace_back();
    result.partition_index = partition.partition_index;
    if (found == nullptr || found->partition(partition.partition_index) == nullptr) {
      result.error_code = static_cast<std::int16_t>(
          by_id && found == nullptr ? ErrorCode::kUnknownTopicId : ErrorCode::kUnknownTopicOrPartition);
      continue;
    }
    place.partitions.push_back(answer.partitions.size() - 1);
    commit.partitions.push_back({partition.partition_index, partition.committed_offset,
                                 partition.committed_leader_epoch, std::move(partition.committed_metadata)});
  }
  if (commit.partitions.empty()) return;
  split.command.topics.push_back(std::move(commit));
  split.places.push_back(std::move(place));
}

void merge(const groups::CommitReply& committed, const std::vector<Split::Place>& places,
           OffsetCommitResponse& response) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto& topic = response.topics[places[i].topic];
    for (std::size_t k = 0; k < places[i].partitions.size(); ++k) {
      const ErrorCode error =
          committed.error != ErrorCode::kNone ? committed.error : committed.topics[i].partitions[k].error;
      topic.partitions[places[i].partitions[k]].error_code = static_cast<std::int16_t>(error);
    }
  }
}

}  // namespace

void handle_offset_commit(const RequestContext& context, groups::GroupCoordinator& groups,
                          const MetadataCache& metadata, OffsetCommitRequest&& request,
                          Reply<OffsetCommitResponse> reply) {
  Split split;
  split.command.group_id = std::move(request.group_id);
  split.command.generation_id = request.generation_id_or_member_epoch;
  split.command.member_id = std::move(request.member_id);
  split.command.instance_id = std::move(request.group_instance_id);
  split.command.retention_ms = request.retention_time_ms;
  split.command.expects_group_not_found = context.api_version >= kFirstVersionWithGroupNotFound;
  const auto image = metadata.get();
  for (auto& topic : request.topics) split_topic(*image, std::move(topic), context.api_version, split);
  if (split.places.empty()) return reply.send(split.response);
  groups.commit_offsets(std::move(split.command),
                        [places = std::move(split.places), response = std::move(split.response),
                         reply = std::move(reply)](groups::CommitReply&& committed) mutable {
                          merge(committed, places, response);
                          reply.send(response);
                        });
}

}  // namespace barnabas::broker
