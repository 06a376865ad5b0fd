#include "broker/handlers/produce.h"

#include <atomic>
#include <mutex>

#include "broker/internal_topics.h"
#include "common/text.h"
#include "protocol/error_code.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using protocol::ProduceRequest;
using protocol::ProduceResponse;
using PartitionResponse = ProduceResponse::PartitionProduceResponse;

constexpr std::int16_t kFirstVersionWithTopicIds = 13;

// A partition that the produce has written to but whose disk is waited for.
struct Uncommitted {
  std::shared_ptr<Partition> partition;
  std::int64_t offset = 0;  // exclusive
  std::size_t topic_place = 0, partition_place = 0;
};

// A produce on its way through the partitions it names.
struct Produce {
  const RequestContext& context;
  PartitionManager& partitions;
  TopicTraffic& traffic;
  Partition::ClientAppend how;
  std::vector<std::shared_ptr<Partition>> appended;  // to be announced once the producer is answered
  std::vector<Uncommitted> uncommitted;
  std::string first_failure;  // for acks 0
};

// One that waits for the disk. Held by the callbacks of its partitions; the last of them answers.
struct Waiting {
  Waiting(ProduceResponse&& answer, Reply<ProduceResponse>&& to, std::size_t count)
      : response(std::move(answer)), reply(std::move(to)), left(count) {}

  std::mutex mutex;  // guards response
  ProduceResponse response;
  Reply<ProduceResponse> reply;
  std::atomic<std::size_t> left;
};

void refuse(PartitionResponse& response, AppendRefusal&& refusal, std::int64_t log_start_offset) {
  response.error_code = static_cast<std::int16_t>(refusal.error);
  response.base_offset = -1;
  response.log_start_offset = log_start_offset;
  if (!refusal.message.empty()) response.error_message = std::move(refusal.message);
  for (auto& record : refusal.records) {
    auto& error = response.record_errors.emplace_back();
    error.batch_index = record.batch_index;
    error.batch_index_error_message = std::move(record.message);
  }
}

AppendRefusal refusal(ErrorCode error, std::string message = {}) {
  return {error, std::move(message), {}};
}

PartitionManager::PartitionResult find(const Produce& produce, const ProduceRequest::TopicProduceData& topic,
                                       std::int32_t index) {
  return produce.context.api_version >= kFirstVersionWithTopicIds
             ? produce.partitions.find(topic.topic_id, index)
             : produce.partitions.find(topic.name, index);
}

std::optional<AppendRefusal> append(Produce& produce, const ProduceRequest::TopicProduceData& topic,
                                    const ProduceRequest::PartitionProduceData& data,
                                    PartitionResponse& response) {
  if (produce.how.required_acks < -1 || produce.how.required_acks > 1) {
    return refusal(ErrorCode::kInvalidRequiredAcks);
  }
  auto partition = find(produce, topic, data.index);
  if (!partition) return refusal(partition.error());
  const std::string& name = (*partition)->name().topic;
  if (is_internal_topic(name))
    return refusal(ErrorCode::kInvalidTopicException, concat("Cannot append to internal topic ", name));
  const ByteView payload = data.records ? data.records->contiguous() : ByteView{};
  auto written = (*partition)->append(payload, produce.how);
  if (!written) {
    produce.traffic.produce_failed(name, static_cast<std::int64_t>(payload.size()));
    response.log_start_offset = (*partition)->log().log_start_offset();
    return std::move(written.error());
  }
  response.base_offset = written->first_offset;
  response.log_append_time_ms = written->log_append_time_ms;
  response.log_start_offset = written->log_start_offset;
  // A repetition waits like the first: it may have overtaken the sync.
  if (produce.how.required_acks != 0 && !(*partition)->is_committed(written->last_offset + 1))
    produce.uncommitted.push_back({*partition, written->last_offset + 1, 0, 0});
  if (!written->duplicate) {
    produce.traffic.produced(name, written->last_offset - written->first_offset + 1,
                             static_cast<std::int64_t>(payload.size()));
    produce.appended.push_back(std::move(*partition));
  }
  return std::nullopt;
}

void append_topic(Produce& produce, const ProduceRequest::TopicProduceData& topic,
                  ProduceResponse& response) {
  auto& answered = response.responses.emplace_back();
  answered.name = topic.name;
  answered.topic_id = topic.topic_id;
  answered.partition_responses.reserve(topic.partition_data.size());
  for (const auto& data : topic.partition_data) {
    auto& partition = answered.partition_responses.emplace_back();
    partition.index = data.index;
    const std::size_t waited_for = produce.uncommitted.size();
    auto refused = append(produce, topic, data, partition);
    if (produce.uncommitted.size() > waited_for) {
      produce.uncommitted.back().topic_place = response.responses.size() - 1;
      produce.uncommitted.back().partition_place = answered.partition_responses.size() - 1;
    }
    if (!refused) continue;
    if (produce.first_failure.empty()) {
      produce.first_failure =
          concat(protocol::error_name(refused->error), " for ", topic.name, "-", data.index);
    }
    refuse(partition, std::move(*refused), partition.log_start_offset);
  }
}

void answer_when_committed(std::vector<Uncommitted>&& uncommitted, ProduceResponse&& response,
                           Reply<ProduceResponse>&& reply) {
  const auto waiting = std::make_shared<Waiting>(std::move(response), std::move(reply), uncommitted.size());
  for (const Uncommitted& at : uncommitted) {
    at.partition->when_committed(at.offset, [waiting, at](ErrorCode error) {
      if (error != ErrorCode::kNone) {
        const std::lock_guard lock(waiting->mutex);
        PartitionResponse& answered =
            waiting->response.responses[at.topic_place].partition_responses[at.partition_place];
        refuse(answered, refusal(error, "The records could not be made durable"), answered.log_start_offset);
        answered.log_append_time_ms = -1;
      }
      if (waiting->left.fetch_sub(1) == 1) waiting->reply.send(waiting->response);
    });
  }
}

}  // namespace

void handle_produce(const RequestContext& context, PartitionManager& partitions, const Clock& clock,
                    TopicTraffic& traffic, ProduceRequest&& request, Reply<ProduceResponse> reply) {
  Produce produce{
      context,
      partitions,
      traffic,
      {.produce_version = context.api_version, .required_acks = request.acks, .now_ms = clock.wall_ms()},
      {},
      {},
      {}};
  ProduceResponse response;
  response.responses.reserve(request.topic_data.size());
  for (const auto& topic : request.topic_data) append_topic(produce, topic, response);

  if (!produce.uncommitted.empty()) {
    answer_when_committed(std::move(produce.uncommitted), std::move(response), std::move(reply));
    return;
  }
  if (request.acks != 0) {
    reply.send(response);
  } else if (produce.first_failure.empty()) {
    reply.send_nothing();
  } else {
    reply.close(concat("a produce with acks=0 failed: ", produce.first_failure));
  }
  for (const auto& partition : produce.appended) partition->announce();
}

}  // namespace barnabas::broker
