// Bytes as the compressed part of a batch: the first one names the codec, the rest is decompressed, whole and
// in small pieces. Both must agree and stay within their limit.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "records/compression.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace barnabas;           // NOLINT: one short program
  using namespace barnabas::records;  // NOLINT
  constexpr std::size_t kCap = 1 << 20;
  if (size < 2) return 0;
  const auto codec = static_cast<Codec>(data[0] % 5);
  const ByteView compressed(data + 1, size - 1);
  const auto whole = decompress(codec, compressed, kCap);
  if (whole && whole->size() > kCap) std::abort();
  const auto stream = make_decompressor(codec, compressed);
  if (!stream) return 0;
  Buffer pieces;
  Buffer piece(1 + data[0] / 5);
  bool failed = false;
  while (pieces.size() <= kCap) {
    const auto got = stream->read(piece);
    failed = !got;
    if (failed || *got == 0) break;
    if (*got > piece.size()) std::abort();
    pieces.insert(pieces.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(*got));
  }
  if (whole && (failed || pieces != *whole)) std::abort();
  return 0;
}
