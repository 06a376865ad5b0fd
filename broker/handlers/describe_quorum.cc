#include "broker/handlers/describe_quorum.h"

#include <memory>
#include <string_view>

#include "protocol/error_code.h"

namespace barnabas::broker {
namespace {

using controller::QuorumDescription;
using controller::ReplicaProgress;
using protocol::DescribeQuorumRequest;
using protocol::DescribeQuorumResponse;
using protocol::ErrorCode;

constexpr std::string_view kTopic = "__cluster_metadata";

void add_replicas(std::vector<DescribeQuorumResponse::ReplicaState>& states,
                  const std::vector<ReplicaProgress>& replicas) {
  for (const ReplicaProgress& replica : replicas) {
    auto& state = states.emplace_back();
    state.replica_id = replica.key.id;
    state.replica_directory_id = replica.key.directory_id;
    state.log_end_offset = replica.log_end_offset;
    state.last_fetch_timestamp = replica.last_fetch_ms;
    state.last_caught_up_timestamp = replica.last_caught_up_ms;
  }
}

DescribeQuorumResponse build_response(const DescribeQuorumRequest& request, const QuorumDescription& quorum,
                                      std::int16_t version) {
  DescribeQuorumResponse response;
  response.error_message.reset();
  for (const auto& topic : request.topics) {
    auto& described = response.topics.emplace_back();
    described.topic_name = topic.topic_name;
    for (const auto& partition : topic.partitions) {
      auto& state = described.partitions.emplace_back();
      state.partition_index = partition.partition_index;
      state.error_message.reset();
      if (topic.topic_name != kTopic || partition.partition_index != 0) {
        state.error_code = static_cast<std::int16_t>(ErrorCode::kUnknownTopicOrPartition);
        state.error_message = std::string(protocol::error_message(ErrorCode::kUnknownTopicOrPartition));
        continue;
      }
      state.leader_id = quorum.leader_id;
      state.leader_epoch = quorum.leader_epoch;
      state.high_watermark = quorum.high_watermark;
      add_replicas(state.current_voters, quorum.voters);
      add_replicas(state.observers, quorum.observers);
    }
  }
  if (version < 2) return response;
  for (const controller::Voter& voter : quorum.nodes) {
    auto& node = response.nodes.emplace_back();
    node.node_id = voter.key.id;
    for (const auto& endpoint : voter.endpoints) {
      auto& listener = node.listeners.emplace_back();
      listener.name = endpoint.listener;
      listener.host = endpoint.host;
      listener.port = endpoint.port;
    }
  }
  return response;
}

}  // namespace

void handle_describe_quorum(const RequestContext& context, const AdminService& service,
                            DescribeQuorumRequest&& request, Reply<DescribeQuorumResponse> reply) {
  service.controller.describe_quorum([request = std::move(request), reply = std::move(reply),
                                      version = context.api_version](QuorumDescription quorum) mutable {
    reply.send(build_response(request, quorum, version));
  });
}

}  // namespace barnabas::broker
