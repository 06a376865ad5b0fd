#include "broker/handlers/add_partitions_to_txn.h"

#include <memory>

#include "broker/coordination/gathering.h"
#include "broker/handlers/producer_errors.h"

namespace barnabas::broker {
namespace {

using protocol::AddPartitionsToTxnRequest;
using protocol::AddPartitionsToTxnResponse;
using protocol::ErrorCode;
using transactions::PartitionResults;
using TransactionRequest = AddPartitionsToTxnRequest::AddPartitionsToTxnTransaction;
using TopicResults = std::vector<AddPartitionsToTxnResponse::AddPartitionsToTxnTopicResult>;

constexpr std::int16_t kFirstVersionWithFencing = 2;
constexpr std::int16_t kFirstVersionOfBrokers = 4;

struct Asked {
  std::string transactional_id;
  PartitionResults results;
};

std::vector<TransactionRequest> transactions_of(AddPartitionsToTxnRequest&& request, std::int16_t version) {
  if (version >= kFirstVersionOfBrokers) return std::move(request.transactions);
  std::vector<TransactionRequest> only(1);
  only[0].transactional_id = std::move(request.v3_and_below_transactional_id);
  only[0].producer_id = request.v3_and_below_producer_id;
  only[0].producer_epoch = request.v3_and_below_producer_epoch;
  only[0].topics = std::move(request.v3_and_below_topics);
  return only;
}

std::vector<TopicPartition> partitions_of(const TransactionRequest& request) {
  std::vector<TopicPartition> partitions;
  for (const auto& topic : request.topics) {
    for (const std::int32_t partition : topic.partitions) partitions.push_back({topic.name, partition});
  }
  return partitions;
}

// Why none of the partitions is looked at any further; empty if all of them exist.
PartitionResults missing(const controller::MetadataImage& image,
                         const std::vector<TopicPartition>& partitions) {
  PartitionResults results;
  bool all_exist = true;
  for (const TopicPartition& partition : partitions) {
    const auto topic = image.topic(partition.topic);
    const bool exists = topic != nullptr && topic->partition(partition.partition) != nullptr;
    all_exist &= exists;
    results.emplace_back(partition,
                         exists ? ErrorCode::kOperationNotAttempted : ErrorCode::kUnknownTopicOrPartition);
  }
  if (all_exist) results.clear();
  return results;
}

TopicResults grouped(PartitionResults results, std::int16_t version) {
  TopicResults topics;
  for (auto& [partition, error] : results) {
    auto topic = std::find_if(topics.begin(), topics.end(),
                              [&](const auto& one) { return one.name == partition.topic; });
    if (topic == topics.end()) {
      topic = topics.emplace(topics.end());
      topic->name = std::move(partition.topic);
    }
    auto& out = topic->results_by_partition.emplace_back();
    out.partition_index = partition.partition;
    out.partition_error_code =
        static_cast<std::int16_t>(error_for_producer(error, version, kFirstVersionWithFencing));
  }
  return topics;
}

AddPartitionsToTxnResponse response_of(std::vector<Asked>&& asked, std::int16_t version) {
  AddPartitionsToTxnResponse response;
  if (version < kFirstVersionOfBrokers) {
    response.results_by_topic_v3_and_below = grouped(std::move(asked.front().results), version);
    return response;
  }
  for (Asked& one : asked) {
    auto& out = response.results_by_transaction.emplace_back();
    out.transactional_id = std::move(one.transactional_id);
    out.topic_results = grouped(std::move(one.results), version);
  }
  return response;
}

}  // namespace

void handle_add_partitions_to_txn(const RequestContext& context,
                                  transactions::TransactionCoordinator& coordinator,
                                  const MetadataCache& metadata, AddPartitionsToTxnRequest&& request,
                                  Reply<AddPartitionsToTxnResponse> reply) {
  const std::int16_t version = context.api_version;
  auto wanted = transactions_of(std::move(request), version);
  std::vector<Asked> parts;
  for (const auto& one : wanted) parts.push_back({one.transactional_id, {}});
  const auto gathering = std::make_shared<coordination::Gathering<std::vector<Asked>>>(
      std::move(parts), wanted.size(),
      [reply = std::move(reply), version](std::vector<Asked>&& asked) mutable {
        reply.send(response_of(std::move(asked), version));
      });
  const auto image = metadata.get();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    auto answer = [gathering, i](PartitionResults&& results) {
      gathering->part([&](auto& all) { all[i].results = std::move(results); });
    };
    transactions::AddPartitionsCommand command;
    command.partitions = partitions_of(wanted[i]);
    if (auto refusals = missing(*image, command.partitions); !refusals.empty()) {
      answer(std::move(refusals));
      continue;
    }
    command.transactional_id = std::move(wanted[i].transactional_id);
    command.producer = {wanted[i].producer_id, wanted[i].producer_epoch};
    command.client_version =
        version >= kFirstVersionOfBrokers ? transactions::kVersionWithEpochBump : std::int16_t{0};
    if (wanted[i].verify_only) {
      coordinator.verify(std::move(command), std::move(answer));
    } else {
      coordinator.add_partitions(std::move(command), std::move(answer));
    }
  }
}

}  // namespace barnabas::broker
