#include "controller/managers/topic_name.h"

#include <algorithm>

#include "common/text.h"

namespace barnabas::controller {

namespace {

bool is_legal(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '.' || letter == '_' || letter == '-';
}

}  // namespace

std::string invalid_topic_name_reason(std::string_view name) {
  constexpr std::string_view kStart = "Topic name is invalid: ";
  if (name.empty()) return concat(kStart, "the empty string is not allowed");
  if (name == ".") return concat(kStart, "'.' is not allowed");
  if (name == "..") return concat(kStart, "'..' is not allowed");
  if (name.size() > kMaxTopicNameLength) {
    return concat(kStart, "the length of '", name, "' is longer than the max allowed length ",
                  kMaxTopicNameLength);
  }
  if (!std::all_of(name.begin(), name.end(), is_legal)) {
    return concat(kStart, '\'', name,
                  "' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'");
  }
  return {};
}

}  // namespace barnabas::controller
