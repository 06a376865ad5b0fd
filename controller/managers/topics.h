// Topics: creating, deleting, growing.
#pragma once

#include <utility>
#include <vector>

#include "common/random.h"
#include "controller/commands.h"
#include "controller/config_schema.h"
#include "controller/image/metadata_image.h"
#include "controller/managers/decision.h"
#include "controller/managers/settings.h"
#include "controller/record.h"

namespace barnabas::controller {

// Looks at an image and decides; changes nothing itself. One thread: the controller's.
class TopicManager {
 public:
  TopicManager(const ControllerSettings& settings, const ConfigSchema& schema, Random& random)
      : settings_(settings), schema_(schema), random_(random) {}

  Decision<std::vector<CreatedTopic>> create(const MetadataImage& image,
                                             const CreateTopicsCommand& command) const;
  Decision<std::vector<DeletedTopic>> remove(const MetadataImage& image,
                                             std::vector<DeletedTopic> wanted) const;
  Decision<std::vector<NamedResult>> grow(const MetadataImage& image,
                                          const CreatePartitionsCommand& command) const;

 private:
  struct Plan;
  ApiError check(const MetadataImage& image, const CreateTopic& topic) const;
  ApiError check_configs(const CreateTopic& topic, ConfigMap& configs) const;
  ApiError plan_manual(const MetadataImage& image, const CreateTopic& topic, Plan& plan) const;
  ApiError plan_placed(const MetadataImage& image, const CreateTopic& topic, Plan& plan) const;
  ApiError plan_topic(const MetadataImage& image, const CreateTopic& topic, ConfigMap& configs,
                      Plan& plan) const;
  void write_topic(const MetadataImage& image, const CreateTopic& topic, const CreatedTopic& created,
                   const Plan& plan, MetadataRecords& records) const;
  ApiError plan_growth(const MetadataImage& image, const GrowTopic& topic, MetadataRecords& records) const;

  const ControllerSettings& settings_;
  const ConfigSchema& schema_;
  Random& random_;
};

}  // namespace barnabas::controller
