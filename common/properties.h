// Java's .properties text: "key=value" lines with comments, escapes and continuation lines.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace barnabas {

// Keys and values in the order of the text; the caller decides which of two equal keys counts (in Java the
// last).
using Properties = std::vector<std::pair<std::string, std::string>>;

// Every text is a valid one, as in Java, but for a broken \uXXXX escape, which is kept as it stands. The
// bytes are taken as UTF-8; \uXXXX becomes UTF-8.
Properties parse_properties(std::string_view text);

// The value of the last line with this key, or nullptr.
const std::string* find_property(const Properties& properties, std::string_view key);

}  // namespace barnabas
