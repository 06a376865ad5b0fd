#include "broker/handlers/transactional_produce.h"

#include <optional>

#include "common/text.h"
#include "records/batch.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using protocol::ProduceRequest;

constexpr std::int16_t kFirstVersionWithTopicIds = 13;

// The first batch of the records if it is transactional. Its header alone is looked at.
std::optional<records::BatchView> transactional_batch(const ProduceRequest::PartitionProduceData& data) {
  if (!data.records) return std::nullopt;
  const ByteView payload = data.records->contiguous();
  const auto peek = records::peek_batch(payload);
  if (peek.outcome != records::SplitOutcome::kBatch || payload.size() < peek.size) return std::nullopt;
  const records::BatchView batch(payload);
  if (!batch.is_transactional()) return std::nullopt;
  return batch;
}

AppendRefusal not_verified(ErrorCode error) {
  return {ErrorCode::kNotEnoughReplicas,
          concat("It could not be verified that the partition is in the transaction: ",
                 protocol::error_name(error)),
          {}};
}

}  // namespace

bool has_transactional_batches(const ProduceRequest& request) {
  for (const auto& topic : request.topic_data)
    for (const auto& data : topic.partition_data)
      if (transactional_batch(data)) return true;
  return false;
}

Result<TransactionalWrites, ErrorCode> transactional_writes(const ProduceRequest& request,
                                                            std::int16_t api_version,
                                                            const PartitionManager& partitions) {
  if (!request.transactional_id) return unexpected(ErrorCode::kTransactionalIdAuthorizationFailed);
  TransactionalWrites out;
  out.question.transactional_id = *request.transactional_id;
  out.question.support = produce_support(api_version);
  out.question.waits_for_completion = true;
  bool known = false;
  for (std::size_t t = 0; t < request.topic_data.size(); ++t) {
    const auto& topic = request.topic_data[t];
    for (std::size_t p = 0; p < topic.partition_data.size(); ++p) {
      const auto& data = topic.partition_data[p];
      const auto batch = transactional_batch(data);
      if (!batch || !batch->has_producer_id()) continue;
      const auto& asked = out.question;
      if (known &&
          (asked.producer_id != batch->producer_id() || asked.producer_epoch != batch->producer_epoch()))
        return unexpected(ErrorCode::kInvalidProducerIdMapping);
      known = true;
      out.question.producer_id = batch->producer_id();
      out.question.producer_epoch = batch->producer_epoch();
      auto found = api_version >= kFirstVersionWithTopicIds ? partitions.find(topic.topic_id, data.index)
                                                            : partitions.find(topic.name, data.index);
      if (!found) continue;
      out.writes.push_back({std::move(*found), batch->base_sequence()});
      out.places.push_back({t, p});
    }
  }
  return out;
}

AppendRefusal refusal_of(ErrorCode verdict, TransactionSupport support) {
  switch (verdict) {
    case ErrorCode::kInvalidTxnState:
      return {verdict, "The partition was not added to the transaction", {}};
    case ErrorCode::kNetworkException:
    case ErrorCode::kCoordinatorLoadInProgress:
    case ErrorCode::kCoordinatorNotAvailable:
    case ErrorCode::kNotCoordinator:
      return not_verified(verdict);
    case ErrorCode::kConcurrentTransactions:
      // Clients of transaction version 2 expect it and try again.
      if (support == TransactionSupport::kImplicitAdd) return {verdict, {}, {}};
      return not_verified(verdict);
    default:  // an open list: every other code passes as it is
      return {verdict, {}, {}};
  }
}

}  // namespace barnabas::broker
