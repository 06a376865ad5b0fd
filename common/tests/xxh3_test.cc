#include "common/xxh3.h"

#include <gtest/gtest.h>

#include <utility>

namespace barnabas {
namespace {

// Of the bytes 3, 10, 17, ... (each 7 more than the one before), as hash4j 0.22 computes them.
TEST(Xxh3, HashesEveryLengthClassAsTheReferenceDoes) {
  const std::pair<std::size_t, std::uint64_t> expected[] = {
      {0, 0x2d06800538d394c2ull},    {1, 0x13e608bc156defedull},     {2, 0x1c9074b93943b86cull},
      {3, 0xa9088dda485b481cull},    {4, 0x6d9253b16c8b1ed3ull},     {5, 0x998620e10e3a4b37ull},
      {8, 0x60539db630471163ull},    {9, 0xfeff668361d723a8ull},     {16, 0xb8c859b0f030b585ull},
      {17, 0x714a04408e79b80full},   {32, 0x19ff4ee1d6ba1a55ull},    {33, 0x3e44983ad21679c8ull},
      {64, 0x287eb1fa9e4be2c1ull},   {65, 0x829218de4d798646ull},    {96, 0xf084e7cfbc624743ull},
      {97, 0x1daa83271a8e7b7cull},   {128, 0x67425a03650261bfull},   {129, 0xc664bf3311c6abc4ull},
      {130, 0xa620cbbc569eeeabull},  {144, 0x606a17fa700bb932ull},   {160, 0xd70dea8de694b883ull},
      {200, 0x746cd0025327bf5bull},  {239, 0x1d861931c1f3cafaull},   {240, 0x64556dc6b462a6cfull},
      {241, 0x8beadd3a8874fe17ull},  {256, 0x3c38817f6d79c0daull},   {300, 0xfd9aa0f0d62e0227ull},
      {512, 0xf58202b8d9019d1dull},  {1000, 0x6c4f14bd97bd9e82ull},  {1024, 0x9b81661c641c72b1ull},
      {1025, 0x806c2072ed713576ull}, {1088, 0x2f8781e01841f0daull},  {2000, 0x71f8268c6d856c4aull},
      {5000, 0x799aaddd7339581dull}, {10000, 0xfcd0ecba1a48462dull},
  };
  for (const auto& [size, hash] : expected) {
    Buffer bytes;
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::uint8_t>(i * 7 + 3));
    EXPECT_EQ(xxh3_64(bytes), hash) << size << " bytes";
  }
}

}  // namespace
}  // namespace barnabas
