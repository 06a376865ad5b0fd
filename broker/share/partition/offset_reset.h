// Where a share group begins in a partition that it has no state of (share.auto.offset.reset).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "storage/log.h"

namespace barnabas::broker::share {

// "PnDTnHnMn.nS" in milliseconds; none if the text is no such duration.
std::optional<std::int64_t> iso_duration_ms(std::string_view text);

// `reset` is "earliest", "latest" or "by_duration:" with a duration: the first record not older than that.
// The end, where nothing is that young.
storage::StorageResult<std::int64_t> reset_offset(const storage::Log& log, std::string_view reset,
                                                  std::int64_t now_wall_ms);

}  // namespace barnabas::broker::share
