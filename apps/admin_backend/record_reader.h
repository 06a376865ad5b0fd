// Pages of a partition's records.
#pragma once

#include "admin/backend.h"

namespace barnabas::broker {
class PartitionManager;
}
namespace barnabas::storage {
class Log;
}

namespace barnabas::apps {

// What a consumer of committed records would see. Blocks while it reads and decompresses: not for the threads
// of the endpoint or the network. A page ends early, maybe without records, when much had to be passed over;
// next_offset says where to go on.
Result<admin::RecordPage, admin::BackendError> read_page(const broker::PartitionManager& partitions,
                                                         const admin::RecordQuery& query);
// The same of a log at hand; the topic and partition of the query do not count.
Result<admin::RecordPage, admin::BackendError> read_page(const storage::Log& log,
                                                         const admin::RecordQuery& query);

}  // namespace barnabas::apps
