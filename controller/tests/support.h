// What the controller's tests share.
#pragma once

#include <string_view>

#include "common/bytes.h"
#include "common/text.h"
#include "common/uuid.h"

namespace barnabas::controller::testing {

// 0102..0708 1112..1718 and 2122..2728 3132..3738.
inline constexpr Uuid kTopicId{{1, 2, 3, 4, 5, 6, 7, 8, 17, 18, 19, 20, 21, 22, 23, 24}};
inline constexpr Uuid kDirectory{{33, 34, 35, 36, 37, 38, 39, 40, 49, 50, 51, 52, 53, 54, 55, 56}};

// Hexadecimal digits with spaces between them as it pleases.
inline Buffer bytes_of(std::string_view hex) {
  Buffer bytes;
  int high = -1;
  for (const char digit : hex) {
    if (digit == ' ') continue;
    const int value = digit <= '9' ? digit - '0' : digit - 'a' + 10;
    if (high < 0) {
      high = value;
    } else {
      bytes.push_back(static_cast<std::uint8_t>(high * 16 + value));
      high = -1;
    }
  }
  return bytes;
}

}  // namespace barnabas::controller::testing
