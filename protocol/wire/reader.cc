#include "protocol/wire/reader.h"

#include <bit>

namespace barnabas::protocol {

namespace {
// What the allocator adds to a block, roughly.
constexpr std::size_t kBlockOverhead = 32;
// Texts up to this size live inside std::string.
constexpr std::size_t kInlineText = 15;

std::int64_t zigzag(std::uint64_t bits) {
  return static_cast<std::int64_t>(bits >> 1) ^ -static_cast<std::int64_t>(bits & 1);
}
}  // namespace

void Reader::fail(const char* reason) {
  if (error_ == nullptr) error_ = reason;
  position_ = end_;
}

double Reader::float64() {
  return std::bit_cast<double>(integer<std::int64_t>());
}

Uuid Reader::uuid() {
  Uuid id;
  if (remaining() < id.bytes.size()) {
    fail("the message ends within a uuid");
    return id;
  }
  std::memcpy(id.bytes.data(), position_, id.bytes.size());
  position_ += id.bytes.size();
  return id;
}

std::uint64_t Reader::varint_bits(int max_bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < max_bytes; ++i) {
    if (position_ == end_) {
      fail("the message ends within a varint");
      return 0;
    }
    const std::uint8_t byte = *position_++;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if ((byte & 0x80) == 0) return value;
  }
  fail("a varint is too long");
  return 0;
}

std::uint32_t Reader::unsigned_varint() {
  if (position_ != end_ && *position_ < 0x80) [[likely]]
    return *position_++;
  return static_cast<std::uint32_t>(varint_bits(5));
}

std::int32_t Reader::varint() {
  const std::uint32_t bits = unsigned_varint();
  return static_cast<std::int32_t>(zigzag(bits));
}

std::int64_t Reader::varlong() {
  return zigzag(varint_bits(10));
}

std::int64_t Reader::length(bool compact, bool wide) {
  if (compact) return static_cast<std::int32_t>(unsigned_varint() - 1u);
  return wide ? int32() : int16();
}

bool Reader::charge(std::size_t size) {
  if (size > memory_left_ || size + kBlockOverhead > memory_left_) {
    fail("the message would take too much memory");
    return false;
  }
  memory_left_ -= size + kBlockOverhead;
  return true;
}

ByteView Reader::view(std::size_t size) {
  if (size > remaining()) {
    fail("a length exceeds the message");
    return {};
  }
  const ByteView found(position_, size);
  position_ += size;
  return found;
}

std::optional<ByteView> Reader::string_view(bool compact) {
  const std::int64_t size = length(compact, false);
  if (size < 0) return std::nullopt;
  if (size > INT16_MAX) {
    fail("a text is longer than 32767 bytes");
    return ByteView();
  }
  if (size > static_cast<std::int64_t>(kInlineText) && !charge(static_cast<std::size_t>(size)))
    return ByteView();
  return view(static_cast<std::size_t>(size));
}

std::optional<ByteView> Reader::bytes_view(bool compact) {
  const std::int64_t size = length(compact, true);
  if (size < 0) return std::nullopt;
  return view(static_cast<std::size_t>(size));
}

std::string Reader::string(bool compact) {
  const auto found = string_view(compact);
  if (!found) {
    fail("a text that must be there is null");
    return {};
  }
  return std::string(as_text(*found));
}

std::optional<std::string> Reader::nullable_string(bool compact) {
  const auto found = string_view(compact);
  if (!found) return std::nullopt;
  return std::string(as_text(*found));
}

Buffer Reader::bytes(bool compact) {
  auto found = nullable_bytes(compact);
  if (!found) {
    fail("bytes that must be there are null");
    return {};
  }
  return std::move(*found);
}

std::optional<Buffer> Reader::nullable_bytes(bool compact) {
  const auto found = bytes_view(compact);
  if (!found) return std::nullopt;
  if (!charge(found->size())) return Buffer();
  return Buffer(found->begin(), found->end());
}

std::optional<Payload> Reader::records(bool compact, bool nullable) {
  const auto found = bytes_view(compact);
  if (!found) {
    if (!nullable) fail("records that must be there are null");
    return std::nullopt;
  }
  if (!charge(sizeof(Payload::Piece))) return std::nullopt;
  return Payload(SharedBytes{owner_, *found});
}

std::size_t Reader::array_size(bool compact, std::size_t min_element_size, std::size_t element_memory) {
  const auto found = nullable_array_size(compact, min_element_size, element_memory);
  if (!found) fail("an array that must be there is null");
  return found.value_or(0);
}

std::optional<std::size_t> Reader::nullable_array_size(bool compact, std::size_t min_element_size,
                                                       std::size_t element_memory) {
  const std::int64_t count = length(compact, true);
  if (count < 0) return std::nullopt;
  const auto size = static_cast<std::size_t>(count);
  if (size > remaining() / min_element_size) {
    fail("an array has more elements than the message has room for");
    return 0;
  }
  // No overflow: both factors are below 2^31.
  if (size != 0 && !charge(size * element_memory)) return 0;
  return size;
}

void Reader::skip_tagged_fields() {
  if (position_ != end_ && *position_ == 0) [[likely]] {
    ++position_;
    return;
  }
  for (TaggedFields tags(*this); tags.next();) tags.skip();
}

TaggedFields::TaggedFields(Reader& reader)
    : reader_(reader), outer_end_(reader.end_), left_(reader.unsigned_varint()) {
  // A tag number and a size take a byte each, so that a lie is seen before the walk.
  if (left_ > reader.remaining() / 2) reader.fail("more tagged fields than the message has room for");
}

bool TaggedFields::next() {
  if (inside_ && reader_.position_ != reader_.end_) reader_.fail("a tagged field is shorter than it says");
  inside_ = false;
  reader_.end_ = outer_end_;
  if (reader_.failed()) {
    reader_.position_ = outer_end_;
    return false;
  }
  if (left_ == 0) return false;
  --left_;
  number_ = reader_.unsigned_varint();
  const std::uint32_t size = reader_.unsigned_varint();
  if (size > reader_.remaining()) {
    reader_.fail("a tagged field is longer than the message");
    return false;
  }
  reader_.end_ = reader_.position_ + size;
  inside_ = true;
  return true;
}

}  // namespace barnabas::protocol
