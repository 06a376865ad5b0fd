// Small helpers for text.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace barnabas {

namespace detail {
inline void append_text(std::string& out, std::string_view text) {
  out += text;
}
inline void append_text(std::string& out, char letter) {
  out += letter;
}
// Constrained, not overloaded on bool: a text literal would turn into one.
template <class T>
  requires std::is_same_v<T, bool>
void append_text(std::string& out, T value) {
  out += value ? "true" : "false";
}
template <class T>
  requires(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>)
void append_text(std::string& out, T number) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}
template <class T>
  requires requires(const T& value) { value.to_string(); }
void append_text(std::string& out, const T& value) {
  out += value.to_string();
}
}  // namespace detail

// Texts, characters, numbers, bools and whatever has to_string(), one after the other.
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::string out;
  (detail::append_text(out, parts), ...);
  return out;
}

std::string_view trim(std::string_view text);
// The parts between separators, trimmed; "" gives none, "a,,b" gives "a", "", "b".
std::vector<std::string> split(std::string_view text, char separator);

// The whole text as a decimal number, or nullopt.
template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace barnabas
