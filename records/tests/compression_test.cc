#include "records/compression.h"

#include "common/random.h"

namespace barnabas::records {
namespace {

constexpr Codec kCodecs[] = {Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd};

Buffer noise(std::uint64_t seed, std::size_t size) {
  auto random = seeded_random(seed);
  Buffer bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random->next());
  return bytes;
}

TEST(Compression, RoundTripsAtSizesAroundTheBlocks) {
  for (Codec codec : kCodecs) {
    for (std::size_t size : {0u, 1u, 100u, 32'767u, 32'768u, 32'769u, 65'536u, 65'537u, 300'000u}) {
      for (const Buffer& plain : {noise(size + 1, size), Buffer(size, 'a')}) {
        const auto back = decompress(codec, compress(codec, plain), size);
        ASSERT_TRUE(back) << codec_name(codec) << " " << size;
        EXPECT_EQ(*back, plain) << codec_name(codec) << " " << size;
      }
    }
  }
}

TEST(Compression, TakesEveryLevelAndClampsTheRest) {
  const Buffer plain(20'000, 'b');
  for (Codec codec : kCodecs) {
    for (int level : {-200'000, -131'072, -5, -1, 0, 1, 3, 9, 12, 17, 19, 22, 100}) {
      const auto back = decompress(codec, compress(codec, plain, level), plain.size());
      ASSERT_TRUE(back) << codec_name(codec) << " level " << level;
      EXPECT_EQ(*back, plain);
    }
  }
  EXPECT_LT(compress(Codec::kGzip, plain, 9).size(), compress(Codec::kGzip, plain, 1).size());
}

TEST(Decompression, EveryCutIsCorrupt) {
  const Buffer plain = noise(3, 3000);
  for (Codec codec : kCodecs) {
    const Buffer packed = compress(codec, plain);
    for (std::size_t size = 0; size < packed.size(); ++size) {
      const auto back = decompress(codec, ByteView(packed).first(size), plain.size());
      // A cut between snappy's blocks is a shorter stream of blocks.
      if (codec == Codec::kSnappy && back) {
        EXPECT_LT(back->size(), plain.size());
      } else {
        ASSERT_FALSE(back) << codec_name(codec) << " cut to " << size;
        EXPECT_EQ(back.error(), DecompressError::kCorrupt);
      }
    }
  }
}

TEST(Decompression, RandomBytesAndDamageAreSurvived) {
  auto random = seeded_random(5);
  for (Codec codec : kCodecs) {
    const Buffer packed = compress(codec, Buffer(5000, 'x'));
    for (int round = 0; round < 700; ++round) {
      Buffer bad = packed;
      for (int i = 0; i < 3; ++i) bad[random->below(bad.size())] = static_cast<std::uint8_t>(random->next());
      const auto damaged = decompress(codec, bad, 100'000);
      if (damaged) {
        EXPECT_LE(damaged->size(), 100'000u);
      }
      const auto random_bytes = decompress(codec, noise(random->next(), random->below(300)), 100'000);
      if (random_bytes) {
        EXPECT_LE(random_bytes->size(), 100'000u);
      }
    }
  }
}

TEST(Decompression, JoinedStreamsAreOne) {
  for (Codec codec : kCodecs) {
    Buffer packed = compress(codec, as_bytes("first "));
    const Buffer second = compress(codec, as_bytes("second"));
    packed.insert(packed.end(), second.begin(), second.end());
    const auto back = decompress(codec, packed, 100);
    ASSERT_TRUE(back) << codec_name(codec);
    EXPECT_EQ(as_text(*back), "first second");
  }
}

TEST(Decompression, ReadsSnappyWithoutFraming) {
  // "abc" as one raw block: length 3, literal of 3.
  const Buffer raw = {0x03, 0x08, 'a', 'b', 'c'};
  const auto back = decompress(Codec::kSnappy, raw, 3);
  ASSERT_TRUE(back);
  EXPECT_EQ(as_text(*back), "abc");
}

TEST(Decompression, BombsStopAtTheCap) {
  const Buffer zeros(32 << 20, 0);
  for (Codec codec : kCodecs) {
    const Buffer packed = compress(codec, zeros);
    const auto back = decompress(codec, packed, 1 << 20);
    ASSERT_FALSE(back) << codec_name(codec);
    EXPECT_EQ(back.error(), DecompressError::kTooLarge);
    EXPECT_TRUE(decompress(codec, packed, zeros.size()));
    EXPECT_FALSE(decompress(codec, packed, zeros.size() - 1));
  }
}

TEST(Decompression, DeclaredSizesAllocateNothing) {
  // A snappy block that claims four thousand million bytes, and one that claims what 22 times would not give.
  for (const Buffer& liar : {Buffer{0xff, 0xff, 0xff, 0xff, 0x0f, 0x00}, Buffer{0xff, 0xff, 0x03, 0x00}}) {
    EXPECT_EQ(decompress(Codec::kSnappy, liar, SIZE_MAX / 4).error(), DecompressError::kCorrupt);
  }
  // A zstd frame whose window of 2^31 bytes goes beyond what is taken.
  const Buffer window = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00};
  EXPECT_EQ(decompress(Codec::kZstd, window, 1 << 20).error(), DecompressError::kCorrupt);
}

TEST(Codecs, HaveKafkasNames) {
  for (Codec codec : kCodecs) EXPECT_EQ(codec_by_name(codec_name(codec)), codec);
  EXPECT_EQ(codec_by_name("uncompressed"), Codec::kNone);
  EXPECT_EQ(codec_by_name("producer"), std::nullopt);
}

}  // namespace
}  // namespace barnabas::records
