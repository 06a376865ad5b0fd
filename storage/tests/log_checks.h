// What must hold for every log, whatever happened to it. The names stand in the messages of failures:
//   OffsetsDense     records follow each other without a gap (a log that was never compacted)
//   LookUpsAgree     every offset and timestamp is found as a linear search finds it
//   ProducersAgree   the producers are those that the records give
//   AbortedAgree     readers of committed records learn of the aborted transactions that the records tell of
//   EpochsAgree      the leader epoch of every record is known as its batch says it
#pragma once

#include "storage/log.h"

namespace barnabas::storage {

// The high watermark stands at the log end.
void check_log(const Log& log);

}  // namespace barnabas::storage
