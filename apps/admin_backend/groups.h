// Consumer groups for the HTTP endpoint, as this broker coordinates them.
#pragma once

#include <string>
#include <vector>

#include "admin/backend.h"

namespace barnabas::broker {
class Broker;
}

namespace barnabas::apps {

void group_infos(broker::Broker& broker, admin::Answer<std::vector<admin::GroupInfo>> answer);
void group_info(broker::Broker& broker, const std::string& group_id, admin::Answer<admin::GroupInfo> answer);
// A partition that is gone has a log end of 0.
void group_offsets(broker::Broker& broker, const std::string& group_id,
                   admin::Answer<std::vector<admin::GroupOffset>> answer);

// What a member of a consumer group was given, out of the bytes that the group's leader wrote; empty if they
// are of another protocol. Sorted.
std::vector<TopicPartition> assigned_partitions(ByteView assignment);

}  // namespace barnabas::apps
