// Topics and partitions for the HTTP endpoint.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "admin/backend.h"
#include "controller/image/metadata_image.h"

namespace barnabas::broker {
class Broker;
class PartitionManager;
}  // namespace barnabas::broker

namespace barnabas::apps {

std::vector<admin::TopicInfo> topic_infos(const controller::MetadataImage& image);
Result<admin::TopicInfo, admin::BackendError> topic_info(const controller::MetadataImage& image,
                                                         const std::string& name);

// A topic that is only validated is described as it would be, with -1 for brokers not chosen yet.
void create_topic(broker::Broker& broker, admin::NewTopic topic, admin::Answer<admin::TopicInfo> answer);
void delete_topic(broker::Broker& broker, const std::string& name, admin::Answer<admin::Done> answer);
void create_partitions(broker::Broker& broker, const std::string& name, std::int32_t count,
                       admin::Answer<admin::Done> answer);

// What a consumer of committed records may see.
Result<admin::OffsetRange, admin::BackendError> offset_range(const broker::PartitionManager& partitions,
                                                             const TopicPartition& partition);

}  // namespace barnabas::apps
