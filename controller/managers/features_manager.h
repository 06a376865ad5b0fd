// Finalized feature levels.
#pragma once

#include <vector>

#include "controller/commands.h"
#include "controller/image/metadata_image.h"
#include "controller/managers/decision.h"
#include "controller/managers/settings.h"

namespace barnabas::controller {

// Looks at an image and decides; changes nothing itself. One thread: the controller's.
class FeatureManager {
 public:
  explicit FeatureManager(const ControllerSettings& settings) : settings_(settings) {}

  // All or nothing (request version 2): one refusal is the answer for the whole.
  Decision<ApiResult<std::vector<NamedResult>>> update(const MetadataImage& image,
                                                       const UpdateFeaturesCommand& command) const;

 private:
  const ControllerSettings& settings_;
};

}  // namespace barnabas::controller
