#include "broker/handlers/produce.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "broker/handlers/transactional_produce.h"
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
  ProduceService& service;
  Partition::ClientAppend how;
  const TransactionalWrites* transactional = nullptr;  // null: none of the batches is
  std::vector<std::shared_ptr<Partition>> appended;    // to be announced once the producer is answered
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
  PartitionManager& partitions = produce.service.partitions;
  return produce.how.produce_version >= kFirstVersionWithTopicIds ? partitions.find(topic.topic_id, index)
                                                                  : partitions.find(topic.name, index);
}

// What the coordinator said of the partition; null where it was not asked.
const TransactionVerifier::Verdict* verdict_of(const Produce& produce, TransactionalWrites::Place place) {
  if (produce.transactional == nullptr) return nullptr;
  const auto& places = produce.transactional->places;
  const auto found = std::lower_bound(places.begin(), places.end(), place);
  if (found == places.end() || *found != place) return nullptr;
  return &produce.transactional->verdicts[static_cast<std::size_t>(found - places.begin())];
}

std::optional<AppendRefusal> append(Produce& produce, const ProduceRequest::TopicProduceData& topic,
                                    const ProduceRequest::PartitionProduceData& data,
                                    const TransactionVerifier::Verdict* verdict,
                                    PartitionResponse& response) {
  if (produce.how.required_acks < -1 || produce.how.required_acks > 1) {
    return refusal(ErrorCode::kInvalidRequiredAcks);
  }
  auto partition = find(produce, topic, data.index);
  if (!partition) return refusal(partition.error());
  if (verdict != nullptr && verdict->error != ErrorCode::kNone)
    return refusal_of(verdict->error, produce.transactional->question.support);
  const std::string& name = (*partition)->name().topic;
  if (is_internal_topic(name))
    return refusal(ErrorCode::kInvalidTopicException, concat("Cannot append to internal topic ", name));
  const ByteView payload = data.records ? data.records->contiguous() : ByteView{};
  if (verdict != nullptr) produce.how.guard = verdict->guard;
  auto written = (*partition)->append(payload, produce.how);
  if (verdict != nullptr) produce.how.guard.reset();
  if (!written) {
    produce.service.traffic.produce_failed(name, static_cast<std::int64_t>(payload.size()));
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
    produce.service.traffic.produced(name, written->last_offset - written->first_offset + 1,
                                     static_cast<std::int64_t>(payload.size()));
    produce.appended.push_back(std::move(*partition));
  }
  return std::nullopt;
}

void append_topic(Produce& produce, const ProduceRequest::TopicProduceData& topic,
                  ProduceResponse& response) {
  const std::size_t topic_place = response.responses.size();
  auto& answered = response.responses.emplace_back();
  answered.name = topic.name;
  answered.topic_id = topic.topic_id;
  answered.partition_responses.reserve(topic.partition_data.size());
  for (const auto& data : topic.partition_data) {
    auto& partition = answered.partition_responses.emplace_back();
    partition.index = data.index;
    const std::size_t waited_for = produce.uncommitted.size();
    const std::size_t place = answered.partition_responses.size() - 1;
    auto refused = append(produce, topic, data, verdict_of(produce, {topic_place, place}), partition);
    if (produce.uncommitted.size() > waited_for) {
      produce.uncommitted.back().topic_place = topic_place;
      produce.uncommitted.back().partition_place = place;
    }
    if (!refused) continue;
    if (produce.first_failure.empty()) {
      produce.first_failure =
          concat(protocol::error_name(refused->error), " for ", topic.name, "-", data.index);
    }
    refuse(partition, std::move(*refused), partition.log_start_offset);
  }
}

void answer_when_committed(ProduceService& service, std::vector<Uncommitted>&& uncommitted,
                           ProduceResponse&& response, Reply<ProduceResponse>&& reply) {
  service.waiting->add(1);
  const auto waiting = std::make_shared<Waiting>(std::move(response), std::move(reply), uncommitted.size());
  for (const Uncommitted& at : uncommitted) {
    at.partition->when_committed(at.offset, [&service, waiting, at](ErrorCode error) {
      if (error != ErrorCode::kNone) {
        const std::lock_guard lock(waiting->mutex);
        PartitionResponse& answered =
            waiting->response.responses[at.topic_place].partition_responses[at.partition_place];
        refuse(answered, refusal(error, "The records could not be made durable"), answered.log_start_offset);
        answered.log_append_time_ms = -1;
      }
      if (waiting->left.fetch_sub(1) != 1) return;
      service.waiting->add(-1);
      waiting->reply.send(waiting->response);
    });
  }
}

// Appends everything that may be, and answers.
void run(ProduceService& service, std::int16_t version, const ProduceRequest& request,
         const TransactionalWrites* transactional, Reply<ProduceResponse>&& reply) {
  Produce produce{service,
                  {.produce_version = version,
                   .required_acks = request.acks,
                   .now_ms = service.clock.wall_ms(),
                   .guard = {}},
                  transactional,
                  {},
                  {},
                  {}};
  ProduceResponse response;
  response.responses.reserve(request.topic_data.size());
  for (const auto& topic : request.topic_data) append_topic(produce, topic, response);

  if (!produce.uncommitted.empty()) {
    answer_when_committed(service, std::move(produce.uncommitted), std::move(response), std::move(reply));
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

ProduceResponse failed(const ProduceRequest& request, ErrorCode error) {
  ProduceResponse response;
  for (const auto& topic : request.topic_data) {
    auto& answered = response.responses.emplace_back();
    answered.name = topic.name;
    answered.topic_id = topic.topic_id;
    for (const auto& data : topic.partition_data) {
      auto& partition = answered.partition_responses.emplace_back();
      partition.index = data.index;
      refuse(partition, refusal(error), -1);
    }
  }
  return response;
}

// A produce whose partitions the transaction coordinator is asked for; the answer's callback holds it.
struct Parked {
  SharedBytes frame;  // the records look into it
  ProduceRequest request;
  TransactionalWrites transactional;
  Reply<ProduceResponse> reply;
};

void produce_in_transaction(const RequestContext& context, ProduceService& service, ProduceRequest&& request,
                            Reply<ProduceResponse>&& reply) {
  const std::int16_t version = context.api_version;
  auto writes = transactional_writes(request, version, service.partitions);
  if (!writes) {
    if (request.acks == 0)
      return reply.close(concat("a produce with acks=0 failed: ", protocol::error_name(writes.error())));
    return reply.send(failed(request, writes.error()));
  }
  auto question = writes->question;
  auto asked = std::move(writes->writes);
  auto parked = std::make_unique<Parked>(
      Parked{context.frame, std::move(request), std::move(*writes), std::move(reply)});
  service.verifier.verify(
      std::move(question), std::move(asked),
      [&service, version, parked = std::move(parked)](std::vector<TransactionVerifier::Verdict> verdicts) {
        parked->transactional.verdicts = std::move(verdicts);
        run(service, version, parked->request, &parked->transactional, std::move(parked->reply));
      });
}

}  // namespace

void handle_produce(const RequestContext& context, ProduceService& service, ProduceRequest&& request,
                    Reply<ProduceResponse> reply) {
  if (has_transactional_batches(request))
    return produce_in_transaction(context, service, std::move(request), std::move(reply));
  run(service, context.api_version, request, nullptr, std::move(reply));
}

}  // namespace barnabas::broker
