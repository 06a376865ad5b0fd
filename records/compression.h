// The codecs of record batches, through their libraries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "common/bytes.h"
#include "common/result.h"
#include "records/types.h"

namespace barnabas::records {

struct LevelRange {
  int lowest, highest, preset;  // preset: what Kafka takes unless told
};
// compression.gzip.level, compression.lz4.level, compression.zstd.level. Nullopt: the codec has no levels.
std::optional<LevelRange> level_range(Codec codec);

// The bytes as Kafka's clients write them: gzip member, snappy in xerial framing, lz4 frame, zstd frame; with
// kNone a copy. A level outside the range is taken for the nearest one.
Buffer compress(Codec codec, ByteView plain, std::optional<int> level = std::nullopt);

enum class DecompressError : std::uint8_t { kCorrupt, kTooLarge, kUnknownCodec };

// A stream of plain bytes out of compressed ones. Memory is bounded by the codec's window (gzip 32 KiB, lz4 a
// block of 4 MiB and its history, zstd 8 MiB, snappy one block, itself bounded by 22 times the input), never
// by a size the input declares. One thread; the input outlives it.
class Decompressor {
 public:
  virtual ~Decompressor() = default;
  // Fills up to out.size() bytes; 0 is the end of the stream. Bytes behind the end are an error, except for
  // gzip, where Java passes over them.
  virtual Result<std::size_t, DecompressError> read(std::span<std::uint8_t> out) = 0;
};
// Null for kNone.
std::unique_ptr<Decompressor> make_decompressor(Codec codec, ByteView compressed);

// Everything at once, growing as bytes come out; kTooLarge above `cap`.
Result<Buffer, DecompressError> decompress(Codec codec, ByteView compressed, std::size_t cap);

}  // namespace barnabas::records
