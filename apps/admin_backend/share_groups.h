// Share groups for the HTTP endpoint, as this broker coordinates them.
#pragma once

#include <string>
#include <vector>

#include "admin/backend.h"

namespace barnabas::broker {
class Broker;
}

namespace barnabas::apps {

void share_group_infos(broker::Broker& broker, admin::Answer<std::vector<admin::ShareGroupInfo>> answer);
void share_group_info(broker::Broker& broker, const std::string& group_id,
                      admin::Answer<admin::ShareGroupInfo> answer);
// As DescribeShareGroupOffsets tells them (KIP-1226).
void share_group_offsets(broker::Broker& broker, const std::string& group_id,
                         admin::Answer<std::vector<admin::ShareOffset>> answer);

}  // namespace barnabas::apps
