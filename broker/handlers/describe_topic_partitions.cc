#include "broker/handlers/describe_topic_partitions.h"

#include <algorithm>
#include <set>
#include <string>

#include "broker/authorized_operations.h"
#include "broker/internal_topics.h"
#include "controller/managers/topic_name.h"
#include "protocol/error_code.h"

namespace barnabas::broker {
namespace {

using controller::MetadataImage;
using controller::PartitionImage;
using controller::TopicImage;
using protocol::DescribeTopicPartitionsRequest;
using protocol::DescribeTopicPartitionsResponse;
using protocol::ErrorCode;

// max.request.partition.size.limit
constexpr std::int32_t kMaxPartitions = 2000;

// One page, built topic by topic in the order of their names until it is full.
class Page {
 public:
  Page(const MetadataImage& image, const std::string& listener, std::int32_t limit)
      : image_(image), listener_(listener), left_(limit) {}

  // False when the page ends before or within the topic; the cursor then says where to go on.
  bool add(const TopicImage& topic, std::int32_t first) {
    if (left_ == 0) {
      stop_at(topic.name, first);
      return false;
    }
    auto& added = add_named(topic.name, ErrorCode::kNone);
    added.topic_id = topic.id;
    added.topic_authorized_operations = kTopicOperations;
    for (std::int32_t number = first; number < topic.partition_count(); ++number) {
      const PartitionImage* partition = topic.partition(number);
      if (partition == nullptr) continue;
      if (left_ == 0) {
        stop_at(topic.name, number);
        return false;
      }
      add_partition(added.partitions.emplace_back(), number, *partition);
      --left_;
    }
    return true;
  }
  void add_error(const std::string& name, ErrorCode error) { add_named(name, error); }
  const DescribeTopicPartitionsResponse& response() const { return response_; }

 private:
  using Topic = DescribeTopicPartitionsResponse::DescribeTopicPartitionsResponseTopic;
  using Partition = DescribeTopicPartitionsResponse::DescribeTopicPartitionsResponsePartition;

  Topic& add_named(const std::string& name, ErrorCode error) {
    auto& added = response_.topics.emplace_back();
    added.name = name;
    added.error_code = static_cast<std::int16_t>(error);
    added.is_internal = is_internal_topic(name);
    return added;
  }

  void add_partition(Partition& added, std::int32_t number, const PartitionImage& partition) const {
    added.partition_index = number;
    added.leader_epoch = partition.leader_epoch;
    added.replica_nodes = partition.replicas;
    added.isr_nodes = partition.isr;
    added.eligible_leader_replicas = partition.elr;
    added.last_known_elr = partition.last_known_elr;
    for (const std::int32_t replica : partition.replicas) {
      if (!image_.broker_active(replica)) added.offline_replicas.push_back(replica);
    }
    added.leader_id = partition.leader;
    const auto* leader = image_.broker(partition.leader);
    if (!partition.has_leader() || leader == nullptr || !leader->active()) {
      added.error_code = static_cast<std::int16_t>(ErrorCode::kLeaderNotAvailable);
      added.leader_id = controller::kNoLeader;
    } else if (leader->endpoint(listener_) == nullptr) {
      added.error_code = static_cast<std::int16_t>(ErrorCode::kListenerNotFound);
      added.leader_id = controller::kNoLeader;
    }
  }

  void stop_at(const std::string& topic, std::int32_t partition) {
    DescribeTopicPartitionsResponse::Cursor cursor;
    cursor.topic_name = topic;
    cursor.partition_index = partition;
    response_.next_cursor = std::move(cursor);
  }

  const MetadataImage& image_;
  const std::string& listener_;
  std::int32_t left_;
  DescribeTopicPartitionsResponse response_;
};

}  // namespace

void handle_describe_topic_partitions(const RequestContext& context, const AdminService& service,
                                      DescribeTopicPartitionsRequest&& request,
                                      Reply<DescribeTopicPartitionsResponse> reply) {
  const auto image = service.metadata.get();
  const bool all = request.topics.empty();
  std::set<std::string> names;
  for (const auto& topic : request.topics) names.insert(topic.name);
  if (all) image->for_each_topic([&](const auto& topic) { names.insert(topic->name); });

  const auto& cursor = request.cursor;
  // Kafka refuses a negative start, and its answer has no place for an error but a topic.
  const bool bad_cursor = cursor && cursor->partition_index < 0;
  Page page(*image, context.client->listener,
            std::clamp(request.response_partition_limit, 1, kMaxPartitions));
  for (const std::string& name : names) {
    if (cursor && name < cursor->topic_name) continue;
    if (bad_cursor) {
      page.add_error(name, ErrorCode::kInvalidRequest);
      continue;
    }
    const auto topic = image->topic(name);
    if (!topic) {
      const bool bad_name = !controller::invalid_topic_name_reason(name).empty();
      page.add_error(name,
                     bad_name ? ErrorCode::kInvalidTopicException : ErrorCode::kUnknownTopicOrPartition);
      continue;
    }
    const bool resumed = cursor && name == cursor->topic_name;
    if (!page.add(*topic, resumed ? cursor->partition_index : 0)) break;
  }
  reply.send(page.response());
}

}  // namespace barnabas::broker
