#include "broker/handlers/describe_transactions.h"

namespace barnabas::broker {
namespace {

using protocol::DescribeTransactionsResponse;
using transactions::TransactionDescription;

void describe(TransactionDescription&& description, DescribeTransactionsResponse::TransactionState& out) {
  out.error_code = static_cast<std::int16_t>(description.error);
  out.transactional_id = std::move(description.transactional_id);
  if (description.error != protocol::ErrorCode::kNone) return;
  const transactions::TransactionMetadata& metadata = description.metadata;
  out.transaction_state = std::string(state_name(metadata.state));
  out.transaction_timeout_ms = metadata.timeout_ms;
  out.transaction_start_time_ms = metadata.start_ms;
  out.producer_id = metadata.producer_id;
  out.producer_epoch = metadata.producer_epoch;
  for (const TopicPartition& partition : metadata.partitions) {
    if (out.topics.empty() || out.topics.back().topic != partition.topic) {
      out.topics.emplace_back().topic = partition.topic;
    }
    out.topics.back().partitions.push_back(partition.partition);
  }
}

}  // namespace

void handle_describe_transactions(const RequestContext&, transactions::TransactionCoordinator& coordinator,
                                  protocol::DescribeTransactionsRequest&& request,
                                  Reply<DescribeTransactionsResponse> reply) {
  coordinator.describe(
      std::move(request.transactional_ids),
      [reply = std::move(reply)](std::vector<TransactionDescription>&& descriptions) mutable {
        DescribeTransactionsResponse response;
        for (auto& description : descriptions) {
          describe(std::move(description), response.transaction_states.emplace_back());
        }
        reply.send(response);
      });
}

}  // namespace barnabas::broker
