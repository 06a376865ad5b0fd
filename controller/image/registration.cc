#include "controller/image/registration.h"

namespace barnabas::controller {

const Endpoint* BrokerRegistration::endpoint(std::string_view listener) const {
  for (const Endpoint& at : endpoints) {
    if (at.listener == listener) return &at;
  }
  return nullptr;
}

}  // namespace barnabas::controller
