#include "common/properties.h"

#include <cstdint>
#include <optional>

namespace barnabas {

namespace {

constexpr std::string_view kBlank = " \t\f";

// Takes one natural line off the text, without its end.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find_first_of("\r\n");
  const std::string_view line = text.substr(0, end);
  if (end == std::string_view::npos) {
    text = {};
  } else {
    const bool both = text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n';
    text.remove_prefix(end + (both ? 2 : 1));
  }
  return line;
}

std::string_view skip_blank(std::string_view text) {
  const std::size_t from = text.find_first_not_of(kBlank);
  return from == std::string_view::npos ? std::string_view{} : text.substr(from);
}

// An odd number of backslashes at the end joins the next line to this one.
bool is_continued(std::string_view line) {
  std::size_t backslashes = 0;
  while (backslashes < line.size() && line[line.size() - 1 - backslashes] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

std::optional<std::uint32_t> parse_hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text.substr(0, 4)) {
    std::uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint32_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<std::uint32_t>(c - 'A' + 10);
    } else {
      return std::nullopt;
    }
    value = value * 16 + digit;
  }
  return value;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

// Reads what follows "\u" and, for the first half of a pair, the second; returns how much of `text` it took.
std::size_t append_unicode_escape(std::string& out, std::string_view text) {
  auto code = parse_hex4(text);
  if (!code) {
    out += "\\u";
    return 0;
  }
  std::size_t taken = 4;
  if (*code >= 0xD800 && *code < 0xDC00 && text.substr(4).starts_with("\\u")) {
    const auto low = parse_hex4(text.substr(6));
    if (low && *low >= 0xDC00 && *low < 0xE000) {
      code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
      taken = 10;
    }
  }
  append_utf8(out, *code);
  return taken;
}

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      if (text[i] != '\\') out += text[i];
      continue;
    }
    switch (const char escaped = text[++i]) {
      case 't':
        out += '\t';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 'f':
        out += '\f';
        break;
      case 'u':
        i += append_unicode_escape(out, text.substr(i + 1));
        break;
      default:
        out += escaped;
    }
  }
  return out;
}

// Where the key of a logical line ends: at the first separator that is not escaped.
std::size_t key_end(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '=' || line[i] == ':' || kBlank.contains(line[i])) {
      return i;
    }
  }
  return line.size();
}

std::pair<std::string, std::string> split_line(std::string_view line) {
  const std::size_t end = key_end(line);
  std::string_view value = skip_blank(line.substr(end));
  if (!value.empty() && (value[0] == '=' || value[0] == ':')) value = skip_blank(value.substr(1));
  return {unescape(line.substr(0, end)), unescape(value)};
}

}  // namespace

Properties parse_properties(std::string_view text) {
  Properties properties;
  while (!text.empty()) {
    const std::string_view first = skip_blank(take_line(text));
    if (first.empty() || first[0] == '#' || first[0] == '!') continue;
    std::string line(first);
    while (is_continued(line)) {
      line.pop_back();
      if (text.empty()) break;
      line += skip_blank(take_line(text));
    }
    if (!line.empty()) properties.push_back(split_line(line));
  }
  return properties;
}

const std::string* find_property(const Properties& properties, std::string_view key) {
  for (auto at = properties.rbegin(); at != properties.rend(); ++at) {
    if (at->first == key) return &at->second;
  }
  return nullptr;
}

}  // namespace barnabas
