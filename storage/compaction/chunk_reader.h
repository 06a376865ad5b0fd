// Reads a segment's file in large pieces that hold whole batches.
#pragma once

#include <cstdint>

#include "common/bytes.h"
#include "records/batch.h"
#include "storage/file_system.h"

namespace barnabas::storage {

// One thread; the file outlives it. A chunk grows beyond its usual size where a batch is larger, by the bytes
// that the file really has.
class ChunkReader {
 public:
  ChunkReader(File& file, std::int64_t position, std::int64_t end, std::size_t chunk_bytes, Buffer& memory);

  // The next run of whole batches, good until the call after it; empty at the end. EBADMSG where no batch can
  // begin, and at one that is cut off.
  IoResult<ByteView> next();
  // Where the run returned last ends in the file.
  std::int64_t position() const { return position_; }

 private:
  IoResult<ByteView> read(std::size_t bytes);

  File& file_;
  std::int64_t position_;
  const std::int64_t end_;
  const std::size_t chunk_bytes_;
  Buffer& memory_;
};

}  // namespace barnabas::storage
