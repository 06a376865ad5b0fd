// The bytes of requests made by hand, and of their answers.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "common/bytes.h"

namespace barnabas::bench {

// A request with its length and header, written from front to back. Flexible versions begin with tags().
class Frame {
 public:
  Frame(std::int16_t api, std::int16_t version, std::int32_t correlation) {
    put<std::int32_t>(0);
    put(api);
    put(version);
    put(correlation);
    text("bench");
  }
  template <class T>
  Frame& put(T value) {
    bytes_.resize(bytes_.size() + sizeof value);
    store_be(bytes_.data() + bytes_.size() - sizeof value, value);
    return *this;
  }
  Frame& text(std::string_view value) {
    put(static_cast<std::int16_t>(value.size()));
    return raw(as_bytes(value));
  }
  // The end of a flexible structure, without tagged fields.
  Frame& tags() { return put<std::int8_t>(0); }
  // Lengths and counts of flexible versions are one more than they say; null is zero.
  Frame& compact_count(std::size_t count) {
    std::size_t value = count + 1;
    for (; value >= 128; value >>= 7) put(static_cast<std::uint8_t>(value | 128));
    return put(static_cast<std::uint8_t>(value));
  }
  Frame& null() { return put<std::uint8_t>(0); }
  Frame& compact_text(std::string_view value) { return compact_count(value.size()).raw(as_bytes(value)); }
  Frame& raw(ByteView value) {
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    return *this;
  }
  Buffer take() {
    store_be(bytes_.data(), static_cast<std::int32_t>(bytes_.size() - 4));
    return std::move(bytes_);
  }

 private:
  Buffer bytes_;
};

// An answer without its length, read from front to back. Throws std::runtime_error where it ends too soon.
class AnswerReader {
 public:
  explicit AnswerReader(ByteView bytes) : rest_(bytes) {}

  ByteView raw(std::size_t size) {
    if (rest_.size() < size) throw std::runtime_error("an answer ends too soon");
    const ByteView taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  template <class T>
  T get() {
    return load_be<T>(raw(sizeof(T)).data());
  }
  std::size_t varint() {
    std::size_t value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      const auto byte = get<std::uint8_t>();
      value |= static_cast<std::size_t>(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw std::runtime_error("an answer has too long a number");
  }
  // Null counts as nothing.
  std::size_t compact_count() {
    const std::size_t value = varint();
    return value == 0 ? 0 : value - 1;
  }
  std::string_view compact_text() { return as_text(raw(compact_count())); }
  void tags() {
    for (std::size_t left = varint(); left > 0; --left) {
      varint();
      raw(varint());
    }
  }

 private:
  ByteView rest_;
};

}  // namespace barnabas::bench
