// What the HTTP endpoint shows and changes, taken from a running broker.
#pragma once

#include <memory>

#include "admin/backend.h"

namespace barnabas::broker {
class Broker;
}

namespace barnabas::apps {

// The broker is started, outlives the backend, and so do its parts; answers come on the caller's thread, the
// controller's or one of the scheduler's.
std::unique_ptr<admin::Backend> make_admin_backend(broker::Broker& broker);

}  // namespace barnabas::apps
