// Streams groups for the HTTP endpoint, as this broker coordinates them.
#pragma once

#include <string>
#include <vector>

#include "admin/backend.h"

namespace barnabas::broker {
class Broker;
}

namespace barnabas::apps {

void streams_group_infos(broker::Broker& broker, admin::Answer<std::vector<admin::StreamsGroupInfo>> answer);
void streams_group_info(broker::Broker& broker, const std::string& group_id,
                        admin::Answer<admin::StreamsGroupInfo> answer);

}  // namespace barnabas::apps
