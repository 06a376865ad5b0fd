// Reads Kafka's primitive types from bytes of unknown origin.
//
// A Reader never throws and never trusts a length. The first thing wrong is remembered (failed(), error())
// and from then on every read gives zeros, so that generated code asks once, at the end. Counts are checked
// against the bytes left before anything is allocated, and what a message may allocate in all is bounded by
// the size of the input (kMemoryPerByte). Used by one thread; borrows the bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/bytes.h"
#include "common/payload.h"
#include "common/uuid.h"

namespace barnabas::protocol {

class Reader {
 public:
  // A message of n bytes may allocate kMemoryBase + n * kMemoryPerByte bytes. Real messages stay below a
  // factor of four; the base leaves room for small ones that are made of empty fields.
  static constexpr std::size_t kMemoryBase = 256 * 1024;
  static constexpr std::size_t kMemoryPerByte = 8;

  // Records are given as views that borrow from `bytes`.
  explicit Reader(ByteView bytes) : Reader(SharedBytes::borrow(bytes)) {}
  // Records are given as views that share the ownership of `bytes`.
  explicit Reader(SharedBytes bytes)
      : owner_(std::move(bytes.owner)),
        position_(bytes.view.data()),
        end_(bytes.view.data() + bytes.view.size()),
        memory_left_(kMemoryBase + bytes.view.size() * kMemoryPerByte) {}

  bool failed() const { return error_ != nullptr; }
  // What is wrong with the input, for the log; empty unless failed().
  std::string_view error() const { return failed() ? std::string_view(error_) : std::string_view(); }
  // Remembers `reason` (a literal) unless something else failed before. Nothing is left to read then.
  void fail(const char* reason);

  std::size_t remaining() const { return static_cast<std::size_t>(end_ - position_); }
  ByteView rest() const { return {position_, remaining()}; }

  bool boolean() { return integer<std::int8_t>() != 0; }
  std::int8_t int8() { return integer<std::int8_t>(); }
  std::int16_t int16() { return integer<std::int16_t>(); }
  std::uint16_t uint16() { return integer<std::uint16_t>(); }
  std::int32_t int32() { return integer<std::int32_t>(); }
  std::int64_t int64() { return integer<std::int64_t>(); }
  double float64();
  Uuid uuid();
  // At most 5 bytes; bits beyond the 32nd are dropped, as Kafka does.
  std::uint32_t unsigned_varint();
  std::int32_t varint();   // zigzag, at most 5 bytes
  std::int64_t varlong();  // zigzag, at most 10 bytes

  // Texts are taken as they come: what is not UTF-8 is kept byte by byte (Kafka replaces it). Any negative
  // length is null, as in Kafka. `compact` tells the encoding of flexible versions.
  std::string string(bool compact);
  std::optional<std::string> nullable_string(bool compact);
  Buffer bytes(bool compact);
  std::optional<Buffer> nullable_bytes(bool compact);
  // Views of the input, never copies.
  std::optional<Payload> records(bool compact, bool nullable);
  ByteView view(std::size_t size);

  // The number of elements of an array, each at least `min_element_size` bytes here and `element_memory`
  // bytes when decoded; 0 after a failure.
  std::size_t array_size(bool compact, std::size_t min_element_size, std::size_t element_memory);
  // The same; nullopt for null.
  std::optional<std::size_t> nullable_array_size(bool compact, std::size_t min_element_size,
                                                 std::size_t element_memory);

  // The tagged fields at the end of a struct, when none is known.
  void skip_tagged_fields();

 private:
  friend class TaggedFields;

  template <class T>
  T integer() {
    if (remaining() < sizeof(T)) [[unlikely]] {
      fail("the message ends within a number");
      return 0;
    }
    const T value = load_be<T>(position_);
    position_ += sizeof(T);
    return value;
  }
  // A length or count as written; negative for null.
  std::int64_t length(bool compact, bool wide);
  std::uint64_t varint_bits(int max_bytes);
  // Whether `size` bytes of memory may be allocated.
  bool charge(std::size_t size);
  std::optional<ByteView> string_view(bool compact);
  std::optional<ByteView> bytes_view(bool compact);

  std::shared_ptr<const void> owner_;
  const std::uint8_t* position_;
  const std::uint8_t* end_;
  std::size_t memory_left_;
  const char* error_ = nullptr;
};

// Walks the tagged fields at the end of a struct:
//   for (TaggedFields tags(reader); tags.next();) switch (tags.number()) { case 0: ...; default: tags.skip();
//   }
// Within a field the reader ends where the field ends, and the field must be consumed to there.
class TaggedFields {
 public:
  explicit TaggedFields(Reader& reader);
  bool next();
  std::uint32_t number() const { return number_; }
  void skip() { reader_.position_ = reader_.end_; }

 private:
  Reader& reader_;
  const std::uint8_t* const outer_end_;
  std::uint32_t left_;
  std::uint32_t number_ = 0;
  bool inside_ = false;  // whether the reader ends at the end of a field
};

}  // namespace barnabas::protocol
