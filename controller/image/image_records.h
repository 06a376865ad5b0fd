// An image as the records that make it: the content of a snapshot.
#pragma once

#include <functional>

#include "controller/image/metadata_image.h"
#include "controller/record.h"

namespace barnabas::controller {

// Hands the records to `take` one after the other: features first (metadata.version decides how the rest is
// written), then brokers, controllers, topics with their partitions, configs, quotas, producer ids, access
// control, credentials and tokens, as Kafka orders them.
void write_image(const MetadataImage& image, const std::function<void(const MetadataRecord&)>& take);

// Parts of it that the controller's managers write as well.
protocol::PartitionRecord to_record(const Uuid& topic_id, std::int32_t number,
                                    const PartitionImage& partition);
protocol::RegisterBrokerRecord to_record(const BrokerRegistration& broker);
protocol::RegisterControllerRecord to_record(const ControllerRegistration& controller);

}  // namespace barnabas::controller
