// What the controller needs to know about configuration keys, which the broker's option tables know.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controller/api_error.h"
#include "controller/image/metadata_image.h"

namespace barnabas::controller {

// Implemented by the broker; called on the controller's thread.
class ConfigSchema {
 public:
  virtual ~ConfigSchema() = default;
  // Whether a resource may have exactly these settings: INVALID_CONFIG for an unknown name, a bad value or a
  // combination that cannot be, INVALID_REQUEST for a resource that cannot be configured.
  virtual ApiError validate(const ConfigResource& resource, const ConfigMap& settings) const = 0;
  // Whether the values of a key are lists, for APPEND and SUBTRACT.
  virtual bool is_list(ConfigResourceType type, std::string_view name) const = 0;
  // What holds where the resource says nothing: the broker's static settings, then the default; none if the
  // key is unknown or has no default.
  virtual std::optional<std::string> default_value(ConfigResourceType type, std::string_view name) const = 0;
};

}  // namespace barnabas::controller
