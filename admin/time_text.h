// Times as HTTP shows them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace barnabas::admin {

// "2021-02-05T19:14:42.123Z"
std::string format_time(std::int64_t ms_since_1970);
// The same with or without a fraction, with "Z" or an offset "+02:00"; or milliseconds since 1970 as a
// number.
std::optional<std::int64_t> parse_time(std::string_view text);

}  // namespace barnabas::admin
