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
    const ByteView left = ByteView(bytes).subspan(at);
    const auto peek = peek_batch(left);
    if (peek.outcome != SplitOutcome::kBatch || peek.size > left.size()) return;
    store_be(bytes.data() + at + position::kCrc,
             crc32c(left.first(peek.size).subspan(position::kAttributes)));
    at += peek.size;
  }
}

}  // namespace barnabas::records
