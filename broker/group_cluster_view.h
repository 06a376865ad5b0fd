// A metadata image as consumer groups see it.
#pragma once

#include <cstdint>
#include <memory>

#include "broker/configs/config_layers.h"
#include "broker/groups/consumer/cluster_view.h"
#include "controller/image/metadata_image.h"

namespace barnabas::broker {

// `newest_topic_version` is the offset of the last image that brought a new topic.
groups::consumer::ClusterViewPtr group_cluster_view(std::shared_ptr<const controller::MetadataImage> image,
                                                    std::shared_ptr<const ConfigLayers> layers,
                                                    std::int64_t newest_topic_version);

}  // namespace barnabas::broker
