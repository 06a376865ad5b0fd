// Bytes as the body of any message at any version: two bytes choose, the rest is decoded. What decodes must
// encode, and decode again to what gives the same bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "common/bytes.h"
#include "protocol/testing/any_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace barnabas;            // NOLINT: one short program
  using namespace barnabas::protocol;  // NOLINT
  if (size < 2) return 0;
  const auto& types = barnabas::protocol::testing::all_messages();
  const auto& type = types[(data[0] | (data[1] & 1u) << 8) % types.size()];
  const int versions = type.max_version - type.min_version + 1;
  const auto version = static_cast<std::int16_t>(type.min_version + (data[1] >> 1) % versions);

  Reader reader(ByteView(data + 2, size - 2));
  const auto message = type.make();
  if (!message->decode(reader, version) || reader.failed()) return 0;
  Writer writer;
  message->encode(writer, version);
  if (writer.failed()) std::abort();
  const Buffer bytes = writer.finish().to_buffer();
  Reader again(bytes);
  const auto copy = type.make();
  if (!copy->decode(again, version) || again.failed() || again.remaining() != 0) std::abort();
  // By bytes: a number that is none (NaN) does not equal itself.
  Writer rewriter;
  copy->encode(rewriter, version);
  if (rewriter.finish().to_buffer() != bytes) std::abort();
  return 0;
}
