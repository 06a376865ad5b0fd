#include "broker/handlers/add_offsets_to_txn.h"

#include "broker/handlers/producer_errors.h"
#include "broker/internal_topics.h"

namespace barnabas::broker {
namespace {

constexpr std::int16_t kFirstVersionWithFencing = 2;

}  // namespace

void handle_add_offsets_to_txn(const RequestContext& context,
                               transactions::TransactionCoordinator& coordinator,
                               const groups::GroupCoordinator& groups,
                               protocol::AddOffsetsToTxnRequest&& request,
                               Reply<protocol::AddOffsetsToTxnResponse> reply) {
  transactions::AddPartitionsCommand command;
  command.transactional_id = std::move(request.transactional_id);
  command.producer = {request.producer_id, request.producer_epoch};
  command.partitions.push_back({std::string(kGroupMetadataTopic), groups.partition_for(request.group_id)});
  coordinator.add_partitions(std::move(command), [reply = std::move(reply), version = context.api_version](
                                                     transactions::PartitionResults&& results) mutable {
    protocol::AddOffsetsToTxnResponse response;
    response.error_code = static_cast<std::int16_t>(
        error_for_producer(results.front().second, version, kFirstVersionWithFencing));
    reply.send(response);
  });
}

}  // namespace barnabas::broker
