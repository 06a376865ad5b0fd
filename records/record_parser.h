// The bytes of one record, taken apart. Shared by the walk over records and the validation of appends, which
// goes through every record of every produced batch: hence inline and without optionals.
#pragma once

#include <cstddef>
#include <cstdint>

namespace barnabas::records {

// Pointers into the record; a size below zero is null. Valid while the bytes are.
struct RawRecord {
  std::int8_t attributes;
  std::int32_t offset_delta;
  std::int64_t timestamp_delta;
  const std::uint8_t* key;
  std::int32_t key_size;
  const std::uint8_t* value;
  std::int32_t value_size;
  std::int32_t header_count;
  const std::uint8_t* headers;
  const std::uint8_t* end;
};

// Reads a variable-length number of at most five (ten) bytes below `end` and moves `at` behind it; false when
// it is longer or cut off.
inline bool read_unsigned(const std::uint8_t*& at, const std::uint8_t* end, std::uint64_t& value,
                          int most_bytes) {
  value = 0;
  for (int i = 0; i < most_bytes && at < end; ++i) {
    const std::uint8_t byte = *at++;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) return true;
  }
  return false;
}

// The numbers of common records take one or two bytes; those are read without a loop.
inline bool read_short(const std::uint8_t*& at, const std::uint8_t* end, std::uint32_t& folded) {
  if (end - at < 2) return false;
  const std::uint32_t first = at[0];
  const std::uint32_t second = at[1];
  if (first < 0x80) {
    folded = first;
    at += 1;
    return true;
  }
  if (second >= 0x80) return false;
  folded = (first & 0x7f) | second << 7;
  at += 2;
  return true;
}

inline bool read_varint(const std::uint8_t*& at, const std::uint8_t* end, std::int32_t& value) {
  std::uint32_t folded;
  if (!read_short(at, end, folded)) {
    std::uint64_t wide;
    if (!read_unsigned(at, end, wide, 5)) return false;
    folded = static_cast<std::uint32_t>(wide);
  }
  value = static_cast<std::int32_t>(folded >> 1 ^ (0u - (folded & 1)));
  return true;
}

inline bool read_varlong(const std::uint8_t*& at, const std::uint8_t* end, std::int64_t& value) {
  std::uint32_t narrow;
  std::uint64_t folded;
  if (read_short(at, end, narrow)) {
    folded = narrow;
  } else if (!read_unsigned(at, end, folded, 10)) {
    return false;
  }
  value = static_cast<std::int64_t>(folded >> 1 ^ (std::uint64_t{0} - (folded & 1)));
  return true;
}

// Passes over `size` bytes; a negative size is null and takes none.
inline bool skip(const std::uint8_t*& at, const std::uint8_t* end, std::int32_t size) {
  if (size <= 0) return true;
  if (size > end - at) return false;
  at += size;
  return true;
}

inline bool skip_headers(const std::uint8_t*& at, const std::uint8_t* end, std::int32_t count) {
  for (std::int32_t i = 0; i < count; ++i) {
    std::int32_t size;
    if (!read_varint(at, end, size) || size < 0 || !skip(at, end, size)) return false;
    if (!read_varint(at, end, size) || !skip(at, end, size)) return false;
  }
  return true;
}

// Reads the record whose length field stands at `at` and moves `at` behind it. False: some length does not
// fit `end`, or the fields do not fill the record exactly.
inline bool parse_record(const std::uint8_t*& at, const std::uint8_t* end, RawRecord& record) {
  std::int32_t length;
  if (!read_varint(at, end, length) || length < 1 || length > end - at) return false;
  end = record.end = at + length;
  record.attributes = static_cast<std::int8_t>(*at++);
  if (!read_varlong(at, end, record.timestamp_delta) || !read_varint(at, end, record.offset_delta) ||
      !read_varint(at, end, record.key_size)) {
    return false;
  }
  record.key = at;
  if (!skip(at, end, record.key_size) || !read_varint(at, end, record.value_size)) return false;
  record.value = at;
  if (!skip(at, end, record.value_size) || !read_varint(at, end, record.header_count)) return false;
  record.headers = at;
  // A header takes two bytes at least.
  if (record.header_count < 0 || record.header_count > (end - at) / 2) return false;
  if (record.header_count > 0 && !skip_headers(at, end, record.header_count)) return false;
  return at == end;
}

}  // namespace barnabas::records
