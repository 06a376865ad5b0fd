// Topics that the broker keeps for itself.
#pragma once

#include <string_view>

namespace barnabas::broker {

inline constexpr std::string_view kGroupMetadataTopic = "__consumer_offsets";
inline constexpr std::string_view kTransactionStateTopic = "__transaction_state";
inline constexpr std::string_view kShareGroupStateTopic = "__share_group_state";

constexpr bool is_internal_topic(std::string_view topic) {
  return topic == kGroupMetadataTopic || topic == kTransactionStateTopic || topic == kShareGroupStateTopic;
}

}  // namespace barnabas::broker
