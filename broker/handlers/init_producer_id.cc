#include "broker/handlers/init_producer_id.h"

#include "broker/handlers/producer_errors.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using protocol::InitProducerIdResponse;
using transactions::ProducerReply;

constexpr std::int16_t kFirstVersionWithFencing = 4;

InitProducerIdResponse response_of(const ProducerReply& outcome, std::int16_t version) {
  InitProducerIdResponse response;
  response.error_code =
      static_cast<std::int16_t>(error_for_producer(outcome.error, version, kFirstVersionWithFencing));
  response.producer_id = outcome.producer_id;
  response.producer_epoch = outcome.producer_epoch;
  return response;
}

}  // namespace

void handle_init_producer_id(const RequestContext& context, ProducerIds& ids,
                             transactions::TransactionCoordinator& coordinator,
                             protocol::InitProducerIdRequest&& request, Reply<InitProducerIdResponse> reply) {
  const std::int16_t version = context.api_version;
  const bool names_id = request.producer_id != -1;
  if (names_id != (request.producer_epoch != -1)) {
    return reply.send(response_of({.error = ErrorCode::kInvalidRequest}, version));
  }
  if (!request.transactional_id) {
    return ids.take([reply = std::move(reply), version](Result<std::int64_t, ErrorCode> id) mutable {
      reply.send(
          response_of(id ? ProducerReply{ErrorCode::kNone, *id, 0} : ProducerReply{id.error()}, version));
    });
  }
  transactions::InitProducerCommand command;
  command.transactional_id = std::move(*request.transactional_id);
  command.timeout_ms = request.transaction_timeout_ms;
  if (names_id)
    command.expected = transactions::ProducerIdentity{request.producer_id, request.producer_epoch};
  command.two_phase_commit = request.enable2_pc;
  command.keep_prepared = request.keep_prepared_txn;
  coordinator.init_producer(std::move(command),
                            [reply = std::move(reply), version](ProducerReply&& outcome) mutable {
                              reply.send(response_of(outcome, version));
                            });
}

}  // namespace barnabas::broker
