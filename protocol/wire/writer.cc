#include "protocol/wire/writer.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "common/assert.h"
#include "common/text.h"

namespace barnabas::protocol {

namespace {
// Records of this size are copied: a piece of its own costs more than the copy.
constexpr std::size_t kCopyLimit = 512;

std::size_t put_varint(std::uint8_t* to, std::uint64_t bits) {
  std::size_t count = 0;
  while (bits >= 0x80) {
    to[count++] = static_cast<std::uint8_t>(bits | 0x80);
    bits >>= 7;
  }
  to[count++] = static_cast<std::uint8_t>(bits);
  return count;
}

template <class Unsigned, class Signed>
Unsigned zigzag(Signed value) {
  return (static_cast<Unsigned>(value) << 1) ^ static_cast<Unsigned>(value >> (sizeof(Signed) * 8 - 1));
}
}  // namespace

Writer::Writer(std::size_t expected_size)
    : buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(expected_size)), capacity_(expected_size) {}

void Writer::grow(std::size_t count) {
  const std::size_t larger = std::max(capacity_ * 2, size_ + count);
  auto buffer = std::make_unique_for_overwrite<std::uint8_t[]>(larger);
  if (size_ != 0) std::memcpy(buffer.get(), buffer_.get(), size_);
  buffer_ = std::move(buffer);
  capacity_ = larger;
}

Payload Writer::finish() {
  std::shared_ptr<const std::uint8_t[]> owner(std::move(buffer_));
  const ByteView all(owner.get(), size_);
  Payload payload;
  std::size_t from = 0;
  for (Splice& splice : splices_) {
    payload.append(SharedBytes{owner, all.subspan(from, splice.at - from)});
    payload.append(std::move(splice.payload));
    from = splice.at;
  }
  payload.append(SharedBytes{owner, all.subspan(from)});
  splices_.clear();
  size_ = capacity_ = spliced_ = 0;
  return payload;
}

Buffer Writer::finish_buffer() {
  ASSERT(splices_.empty());
  Buffer all(buffer_.get(), buffer_.get() + size_);
  size_ = 0;
  return all;
}

void Writer::fail(std::string_view reason) {
  if (error_.empty()) error_ = reason;
}

void Writer::unsupported(std::string_view field, std::int16_t version) {
  fail(concat(field, " cannot be written at version ", version));
}

void Writer::float64(double value) {
  integer(std::bit_cast<std::int64_t>(value));
}

void Writer::varint_bits(std::uint64_t bits) {
  std::uint8_t digits[10];
  raw({digits, put_varint(digits, bits)});
}

void Writer::unsigned_varint(std::uint32_t value) {
  if (value < 0x80) [[likely]] {
    *room(1) = static_cast<std::uint8_t>(value);
    return;
  }
  varint_bits(value);
}

void Writer::varint(std::int32_t value) {
  unsigned_varint(zigzag<std::uint32_t>(value));
}
void Writer::varlong(std::int64_t value) {
  varint_bits(zigzag<std::uint64_t>(value));
}

void Writer::raw(ByteView bytes) {
  if (!bytes.empty()) std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
}

void Writer::string(std::string_view text, bool compact) {
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<std::int16_t>::max())) {
    fail("a text is longer than 32767 bytes");
    text = {};
  }
  if (compact)
    unsigned_varint(static_cast<std::uint32_t>(text.size() + 1));
  else
    int16(static_cast<std::int16_t>(text.size()));
  raw(as_bytes(text));
}

void Writer::nullable_string(const std::optional<std::string>& text, bool compact) {
  if (text)
    string(*text, compact);
  else if (compact)
    unsigned_varint(0);
  else
    int16(-1);
}

void Writer::array_size(std::size_t count, bool compact) {
  if (count >= static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    fail("more than 2^31 - 2 bytes or elements");
    count = 0;
  }
  if (compact)
    unsigned_varint(static_cast<std::uint32_t>(count + 1));
  else
    int32(static_cast<std::int32_t>(count));
}

void Writer::null_array(bool compact) {
  if (compact)
    unsigned_varint(0);
  else
    int32(-1);
}

void Writer::bytes(ByteView bytes, bool compact) {
  array_size(bytes.size(), compact);
  raw(bytes);
}

void Writer::nullable_bytes(const std::optional<Buffer>& value, bool compact) {
  if (value)
    bytes(*value, compact);
  else
    null_array(compact);
}

void Writer::records(const std::optional<Payload>& records, bool compact) {
  if (!records) {
    null_array(compact);
    return;
  }
  array_size(records->size(), compact);
  if (records->empty()) return;
  if (records->size() <= kCopyLimit && records->pieces().size() == 1 &&
      !records->pieces().front().is_file()) {
    raw(records->contiguous());
    return;
  }
  splices_.push_back({size_, *records});
  spliced_ += records->size();
}

std::size_t Writer::begin_tag(std::uint32_t number) {
  unsigned_varint(number);
  *room(1) = 0;
  return size_;
}

void Writer::end_tag(std::size_t mark) {
  std::uint8_t digits[10];
  const std::size_t size = size_ - mark;
  const std::size_t count = put_varint(digits, size);
  // Nearly always one byte, which begin_tag() left room for.
  if (count > 1) {
    room(count - 1);
    std::memmove(buffer_.get() + mark + count - 1, buffer_.get() + mark, size);
  }
  std::memcpy(buffer_.get() + mark - 1, digits, count);
}

}  // namespace barnabas::protocol
