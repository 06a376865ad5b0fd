#include "broker/handlers/share_state.h"

#include <memory>
#include <utility>
#include <vector>

#include "broker/coordination/gathering.h"

namespace barnabas::broker {
namespace {

using coordination::Answerer;
using share::PartitionState;
using share::Persister;
using share::SharePartitionKey;
using share::StateBatch;
using share::StateResult;
using share::StateSummary;
using share::StateWrite;

const StateResult& result_of(const StateResult& answer) {
  return answer;
}

template <class Answer>
const StateResult& result_of(const Answer& answer) {
  return answer.result;
}

// What goes beyond the error, for partitions that have none.
template <class Result>
void fill(const StateResult&, Result&) {}

void fill(PartitionState& state, protocol::ReadShareGroupStateResponse::PartitionResult& out) {
  out.state_epoch = state.state_epoch;
  out.start_offset = state.start_offset;
  out.state_batches.reserve(state.batches.size());
  for (const StateBatch& batch : state.batches) {
    auto& added = out.state_batches.emplace_back();
    added.first_offset = batch.first_offset;
    added.last_offset = batch.last_offset;
    added.delivery_state = batch.delivery_state;
    added.delivery_count = batch.delivery_count;
  }
}

void fill(StateSummary& state, protocol::ReadShareGroupStateSummaryResponse::PartitionResult& out) {
  out.state_epoch = state.state_epoch;
  out.leader_epoch = state.leader_epoch;
  out.start_offset = state.start_offset;
  out.delivery_complete_count = state.delivery_complete_count;
}

// `answers` are in the order of the request's partitions.
template <class Response, class Answer, class Request>
Response response_of(const Request& request, std::vector<Answer>& answers) {
  Response response;
  auto answer = answers.begin();
  for (const auto& topic : request.topics) {
    if (topic.partitions.empty()) continue;
    auto& results = response.results.emplace_back();
    results.topic_id = topic.topic_id;
    for (const auto& partition : topic.partitions) {
      auto& out = results.partitions.emplace_back();
      out.partition = partition.partition;
      const StateResult& result = result_of(*answer);
      out.error_code = static_cast<std::int16_t>(result.error);
      if (result.error == protocol::ErrorCode::kNone) {
        fill(*answer, out);
      } else {
        out.error_message = result.error_message;
      }
      ++answer;
    }
  }
  return response;
}

template <class Request>
bool is_complete(const Request& request) {
  if (request.group_id.empty() || request.topics.empty()) return false;
  if constexpr (std::is_same_v<Request, protocol::InitializeShareGroupStateRequest>) return true;
  for (const auto& topic : request.topics) {
    if (topic.partitions.empty()) return false;
  }
  return true;
}

// Asks for every partition and answers when all have been answered.
//   ask: void(SharePartitionKey, Partition of the request, Answerer<Answer>)
template <class Answer, class Request, class Response, class Ask>
void answer_partitions(Request&& request, Reply<Response> reply, Ask ask) {
  if (!is_complete(request)) return reply.send(Response());
  std::size_t count = 0;
  for (const auto& topic : request.topics) count += topic.partitions.size();
  const auto kept = std::make_shared<Request>(std::move(request));
  const auto gathering = std::make_shared<coordination::Gathering<std::vector<Answer>>>(
      std::vector<Answer>(count), count,
      [kept, reply = std::move(reply)](std::vector<Answer>&& answers) mutable {
        reply.send(response_of<Response, Answer>(*kept, answers));
      });
  std::size_t index = 0;
  for (const auto& topic : kept->topics) {
    for (const auto& partition : topic.partitions) {
      ask(SharePartitionKey{kept->group_id, topic.topic_id, partition.partition}, partition,
          [gathering, i = index++](Answer&& answer) {
            gathering->part([&](std::vector<Answer>& all) { all[i] = std::move(answer); });
          });
    }
  }
}

StateWrite to_write(const protocol::WriteShareGroupStateRequest::PartitionData& partition) {
  StateWrite write;
  write.state_epoch = partition.state_epoch;
  write.leader_epoch = partition.leader_epoch;
  write.start_offset = partition.start_offset;
  write.delivery_complete_count = partition.delivery_complete_count;
  write.batches.reserve(partition.state_batches.size());
  for (const auto& batch : partition.state_batches) {
    write.batches.push_back(
        {batch.first_offset, batch.last_offset, batch.delivery_state, batch.delivery_count});
  }
  return write;
}

template <class Request, class Response, class Handler>
void add_api(ApiTable& apis, Persister& coordinator, Handler handler) {
  apis.add<Request, Response>(
      [&coordinator, handler](const RequestContext& context, Request&& request, Reply<Response> reply) {
        handler(context, coordinator, std::move(request), std::move(reply));
      });
}

}  // namespace

void handle_initialize_share_group_state(const RequestContext&, Persister& coordinator,
                                         protocol::InitializeShareGroupStateRequest&& request,
                                         Reply<protocol::InitializeShareGroupStateResponse> reply) {
  answer_partitions<StateResult>(
      std::move(request), std::move(reply),
      [&](SharePartitionKey key, const auto& partition, Answerer<StateResult> answerer) {
        coordinator.initialize(std::move(key), partition.state_epoch, partition.start_offset,
                               std::move(answerer));
      });
}

void handle_read_share_group_state(const RequestContext&, Persister& coordinator,
                                   protocol::ReadShareGroupStateRequest&& request,
                                   Reply<protocol::ReadShareGroupStateResponse> reply) {
  answer_partitions<PartitionState>(
      std::move(request), std::move(reply),
      [&](SharePartitionKey key, const auto& partition, Answerer<PartitionState> answerer) {
        coordinator.read(std::move(key), partition.leader_epoch, std::move(answerer));
      });
}

void handle_write_share_group_state(const RequestContext&, Persister& coordinator,
                                    protocol::WriteShareGroupStateRequest&& request,
                                    Reply<protocol::WriteShareGroupStateResponse> reply) {
  answer_partitions<StateResult>(
      std::move(request), std::move(reply),
      [&](SharePartitionKey key, const auto& partition, Answerer<StateResult> answerer) {
        coordinator.write(std::move(key), to_write(partition), std::move(answerer));
      });
}

void handle_delete_share_group_state(const RequestContext&, Persister& coordinator,
                                     protocol::DeleteShareGroupStateRequest&& request,
                                     Reply<protocol::DeleteShareGroupStateResponse> reply) {
  answer_partitions<StateResult>(std::move(request), std::move(reply),
                                 [&](SharePartitionKey key, const auto&, Answerer<StateResult> answerer) {
                                   coordinator.remove(std::move(key), std::move(answerer));
                                 });
}

void handle_read_share_group_state_summary(const RequestContext&, Persister& coordinator,
                                           protocol::ReadShareGroupStateSummaryRequest&& request,
                                           Reply<protocol::ReadShareGroupStateSummaryResponse> reply) {
  answer_partitions<StateSummary>(
      std::move(request), std::move(reply),
      [&](SharePartitionKey key, const auto& partition, Answerer<StateSummary> answerer) {
        coordinator.read_summary(std::move(key), partition.leader_epoch, std::move(answerer));
      });
}

void add_share_state_apis(ApiTable& apis, Persister& coordinator) {
  using namespace protocol;
  add_api<InitializeShareGroupStateRequest, InitializeShareGroupStateResponse>(
      apis, coordinator, handle_initialize_share_group_state);
  add_api<ReadShareGroupStateRequest, ReadShareGroupStateResponse>(apis, coordinator,
                                                                   handle_read_share_group_state);
  add_api<WriteShareGroupStateRequest, WriteShareGroupStateResponse>(apis, coordinator,
                                                                     handle_write_share_group_state);
  add_api<DeleteShareGroupStateRequest, DeleteShareGroupStateResponse>(apis, coordinator,
                                                                       handle_delete_share_group_state);
  add_api<ReadShareGroupStateSummaryRequest, ReadShareGroupStateSummaryResponse>(
      apis, coordinator, handle_read_share_group_state_summary);
}

}  // namespace barnabas::broker
