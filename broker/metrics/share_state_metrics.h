// The share coordinator, under Kafka's names.
#pragma once

#include "broker/share/state/coordinator.h"
#include "common/metrics.h"

namespace barnabas::broker {

// Asked whenever somebody reads the registry.
void write_share_state_metrics(MetricsWriter& writer, const share::ShareStateCoordinator& coordinator);

}  // namespace barnabas::broker
