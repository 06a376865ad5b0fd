// Arrays of primitives and of structs, once for all messages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/wire/optional.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace barnabas::protocol {

inline void read_element(Reader& reader, bool, std::int8_t& to) {
  to = reader.int8();
}
inline void read_element(Reader& reader, bool, std::int16_t& to) {
  to = reader.int16();
}
inline void read_element(Reader& reader, bool, std::uint16_t& to) {
  to = reader.uint16();
}
inline void read_element(Reader& reader, bool, std::int32_t& to) {
  to = reader.int32();
}
inline void read_element(Reader& reader, bool, std::int64_t& to) {
  to = reader.int64();
}
inline void read_element(Reader& reader, bool, double& to) {
  to = reader.float64();
}
inline void read_element(Reader& reader, bool, Uuid& to) {
  to = reader.uuid();
}
inline void read_element(Reader& reader, bool compact, std::string& to) {
  to = reader.string(compact);
}
inline void read_element(Reader& reader, bool compact, Buffer& to) {
  to = reader.bytes(compact);
}

inline void write_element(Writer& writer, bool, std::int8_t value) {
  writer.int8(value);
}
inline void write_element(Writer& writer, bool, std::int16_t value) {
  writer.int16(value);
}
inline void write_element(Writer& writer, bool, std::uint16_t value) {
  writer.uint16(value);
}
inline void write_element(Writer& writer, bool, std::int32_t value) {
  writer.int32(value);
}
inline void write_element(Writer& writer, bool, std::int64_t value) {
  writer.int64(value);
}
inline void write_element(Writer& writer, bool, double value) {
  writer.float64(value);
}
inline void write_element(Writer& writer, bool, const Uuid& value) {
  writer.uuid(value);
}
inline void write_element(Writer& writer, bool compact, const std::string& value) {
  writer.string(value, compact);
}
inline void write_element(Writer& writer, bool compact, const Buffer& value) {
  writer.bytes(value, compact);
}

// min_size: what an element takes on the wire at least. The count is checked before anything is allocated,
// and one allocation is made.
template <class T>
std::vector<T> read_elements(Reader& reader, bool compact, std::size_t count) {
  std::vector<T> all(count);
  for (T& each : all) {
    if (reader.failed()) break;
    read_element(reader, compact, each);
  }
  return all;
}
template <class T>
void read_array(Reader& reader, bool compact, std::size_t min_size, std::vector<T>& to) {
  to = read_elements<T>(reader, compact, reader.array_size(compact, min_size, sizeof(T)));
}
template <class T>
void read_array(Reader& reader, bool compact, std::size_t min_size, std::optional<std::vector<T>>& to) {
  const auto count = reader.nullable_array_size(compact, min_size, sizeof(T));
  if (count)
    to = read_elements<T>(reader, compact, *count);
  else
    to.reset();
}

template <class T>
void write_array(Writer& writer, bool compact, const std::vector<T>& all) {
  writer.array_size(all.size(), compact);
  for (const T& each : all) write_element(writer, compact, each);
}
template <class T>
void write_array(Writer& writer, bool compact, const std::optional<std::vector<T>>& all) {
  if (all)
    write_array(writer, compact, *all);
  else
    writer.null_array(compact);
}

// Structs have decode(Reader&, version) and encode(Writer&, version).
template <class T>
std::vector<T> read_struct_elements(Reader& reader, std::int16_t version, std::size_t count) {
  std::vector<T> all(count);
  for (T& each : all)
    if (!each.decode(reader, version)) break;
  return all;
}
template <class T>
void read_structs(Reader& reader, bool compact, std::size_t min_size, std::int16_t version,
                  std::vector<T>& to) {
  to = read_struct_elements<T>(reader, version, reader.array_size(compact, min_size, sizeof(T)));
}
template <class T>
void read_structs(Reader& reader, bool compact, std::size_t min_size, std::int16_t version,
                  std::optional<std::vector<T>>& to) {
  const auto count = reader.nullable_array_size(compact, min_size, sizeof(T));
  if (count)
    to = read_struct_elements<T>(reader, version, *count);
  else
    to.reset();
}

template <class T>
void write_structs(Writer& writer, bool compact, std::int16_t version, const std::vector<T>& all) {
  writer.array_size(all.size(), compact);
  for (const T& each : all) each.encode(writer, version);
}
template <class T>
void write_structs(Writer& writer, bool compact, std::int16_t version,
                   const std::optional<std::vector<T>>& all) {
  if (all)
    write_structs(writer, compact, version, *all);
  else
    writer.null_array(compact);
}

}  // namespace barnabas::protocol
