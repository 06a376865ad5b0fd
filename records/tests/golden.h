// Batches as Apache Kafka 4.3.1 writes them, byte by byte.
#pragma once

#include <cstddef>
#include <string_view>

#include "common/bytes.h"
#include "records/types.h"

namespace barnabas::records {

// Hexadecimal digits, white space between them ignored.
inline Buffer from_hex(std::string_view text) {
  Buffer bytes;
  int high = -1;
  for (const char letter : text) {
    if (letter == ' ') continue;
    const int digit = letter <= '9' ? letter - '0' : letter - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<std::uint8_t>(high << 4 | digit));
      high = -1;
    }
  }
  return bytes;
}

// A quorum's leader change: offset 0, epoch 1, time 1700000000000, leader 1, voters {1}, granted by {1}.
inline constexpr std::string_view kLeaderChangeBatch =
    "0000000000000000 0000004f 00000001 02 1154eaf9 0020 00000000 0000018bcfe56800 0000018bcfe56800 "
    "ffffffffffffffff ffff ffffffff 00000001 "
    "3a 00 00 00 08 0000 0002 26 0000 00000001 02 00000001 00 02 00000001 00 00 00";

// A commit marker: offset 60, leader epoch 3, producer 1000 of epoch 2, coordinator epoch 7.
inline constexpr std::string_view kCommitMarkerBatch =
    "000000000000003c 00000042 00000003 02 809c88c4 0030 00000000 0000018bcfe56800 0000018bcfe56800 "
    "00000000000003e8 0002 ffffffff 00000001 "
    "20 00 00 00 08 0000 0001 0c 0000 00000007 00";

// The same three records in every codec, written by Kafka's Java library: producer 4711, epoch 3, sequence
// 17, transactional, leader epoch 5. See expect_golden_records in record_test.cc for what is inside.
struct GoldenBatch {
  Codec codec;
  std::string_view hex;
};
inline constexpr GoldenBatch kJavaBatches[] = {
    {Codec::kNone,
     "000000000000000000000085000000050248c74fca0010000000020000018bcfe568000000018bcfe568fa0000000000"
     "0012670003000000110000000378000000046b315476616c7565206f6e652c2076616c7565206f6e652c2076616c7565"
     "206f6e652c2076616c7565206f6e650402680278086e756c6c011a00f40302010c7365636f6e640010000104046b3301"
     "00"},
    {Codec::kGzip,
     "00000000000000000000007c00000005028151812a0011000000020000018bcfe568000000018bcfe568fa0000000000"
     "001267000300000011000000031f8b08000000000000ffab60606060c9360c294bcc294d55c8cf4bd55120c06461ca60"
     "aae0c82bcdc9619462f8c2ccc4c8539c9a9c9f97c220c0c0c8c2926dccc80000bdb4f5e454000000"},
    {Codec::kSnappy,
     "0000000000000000000000800000000502396f40010012000000020000018bcfe568000000018bcfe568fa0000000000"
     "0012670003000000110000000382534e415050590000000001000000010000003b544878000000046b315476616c7565"
     "206f6e652c207a0b00840402680278086e756c6c011a00f40302010c7365636f6e640010000104046b330100"},
    {Codec::kLz4,
     "00000000000000000000007c0000000502e1e0029f0013000000020000018bcfe568000000018bcfe568fa0000000000"
     "0012670003000000110000000304224d186040823c000000ff0478000000046b315476616c7565206f6e652c200b000c"
     "f0130402680278086e756c6c011a00f40302010c7365636f6e640010000104046b33010000000000"},
    {Codec::kZstd,
     "0000000000000000000000790000000502e7c82ec30014000000020000018bcfe568000000018bcfe568fa0000000000"
     "0012670003000000110000000328b52ffd0058e40100540378000000046b315476616c7565206f6e652c200402680278"
     "086e756c6c011a00f40302010c7365636f6e640010000104046b3301000100dd9430010000"},
};

}  // namespace barnabas::records
