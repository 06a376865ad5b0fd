// Questions about an image that several managers ask.
#pragma once

#include <cstdint>
#include <string_view>

#include "controller/image/metadata_image.h"
#include "controller/managers/settings.h"

namespace barnabas::controller {

// Looks at one image; valid while that is. A value of two pointers.
class ClusterView {
 public:
  ClusterView(const MetadataImage& image, const ControllerSettings& settings)
      : image_(image), settings_(settings) {}

  const MetadataImage& image() const { return image_; }
  // Alive, not stopping, and the directory of the replica not known to be offline.
  bool may_lead(std::int32_t broker, const PartitionImage& partition) const;
  // The directory a new replica gets: the only one of the broker, or unassigned when it has several.
  Uuid default_directory(std::int32_t broker) const;
  // min.insync.replicas: of the topic, else of the cluster, else the static one.
  std::int32_t min_isr(std::string_view topic) const;
  bool unclean_election(std::string_view topic) const;

 private:
  const MetadataImage& image_;
  const ControllerSettings& settings_;
};

}  // namespace barnabas::controller
