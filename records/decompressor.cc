#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

#include "common/assert.h"
#include "records/compression.h"
#include "records/snappy_framing.h"

namespace barnabas::records {
namespace {

using ReadResult = Result<std::size_t, DecompressError>;

class GzipDecompressor final : public Decompressor {
 public:
  explicit GzipDecompressor(ByteView in) {
    ASSERT(inflateInit2(&stream_, 15 + 16) == Z_OK);
    stream_.next_in = const_cast<Bytef*>(in.data());
    stream_.avail_in = static_cast<uInt>(in.size());
  }
  ~GzipDecompressor() override { inflateEnd(&stream_); }
  GzipDecompressor(const GzipDecompressor&) = delete;
  GzipDecompressor& operator=(const GzipDecompressor&) = delete;

  ReadResult read(std::span<std::uint8_t> out) override {
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size(), UINT32_MAX));
    const uInt room = stream_.avail_out;
    while (!ended_ && stream_.avail_out == room) {
      const int result = inflate(&stream_, Z_NO_FLUSH);
      if (result == Z_STREAM_END) {
        // Members may follow one another; anything else behind one is passed over, as in Java.
        ended_ = stream_.avail_in < 2 || stream_.next_in[0] != 0x1f || stream_.next_in[1] != 0x8b;
        if (!ended_) inflateReset(&stream_);
      } else if (result != Z_OK) {
        return unexpected(DecompressError::kCorrupt);
      }
    }
    return room - stream_.avail_out;
  }

 private:
  z_stream stream_{};
  bool ended_ = false;
};

class SnappyDecompressor final : public Decompressor {
 public:
  explicit SnappyDecompressor(ByteView in) : in_(in) { framed_ = skip_header(); }

  ReadResult read(std::span<std::uint8_t> out) override {
    while (given_ == block_.size()) {
      if (in_.empty()) return 0;
      if (!next_block()) return unexpected(DecompressError::kCorrupt);
    }
    const std::size_t count = std::min(out.size(), block_.size() - given_);
    std::copy_n(block_.data() + given_, count, out.data());
    given_ += count;
    return count;
  }

 private:
  // Snappy's densest element makes 64 bytes out of 3; a block that promises more lies.
  static constexpr std::size_t kMostExpansion = 22;

  // Concatenated streams repeat the header. The versions behind the magic are not checked, as in Java.
  bool skip_header() {
    if (in_.size() < kXerialHeader.size() ||
        !std::equal(in_.begin(), in_.begin() + kXerialMagicBytes, kXerialHeader.begin())) {
      return false;
    }
    in_ = in_.subspan(kXerialHeader.size());
    return true;
  }

  bool next_block() {
    ByteView block = in_;
    if (framed_) {
      if (in_.size() < 4) return false;
      const auto size = load_be<std::int32_t>(in_.data());
      if (size < 0) {
        block_.clear();
        given_ = 0;
        return skip_header();
      }
      if (static_cast<std::size_t>(size) > in_.size() - 4) return false;
      block = in_.subspan(4, static_cast<std::size_t>(size));
    }
    in_ = ByteView(block.data() + block.size(), in_.data() + in_.size());
    std::size_t plain = 0;
    const char* from = reinterpret_cast<const char*>(block.data());
    if (snappy_uncompressed_length(from, block.size(), &plain) != SNAPPY_OK) return false;
    if (plain > kMostExpansion * block.size()) return false;
    block_.resize(plain);
    given_ = 0;
    // Never a null pointer, also for an empty block.
    char nothing = 0;
    char* const to = plain > 0 ? reinterpret_cast<char*>(block_.data()) : &nothing;
    return snappy_uncompress(from, block.size(), to, &plain) == SNAPPY_OK;
  }

  ByteView in_;
  bool framed_ = false;
  Buffer block_;
  std::size_t given_ = 0;
};

class Lz4Decompressor final : public Decompressor {
 public:
  explicit Lz4Decompressor(ByteView in) : in_(in) {
    ASSERT(!LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)));
  }
  ~Lz4Decompressor() override { LZ4F_freeDecompressionContext(context_); }
  Lz4Decompressor(const Lz4Decompressor&) = delete;
  Lz4Decompressor& operator=(const Lz4Decompressor&) = delete;

  ReadResult read(std::span<std::uint8_t> out) override {
    while (!ended_) {
      std::size_t made = out.size();
      std::size_t taken = in_.size();
      const std::size_t wants = LZ4F_decompress(context_, out.data(), &made, in_.data(), &taken, nullptr);
      if (LZ4F_isError(wants)) return unexpected(DecompressError::kCorrupt);
      in_ = in_.subspan(taken);
      // The end of a frame; further frames may follow.
      ended_ = wants == 0 && in_.empty();
      if (made > 0) return made;
      if (!ended_ && taken == 0) return unexpected(DecompressError::kCorrupt);
    }
    return 0;
  }

 private:
  ByteView in_;
  LZ4F_dctx* context_ = nullptr;
  bool ended_ = false;
};

class ZstdDecompressor final : public Decompressor {
 public:
  explicit ZstdDecompressor(ByteView in) : in_{in.data(), in.size(), 0}, context_(ZSTD_createDCtx()) {
    ASSERT(context_ != nullptr);
    ASSERT(!ZSTD_isError(ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kMostWindowLog)));
  }
  ~ZstdDecompressor() override { ZSTD_freeDCtx(context_); }
  ZstdDecompressor(const ZstdDecompressor&) = delete;
  ZstdDecompressor& operator=(const ZstdDecompressor&) = delete;

  ReadResult read(std::span<std::uint8_t> out) override {
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    while (!ended_ && to.pos == 0) {
      const std::size_t taken = in_.pos;
      const std::size_t wants = ZSTD_decompressStream(context_, &to, &in_);
      if (ZSTD_isError(wants)) return unexpected(DecompressError::kCorrupt);
      ended_ = wants == 0 && in_.pos == in_.size;
      if (!ended_ && to.pos == 0 && in_.pos == taken) return unexpected(DecompressError::kCorrupt);
    }
    return to.pos;
  }

 private:
  // The largest window that any level of the library writes (22), and that Java's readers take. The library
  // reserves it when a frame asks for it; pages are touched only as far as bytes come out.
  static constexpr int kMostWindowLog = 27;

  ZSTD_inBuffer in_;
  ZSTD_DCtx* context_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Decompressor> make_decompressor(Codec codec, ByteView compressed) {
  switch (codec) {
    case Codec::kNone:
      return nullptr;
    case Codec::kGzip:
      return std::make_unique<GzipDecompressor>(compressed);
    case Codec::kSnappy:
      return std::make_unique<SnappyDecompressor>(compressed);
    case Codec::kLz4:
      return std::make_unique<Lz4Decompressor>(compressed);
    case Codec::kZstd:
      return std::make_unique<ZstdDecompressor>(compressed);
  }
  return nullptr;
}

}  // namespace barnabas::records
