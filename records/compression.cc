#include "records/compression.h"

#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

#include "common/assert.h"
#include "records/snappy_framing.h"

namespace barnabas::records {
namespace {

Buffer compress_gzip(ByteView plain, int level) {
  z_stream stream{};
  ASSERT(deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  Buffer out(deflateBound(&stream, plain.size()));
  stream.next_in = const_cast<Bytef*>(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  ASSERT(result == Z_STREAM_END);
  return out;
}

Buffer compress_snappy(ByteView plain) {
  Buffer out(kXerialHeader.begin(), kXerialHeader.end());
  while (!plain.empty()) {
    const ByteView block = plain.first(std::min(plain.size(), kXerialBlockBytes));
    const std::size_t start = out.size();
    std::size_t size = snappy_max_compressed_length(block.size());
    out.resize(start + 4 + size);
    const auto result = snappy_compress(reinterpret_cast<const char*>(block.data()), block.size(),
                                        reinterpret_cast<char*>(out.data() + start + 4), &size);
    ASSERT(result == SNAPPY_OK);
    store_be(out.data() + start, static_cast<std::int32_t>(size));
    out.resize(start + 4 + size);
    plain = plain.subspan(block.size());
  }
  return out;
}

// The frame that Kafka's own writer makes: independent blocks of 64 KiB, no content size, no checksum of it.
Buffer compress_lz4(ByteView plain, int level) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockSizeID = LZ4F_max64KB;
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  preferences.compressionLevel = level;
  Buffer out(LZ4F_compressFrameBound(plain.size(), &preferences));
  const std::size_t size =
      LZ4F_compressFrame(out.data(), out.size(), plain.data(), plain.size(), &preferences);
  ASSERT(!LZ4F_isError(size));
  out.resize(size);
  return out;
}

Buffer compress_zstd(ByteView plain, int level) {
  Buffer out(ZSTD_compressBound(plain.size()));
  const std::size_t size = ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), level);
  ASSERT(!ZSTD_isError(size));
  out.resize(size);
  return out;
}

}  // namespace

std::optional<LevelRange> level_range(Codec codec) {
  switch (codec) {
    case Codec::kNone:
    case Codec::kSnappy:
      return std::nullopt;
    case Codec::kGzip:
      return LevelRange{1, 9, Z_DEFAULT_COMPRESSION};
    case Codec::kLz4:
      return LevelRange{1, 17, 9};
    case Codec::kZstd:
      return LevelRange{-131072, 22, 3};
  }
  return std::nullopt;
}

Buffer compress(Codec codec, ByteView plain, std::optional<int> level) {
  ASSERT(plain.size() <= static_cast<std::size_t>(INT32_MAX));
  int chosen = 0;
  if (const auto range = level_range(codec)) {
    chosen =
        !level || *level == range->preset ? range->preset : std::clamp(*level, range->lowest, range->highest);
  }
  switch (codec) {
    case Codec::kNone:
      return Buffer(plain.begin(), plain.end());
    case Codec::kGzip:
      return compress_gzip(plain, chosen);
    case Codec::kSnappy:
      return compress_snappy(plain);
    case Codec::kLz4:
      return compress_lz4(plain, chosen);
    case Codec::kZstd:
      return compress_zstd(plain, chosen);
  }
  return {};
}

Result<Buffer, DecompressError> decompress(Codec codec, ByteView compressed, std::size_t cap) {
  if (codec == Codec::kNone) {
    if (compressed.size() > cap) return unexpected(DecompressError::kTooLarge);
    return Buffer(compressed.begin(), compressed.end());
  }
  const auto stream = make_decompressor(codec, compressed);
  if (!stream) return unexpected(DecompressError::kUnknownCodec);
  Buffer plain;
  std::size_t size = 0;
  while (true) {
    // One byte above the cap is room enough to notice that there is more.
    if (size == plain.size()) plain.resize(std::min(cap + 1, std::max<std::size_t>(16 * 1024, 2 * size)));
    const auto read = stream->read(std::span(plain).subspan(size));
    if (!read) return unexpected(read.error());
    if (*read == 0) break;
    size += *read;
    if (size > cap) return unexpected(DecompressError::kTooLarge);
  }
  plain.resize(size);
  return plain;
}

}  // namespace barnabas::records
