#include "broker/options/all_options.h"

#include "broker/options/tables.h"

#include "controller/options.h"
#include "network/options.h"
#include "storage/options.h"

namespace barnabas::broker {

OptionRegistry all_options() {
  const OptionTable tables[] = {storage::broker_options(), storage::topic_options(), network::options(),
                                controller::options(),     group_options(),          quota_options(),
                                remote_storage_options(),  replication_options(),    security_options(),
                                server_options(),          share_options(),          telemetry_options(),
                                transaction_options()};
  return OptionRegistry(tables);
}

}  // namespace barnabas::broker
