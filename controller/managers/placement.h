// Which brokers get the replicas of new partitions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/random.h"
#include "common/result.h"

namespace barnabas::controller {

struct UsableBroker {
  std::int32_t id = -1;
  std::optional<std::string> rack;
  bool fenced = false;
};

struct PlacementRequest {
  std::int32_t partitions = 1;
  std::int16_t replication_factor = 1;
};

// The replicas of each partition, in order of preference, as Kafka's striped placement spreads them: racks in
// order of their names, round robin over racks and over the brokers of each rack from random starts, going on
// by one with each partition; the first replica is an unfenced broker, fenced ones come after the others. The
// error is a sentence.
Result<std::vector<std::vector<std::int32_t>>, std::string> place_replicas(const PlacementRequest& request,
                                                                           std::vector<UsableBroker> brokers,
                                                                           Random& random);

}  // namespace barnabas::controller
