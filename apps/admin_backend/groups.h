// Groups of consumers, classic ones and those of KIP-848, for the HTTP endpoint, as this broker coordinates
// them.
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

// A group of any kind without members.
void delete_group(broker::Broker& broker, const std::string& group_id, admin::Answer<admin::Done> answer);

// Nobody coordinates a group before the topic that keeps groups exists: there is none then.
bool groups_may_exist(broker::Broker& broker);
// The ids of all groups of one type ("share"), sorted.
void list_group_ids(broker::Broker& broker, std::string type, admin::Answer<std::vector<std::string>> answer);

// What a member of a consumer group was given, out of the bytes that the group's leader wrote; empty if they
// are of another protocol. Sorted.
std::vector<TopicPartition> assigned_partitions(ByteView assignment);

}  // namespace barnabas::apps
