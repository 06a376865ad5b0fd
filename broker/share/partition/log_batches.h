// The batches in what was read from a log, and a part of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "broker/share/partition/share_partition.h"
#include "common/payload.h"

namespace barnabas::broker::share {

// The headers of the batches in `records`, up to the first that begins above `last_offset`. Reads no more of
// the files than that; stops where a file cannot be read or makes no sense.
std::vector<LogBatch> log_batches(const Payload& records, std::int64_t last_offset);

// `count` bytes from `from`, which are within `records`. Copies nothing.
Payload slice(const Payload& records, std::size_t from, std::size_t count);

}  // namespace barnabas::broker::share
