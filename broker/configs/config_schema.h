// The controller's view of the option tables.
#pragma once

#include "broker/configs/live_configs.h"
#include "controller/config_schema.h"

namespace barnabas::broker {

// Any thread, without state of its own. `configs` outlives it.
class BrokerConfigSchema final : public controller::ConfigSchema {
 public:
  explicit BrokerConfigSchema(const LiveConfigs& configs) : configs_(configs) {}

  controller::ApiError validate(const controller::ConfigResource& resource,
                                const controller::ConfigMap& settings) const override;
  bool is_list(controller::ConfigResourceType type, std::string_view name) const override;
  std::optional<std::string> default_value(controller::ConfigResourceType type,
                                           std::string_view name) const override;

 private:
  const LiveConfigs& configs_;
};

}  // namespace barnabas::broker
