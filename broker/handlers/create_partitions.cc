#include "broker/handlers/create_partitions.h"

#include <map>
#include <string>

#include "controller/commands.h"

namespace barnabas::broker {
namespace {

using controller::ApiError;
using controller::NamedResult;
using protocol::CreatePartitionsRequest;
using protocol::CreatePartitionsResponse;
using protocol::ErrorCode;

void add_result(CreatePartitionsResponse& response, const std::string& name, const ApiError& error) {
  auto& result = response.results.emplace_back();
  result.name = name;
  result.error_code = static_cast<std::int16_t>(error.code);
  result.error_message = error.nullable_message();
}

controller::GrowTopic to_command(CreatePartitionsRequest::CreatePartitionsTopic&& topic) {
  controller::GrowTopic wanted;
  wanted.name = std::move(topic.name);
  wanted.partitions = topic.count;
  if (topic.assignments) {
    wanted.assignments.emplace();
    for (auto& assignment : *topic.assignments)
      wanted.assignments->push_back(std::move(assignment.broker_ids));
  }
  return wanted;
}

}  // namespace

void handle_create_partitions(const RequestContext&, const AdminService& service,
                              CreatePartitionsRequest&& request, Reply<CreatePartitionsResponse> reply) {
  std::map<std::string, int> times;
  for (const auto& topic : request.topics) ++times[topic.name];
  controller::CreatePartitionsCommand command;
  command.validate_only = request.validate_only;
  CreatePartitionsResponse response;
  for (auto& topic : request.topics) {
    int& named = times[topic.name];
    if (named == 1) {
      command.topics.push_back(to_command(std::move(topic)));
    } else if (named > 1) {
      named = 0;  // one answer for all of the name
      add_result(response, topic.name, {ErrorCode::kInvalidRequest, "Duplicate topic name."});
    }
  }
  if (command.topics.empty()) return reply.send(response);
  service.controller.create_partitions(
      std::move(command),
      [response = std::move(response), reply = std::move(reply)](std::vector<NamedResult> results) mutable {
        for (const NamedResult& result : results) add_result(response, result.name, result.error);
        reply.send(response);
      });
}

}  // namespace barnabas::broker
