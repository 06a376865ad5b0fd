// Topics that come into being because somebody asked for them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "protocol/error_code.h"

namespace barnabas::broker {

// Creates topics with the broker's defaults (num.partitions, default.replication.factor) or, for the internal
// ones, with the settings their coordinators want.
class TopicCreator {
 public:
  using Outcome = std::map<std::string, protocol::ErrorCode>;

  virtual ~TopicCreator() = default;
  // Calls `done` once, from any thread, when the topics that could be created are in the published image.
  // TOPIC_ALREADY_EXISTS counts as success.
  virtual void create(std::vector<std::string> topics, std::move_only_function<void(Outcome)> done) = 0;
};

}  // namespace barnabas::broker
