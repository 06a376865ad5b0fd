#include "broker/handlers/describe_producers.h"

#include "controller/managers/topic_name.h"

namespace barnabas::broker {
namespace {

using protocol::DescribeProducersRequest;
using protocol::DescribeProducersResponse;
using protocol::ErrorCode;

ErrorCode describe(const PartitionManager& partitions, const std::string& topic, std::int32_t index,
                   DescribeProducersResponse::PartitionResponse& response) {
  if (!controller::invalid_topic_name_reason(topic).empty()) return ErrorCode::kInvalidTopicException;
  const auto partition = partitions.find(topic, index);
  if (!partition) return partition.error();
  if (!(*partition)->is_leader()) return ErrorCode::kNotLeaderOrFollower;
  for (const storage::ActiveProducer& known : (*partition)->log().active_producers()) {
    auto& producer = response.active_producers.emplace_back();
    producer.producer_id = known.producer_id;
    producer.producer_epoch = known.producer_epoch;
    producer.last_sequence = known.last_sequence;
    producer.last_timestamp = known.last_timestamp;
    producer.coordinator_epoch = known.coordinator_epoch;
    producer.current_txn_start_offset = known.transaction_start_offset;
  }
  return ErrorCode::kNone;
}

}  // namespace

void handle_describe_producers(const RequestContext&, const PartitionManager& partitions,
                               DescribeProducersRequest&& request, Reply<DescribeProducersResponse> reply) {
  DescribeProducersResponse response;
  for (const auto& topic : request.topics) {
    auto& answered = response.topics.emplace_back();
    answered.name = topic.name;
    for (const std::int32_t index : topic.partition_indexes) {
      auto& partition = answered.partitions.emplace_back();
      partition.partition_index = index;
      partition.error_code = static_cast<std::int16_t>(describe(partitions, topic.name, index, partition));
    }
  }
  reply.send(response);
}

}  // namespace barnabas::broker
