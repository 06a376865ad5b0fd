// The options of the broker, one table per subject.
#pragma once

#include "common/options.h"

namespace barnabas::broker {

OptionTable group_options();  // the coordinator's, and those that single groups may set
OptionTable quota_options();
OptionTable remote_storage_options();
OptionTable replication_options();
OptionTable security_options();
OptionTable server_options();
OptionTable share_options();
OptionTable telemetry_options();  // metrics, and client-metrics subscriptions
OptionTable transaction_options();

}  // namespace barnabas::broker
