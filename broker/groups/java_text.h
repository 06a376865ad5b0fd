// Text as a Java broker measures it: clients and files depend on lengths and hashes over UTF-16.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/random.h"

namespace barnabas::broker::groups {

// String.hashCode of UTF-8 text; malformed bytes count as U+FFFD.
std::int32_t java_hash(std::string_view utf8);
// String.length: UTF-16 units.
std::size_t utf16_length(std::string_view utf8);
// The UTF-16 units themselves.
std::u16string utf16(std::string_view utf8);
// Which partition of __consumer_offsets keeps a group: |hash| mod partitions, where |INT_MIN| counts as 0.
std::int32_t coordinator_partition(std::string_view group_id, std::int32_t partitions);
// "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx", as UUID.randomUUID().toString().
std::string random_uuid_text(Random& random);
// Lower case for ASCII letters, without the spaces around: how filters compare.
std::string folded(std::string_view text);

}  // namespace barnabas::broker::groups
