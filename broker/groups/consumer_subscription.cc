#include "broker/groups/consumer_subscription.h"

#include "protocol/messages/consumer_protocol_subscription.h"
#include "protocol/wire/reader.h"

namespace barnabas::broker::groups {

std::optional<std::vector<std::string>> subscribed_topics(ByteView member_metadata) {
  if (member_metadata.size() < 2 || load_be<std::int16_t>(member_metadata.data()) < 0) return std::nullopt;
  protocol::Reader reader(member_metadata.subspan(2));
  protocol::ConsumerProtocolSubscription subscription;
  if (!subscription.decode(reader, 0) || reader.failed()) return std::nullopt;
  return std::move(subscription.topics);
}

}  // namespace barnabas::broker::groups
