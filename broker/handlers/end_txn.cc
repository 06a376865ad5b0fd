#include "broker/handlers/end_txn.h"

#include "broker/handlers/producer_errors.h"

namespace barnabas::broker {
namespace {

constexpr std::int16_t kFirstVersionWithFencing = 2;
constexpr std::int16_t kFirstVersionWithEpochBump = 5;

}  // namespace

void handle_end_txn(const RequestContext& context, transactions::TransactionCoordinator& coordinator,
                    protocol::EndTxnRequest&& request, Reply<protocol::EndTxnResponse> reply) {
  const std::int16_t version = context.api_version;
  transactions::EndCommand command;
  command.transactional_id = std::move(request.transactional_id);
  command.producer = {request.producer_id, request.producer_epoch};
  command.commit = request.committed;
  command.client_version =
      version >= kFirstVersionWithEpochBump ? transactions::kVersionWithEpochBump : std::int16_t{0};
  coordinator.end(
      std::move(command), [reply = std::move(reply), version](transactions::ProducerReply&& outcome) mutable {
        protocol::EndTxnResponse response;
        response.error_code =
            static_cast<std::int16_t>(error_for_producer(outcome.error, version, kFirstVersionWithFencing));
        response.producer_id = outcome.producer_id;
        response.producer_epoch = outcome.producer_epoch;
        reply.send(response);
      });
}

}  // namespace barnabas::broker
