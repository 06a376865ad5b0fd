#include "broker/handlers/unregister_broker.h"

#include "controller/api_error.h"

namespace barnabas::broker {

void handle_unregister_broker(const RequestContext&, const AdminService& service,
                              protocol::UnregisterBrokerRequest&& request,
                              Reply<protocol::UnregisterBrokerResponse> reply) {
  service.controller.unregister_broker(request.broker_id,
                                       [reply = std::move(reply)](controller::ApiError error) mutable {
                                         protocol::UnregisterBrokerResponse response;
                                         response.error_code = static_cast<std::int16_t>(error.code);
                                         response.error_message = error.nullable_message();
                                         reply.send(response);
                                       });
}

}  // namespace barnabas::broker
