// What the source files of SharePartition share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "broker/share/partition/share_partition.h"

namespace barnabas::broker::share {

inline std::size_t index_of(std::int64_t first, std::int64_t offset) {
  return static_cast<std::size_t>(offset - first);
}

template <class See>
void SharePartition::for_each(std::int64_t first, std::int64_t last, See&& see) {
  first = std::max(first, start_offset_);
  for (auto at = batch_at(first); at != in_flight_.end() && at->first <= last; ++at) {
    auto& [batch_first, batch] = *at;
    if (!batch.is_split() && first <= std::max(batch_first, start_offset_) && batch.last <= last) {
      see(batch.whole, batch_first, batch.last);
      continue;
    }
    batch.split(batch_first);
    const std::int64_t end = std::min(last, batch.last);
    for (std::int64_t offset = std::max(first, batch_first); offset <= end; ++offset) {
      see(batch.each[index_of(batch_first, offset)], offset, offset);
    }
  }
}

}  // namespace barnabas::broker::share
