// All routes of the endpoint over one backend.
#pragma once

#include "admin/router.h"

namespace barnabas::admin {

class Backend;

// Confluent REST v3 under /v3, our additions under /barnabas/v1, /livez, /readyz, /metrics and /openapi.json.
// The backend outlives the router.
Router make_api(Backend& backend);

}  // namespace barnabas::admin
