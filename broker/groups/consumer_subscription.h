// The one look the coordinator takes into what members say to each other: the topics of a consumer's
// subscription, so that offsets of subscribed topics are not deleted.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/bytes.h"

namespace barnabas::broker::groups {

inline constexpr std::string_view kConsumerProtocolType = "consumer";

// nullopt if the metadata is not of the consumer protocol. Read as version 0, which starts every later one.
std::optional<std::vector<std::string>> subscribed_topics(ByteView member_metadata);

}  // namespace barnabas::broker::groups
