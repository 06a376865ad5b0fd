#include "storage/compaction/chunk_reader.h"

#include <algorithm>
#include <cerrno>

#include "common/text.h"

namespace barnabas::storage {

ChunkReader::ChunkReader(File& file, std::int64_t position, std::int64_t end, std::size_t chunk_bytes,
                         Buffer& memory)
    : file_(file),
      position_(position),
      end_(end),
      chunk_bytes_(std::max(chunk_bytes, records::kBatchHeaderBytes)),
      memory_(memory) {}

IoResult<ByteView> ChunkReader::read(std::size_t bytes) {
  bytes = std::min(bytes, static_cast<std::size_t>(std::max<std::int64_t>(0, end_ - position_)));
  if (memory_.size() < bytes) memory_.resize(bytes);
  const auto got = file_.read_at(position_, std::span(memory_).first(bytes));
  if (!got) return std::unexpected(got.error());
  return ByteView(memory_).first(*got);
}

IoResult<ByteView> ChunkReader::next() {
  if (position_ >= end_) return ByteView();
  auto chunk = read(chunk_bytes_);
  if (!chunk) return chunk;
  // A length beyond the file's end is damage, and no reason to ask for memory.
  if (const auto first = records::peek_batch(*chunk);
      first.outcome == records::SplitOutcome::kBatch && first.size > chunk->size() &&
      static_cast<std::int64_t>(first.size) <= end_ - position_) {
    chunk = read(first.size);
    if (!chunk) return chunk;
  }
  records::BatchSplitter splitter(*chunk);
  records::BatchView batch;
  auto outcome = records::SplitOutcome::kBatch;
  while (outcome == records::SplitOutcome::kBatch) outcome = splitter.next(batch);
  const std::size_t whole = splitter.position();
  const bool readable =
      outcome == records::SplitOutcome::kEnd || outcome == records::SplitOutcome::kTruncated;
  if (!readable || whole == 0)
    return std::unexpected(
        IoError{EBADMSG, concat("no batch at position ", position_ + static_cast<std::int64_t>(whole))});
  position_ += static_cast<std::int64_t>(whole);
  return chunk->first(whole);
}

}  // namespace barnabas::storage
