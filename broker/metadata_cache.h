// The newest published metadata image.
#pragma once

#include <atomic>
#include <memory>

#include "controller/image/metadata_image.h"

namespace barnabas::broker {

// Written by the publisher, read by every thread. Handlers take one image and answer from it alone, so an
// answer never mixes two states.
class MetadataCache {
 public:
  std::shared_ptr<const controller::MetadataImage> get() const { return image_.load(); }
  void set(std::shared_ptr<const controller::MetadataImage> image) { image_.store(std::move(image)); }

 private:
  std::atomic<std::shared_ptr<const controller::MetadataImage>> image_{
      std::make_shared<const controller::MetadataImage>()};
};

}  // namespace barnabas::broker
