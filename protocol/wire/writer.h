// Writes Kafka's primitive types into one growing buffer, and splices records into it without copying them.
// A message that cannot be written (see fail) is a mistake of the caller: failed() tells, and what finish()
// gives then must not be sent. Used by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "common/payload.h"
#include "common/uuid.h"

namespace barnabas::protocol {

class Writer {
 public:
  explicit Writer(std::size_t expected_size = 256);

  // What was written, records and all, in order. The writer is empty then.
  Payload finish();
  // The same as one buffer; asserts that nothing was spliced.
  Buffer finish_buffer();
  // The bytes so far, with what is spliced.
  std::size_t size() const { return size_ + spliced_; }

  bool failed() const { return !error_.empty(); }
  const std::string& error() const { return error_; }
  // `field` is set, or null, where `version` cannot say so. Kafka throws UnsupportedVersionException.
  void unsupported(std::string_view field, std::int16_t version);
  void fail(std::string_view reason);

  void boolean(bool value) { integer(static_cast<std::int8_t>(value ? 1 : 0)); }
  void int8(std::int8_t value) { integer(value); }
  void int16(std::int16_t value) { integer(value); }
  void uint16(std::uint16_t value) { integer(value); }
  void int32(std::int32_t value) { integer(value); }
  void int64(std::int64_t value) { integer(value); }
  void float64(double value);
  void uuid(const Uuid& value) { raw(value.bytes); }
  void unsigned_varint(std::uint32_t value);
  void varint(std::int32_t value);
  void varlong(std::int64_t value);
  void raw(ByteView bytes);

  void string(std::string_view text, bool compact);
  void nullable_string(const std::optional<std::string>& text, bool compact);
  void bytes(ByteView bytes, bool compact);
  void nullable_bytes(const std::optional<Buffer>& bytes, bool compact);
  // The length and then the bytes themselves: small ones copied, the rest spliced.
  void records(const std::optional<Payload>& records, bool compact);
  void array_size(std::size_t count, bool compact);
  void null_array(bool compact);

  // A tagged field is written between the two; its length is filled in afterwards.
  std::size_t begin_tag(std::uint32_t number);
  void end_tag(std::size_t mark);

 private:
  struct Splice {
    std::size_t at;  // position in the buffer
    Payload payload;
  };
  template <class T>
  void integer(T value) {
    store_be<T>(room(sizeof(T)), value);
  }
  // Where `count` bytes go that are counted as written from now on.
  std::uint8_t* room(std::size_t count) {
    if (capacity_ - size_ < count) [[unlikely]]
      grow(count);
    std::uint8_t* const at = buffer_.get() + size_;
    size_ += count;
    return at;
  }
  void grow(std::size_t count);
  void varint_bits(std::uint64_t bits);

  std::unique_ptr<std::uint8_t[]> buffer_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::size_t spliced_ = 0;  // bytes in splices_
  std::vector<Splice> splices_;
  std::string error_;
};

}  // namespace barnabas::protocol
