// State batches of a share partition, made into one list without overlaps.
#pragma once

#include <cstdint>
#include <vector>

#include "broker/share/persister.h"

namespace barnabas::broker::share {

// Both lists together, in the order of their offsets: where batches overlap the one with the higher delivery
// count wins, with equal counts that of the higher state; neighbours in one state become one batch, what lies
// before `start_offset` is dropped (-1: nothing). The boundaries are those that Kafka's share coordinator
// writes, which now and then leaves two neighbours apart. Batches that end before they begin are passed over.
std::vector<StateBatch> combine_batches(const std::vector<StateBatch>& so_far,
                                        const std::vector<StateBatch>& newer, std::int64_t start_offset);

}  // namespace barnabas::broker::share
