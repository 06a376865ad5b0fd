// Registrations of brokers, fencing, elections, and producer id blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/random.h"
#include "controller/commands.h"
#include "controller/image/metadata_image.h"
#include "controller/managers/decision.h"
#include "controller/managers/settings.h"

namespace barnabas::controller {

// Looks at an image and decides; changes nothing itself. One thread: the controller's.
class BrokerManager {
 public:
  BrokerManager(const ControllerSettings& settings, Random& random) : settings_(settings), random_(random) {}

  // `next_offset` is where the first record will land: it makes the broker epoch, which thus only rises.
  Decision<ApiResult<std::int64_t>> register_broker(const MetadataImage& image,
                                                    const BrokerDescription& broker,
                                                    std::int64_t next_offset) const;
  Decision<ApiError> unfence(const MetadataImage& image, std::int32_t broker, std::int64_t epoch) const;
  Decision<ApiError> begin_shutdown(const MetadataImage& image, std::int32_t broker,
                                    std::int64_t epoch) const;
  Decision<ApiError> unregister(const MetadataImage& image, std::int32_t broker) const;
  Decision<ApiError> change_directories(const MetadataImage& image, std::int32_t broker, std::int64_t epoch,
                                        const std::vector<Uuid>& online) const;
  Decision<ApiError> assign_directories(const MetadataImage& image, std::int32_t broker, std::int64_t epoch,
                                        const std::vector<ReplicaDirectory>& replicas) const;
  Decision<std::vector<ElectedPartition>> elect(const MetadataImage& image,
                                                const ElectLeadersCommand& command) const;
  Decision<ApiResult<ProducerIdBlock>> allocate_producer_ids(const MetadataImage& image, std::int32_t broker,
                                                             std::int64_t epoch) const;

 private:
  ApiError check_epoch(const MetadataImage& image, std::int32_t broker, std::int64_t epoch) const;
  // Takes a broker out of every in-sync set it is in; `unclean` also out of the eligible ones.
  void remove_from_isrs(const MetadataImage& image, std::int32_t broker, bool unclean,
                        MetadataRecords& records) const;
  ApiError elect_one(const MetadataImage& image, ElectionType type, const TopicImage& topic,
                     std::int32_t number, MetadataRecords& records) const;

  const ControllerSettings& settings_;
  Random& random_;
};

}  // namespace barnabas::controller
