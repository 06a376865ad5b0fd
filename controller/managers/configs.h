// Configurations of topics, brokers, groups and client metrics.
#pragma once

#include <vector>

#include "controller/commands.h"
#include "controller/config_schema.h"
#include "controller/image/metadata_image.h"
#include "controller/managers/decision.h"

namespace barnabas::controller {

// Looks at an image and decides; changes nothing itself. One thread: the controller's.
class ConfigManager {
 public:
  explicit ConfigManager(const ConfigSchema& schema) : schema_(schema) {}

  Decision<std::vector<AlteredResource>> alter(const MetadataImage& image,
                                               const AlterConfigsCommand& command) const;

 private:
  ApiError check_resource(const MetadataImage& image, const ConfigResource& resource) const;
  ApiError apply(const ConfigResource& resource, const ConfigChange& change, ConfigMap& settings) const;
  ApiError alter_one(const MetadataImage& image, const AlterResource& alteration, bool replace,
                     MetadataRecords& records) const;

  const ConfigSchema& schema_;
};

}  // namespace barnabas::controller
