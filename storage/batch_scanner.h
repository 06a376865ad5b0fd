// Walks the batches in a file, by their headers alone or with their records.
#pragma once

#include <cstdint>
#include <memory>

#include "records/batch.h"
#include "storage/file_system.h"

namespace barnabas::storage {

enum class ScanOutcome : std::uint8_t {
  kBatch,
  kEnd,      // the end of the range, exactly after a batch
  kInvalid,  // no batch can begin here: cut off, a length that cannot be, an unknown magic
  kLegacy,   // a message set of magic 0 or 1 begins here
};

// Reads [position, end) of `file` in windows. One thread; the file outlives it.
class BatchScanner {
 public:
  enum class Depth : std::uint8_t { kHeaders, kWhole };

  // `window_bytes`: how much is read at once; batches larger than it are fine (their records are skipped
  // under kHeaders).
  BatchScanner(File& file, std::int64_t position, std::int64_t end, Depth depth,
               std::size_t window_bytes = 8192);

  // Moves to the next batch. What batch() shows lives until the call after it.
  IoResult<ScanOutcome> next();
  const records::BatchView& batch() const { return batch_; }
  // Where the current batch begins; after kEnd and kInvalid where the walk stopped.
  std::int64_t position() const { return position_; }
  std::int64_t batch_end() const { return next_position_; }

 private:
  IoResult<ByteView> view(std::int64_t position, std::size_t wanted);

  File& file_;
  std::int64_t position_;
  std::int64_t next_position_;
  const std::int64_t end_;
  const Depth depth_;
  const std::size_t window_bytes_;
  std::unique_ptr<std::uint8_t[]> window_;
  std::size_t capacity_ = 0;
  std::size_t filled_ = 0;
  std::int64_t window_position_ = 0;
  records::BatchView batch_;
};

}  // namespace barnabas::storage
