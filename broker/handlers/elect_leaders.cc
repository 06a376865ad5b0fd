#include "broker/handlers/elect_leaders.h"

#include <string>

#include "common/text.h"
#include "controller/commands.h"

namespace barnabas::broker {
namespace {

using controller::ElectedPartition;
using controller::ElectLeadersCommand;
using protocol::ElectLeadersRequest;
using protocol::ElectLeadersResponse;
using protocol::ErrorCode;

ElectLeadersResponse build_response(const std::vector<ElectedPartition>& elected) {
  ElectLeadersResponse response;
  for (const ElectedPartition& partition : elected) {
    auto& topics = response.replica_election_results;
    if (topics.empty() || topics.back().topic != partition.topic)
      topics.emplace_back().topic = partition.topic;
    auto& result = topics.back().partition_result.emplace_back();
    result.partition_id = partition.partition;
    result.error_code = static_cast<std::int16_t>(partition.error.code);
    result.error_message = partition.error.nullable_message();
  }
  return response;
}

}  // namespace

void handle_elect_leaders(const RequestContext&, const AdminService& service, ElectLeadersRequest&& request,
                          Reply<ElectLeadersResponse> reply) {
  if (request.election_type != 0 && request.election_type != 1) {
    ElectLeadersResponse refused;
    refused.error_code = static_cast<std::int16_t>(ErrorCode::kInvalidRequest);
    return reply.send(refused);
  }
  ElectLeadersCommand command;
  command.type = static_cast<controller::ElectionType>(request.election_type);
  if (request.topic_partitions) {
    command.topics.emplace();
    for (auto& topic : *request.topic_partitions) {
      command.topics->emplace_back(std::move(topic.topic), std::move(topic.partitions));
    }
  }
  service.controller.elect_leaders(std::move(command),
                                   [reply = std::move(reply)](std::vector<ElectedPartition> elected) mutable {
                                     reply.send(build_response(elected));
                                   });
}

}  // namespace barnabas::broker
