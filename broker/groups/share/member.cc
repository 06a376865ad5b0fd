#include "broker/groups/share/member.h"

#include "broker/groups/share/state_partitions.h"

namespace barnabas::broker::groups::share {

void Member::apply(const protocol::ShareGroupMemberMetadataValue& value) {
  rack_id = value.rack_id;
  client_id = value.client_id;
  client_host = value.client_host;
  topics = {value.subscribed_topic_names.begin(), value.subscribed_topic_names.end()};
}

void Member::apply(const protocol::ShareGroupCurrentMemberAssignmentValue& value) {
  epoch = value.member_epoch;
  previous_epoch = value.previous_member_epoch;
  assigned.clear();
  for (const auto& topic : value.assigned_partitions) {
    auto partitions = ascending(topic.partitions);
    if (!partitions.empty()) assigned[topic.topic_id] = std::move(partitions);
  }
}

}  // namespace barnabas::broker::groups::share
