// The rules for names of topics.
#pragma once

#include <string>
#include <string_view>

namespace barnabas::controller {

inline constexpr std::size_t kMaxTopicNameLength = 249;

// Empty for a legal name, else Kafka's sentence that says what is wrong with it.
std::string invalid_topic_name_reason(std::string_view name);

}  // namespace barnabas::controller
