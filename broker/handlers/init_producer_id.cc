#include "broker/handlers/init_producer_id.h"

namespace barnabas::broker {

using protocol::ErrorCode;
using protocol::InitProducerIdResponse;

void handle_init_producer_id(const RequestContext&, ProducerIds& ids,
                             protocol::InitProducerIdRequest&& request, Reply<InitProducerIdResponse> reply) {
  if (request.transactional_id) {
    InitProducerIdResponse response;
    response.error_code = static_cast<std::int16_t>(ErrorCode::kInvalidRequest);
    response.producer_id = -1;
    response.producer_epoch = -1;
    return reply.send(response);
  }
  ids.take([reply = std::move(reply)](Result<std::int64_t, ErrorCode> id) mutable {
    InitProducerIdResponse response;
    response.producer_id = id.value_or(-1);
    response.producer_epoch = id ? 0 : -1;
    if (!id) response.error_code = static_cast<std::int16_t>(id.error());
    reply.send(response);
  });
}

}  // namespace barnabas::broker
