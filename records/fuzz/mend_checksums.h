// Gives every batch in `bytes` the checksum of what it holds, so that damage gets past the first look.
#pragma once

#include <cstddef>

#include "common/bytes.h"
#include "common/crc32c.h"
#include "records/batch.h"

namespace barnabas::records {

inline void mend_checksums(Buffer& bytes) {
  std::size_t at = 0;
  while (bytes.size() - at >= kBatchHeaderBytes) {
    const BatchView head(ByteView(bytes).subspan(at, kBatchHeaderBytes));
    if (head.length() < static_cast<std::int32_t>(kBatchHeaderBytes - kLogOverheadBytes)) return;
    if (head.size_in_bytes() > bytes.size() - at) return;
    const ByteView batch = ByteView(bytes).subspan(at, head.size_in_bytes());
    store_be(bytes.data() + at + position::kCrc, crc32c(batch.subspan(position::kAttributes)));
    at += head.size_in_bytes();
  }
}

}  // namespace barnabas::records
