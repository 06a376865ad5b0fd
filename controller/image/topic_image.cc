#include "controller/image/topic_image.h"

#include <algorithm>

namespace barnabas::controller {

bool PartitionImage::has_replica(std::int32_t broker) const {
  return std::find(replicas.begin(), replicas.end(), broker) != replicas.end();
}

Uuid PartitionImage::directory_of(std::int32_t broker) const {
  for (std::size_t i = 0; i < replicas.size() && i < directories.size(); ++i) {
    if (replicas[i] == broker) return directories[i];
  }
  return kDirectoryUnassigned;
}

bool operator==(const TopicImage& left, const TopicImage& right) {
  return left.name == right.name && left.id == right.id &&
         std::equal(left.partitions.begin(), left.partitions.end(), right.partitions.begin(),
                    right.partitions.end(), [](const auto& a, const auto& b) {
                      return a == b || (a != nullptr && b != nullptr && *a == *b);
                    });
}

}  // namespace barnabas::controller
