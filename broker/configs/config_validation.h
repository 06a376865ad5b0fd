// What Kafka refuses when configuration is altered, with its error codes and sentences.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "broker/configs/config_layers.h"
#include "controller/image/metadata_image.h"
#include "protocol/error_code.h"

namespace barnabas::broker {

struct ConfigRefusal {
  protocol::ErrorCode error = protocol::ErrorCode::kInvalidConfig;
  std::string message;
};
using ConfigVerdict = std::optional<ConfigRefusal>;  // nothing: accepted

// The option behind a key of a resource, or null: for APPEND and SUBTRACT, which want a list.
const Option* config_option(const OptionRegistry& registry, controller::ConfigResourceType type,
                            std::string_view key);

// Each takes the settings of the resource as they would be after the change.
ConfigVerdict check_topic_configs(const ConfigLayers& layers, const ConfigTexts& all);
// `per_broker` is false for the defaults of all brokers. `layers` are those in force before.
ConfigVerdict check_broker_configs(const ConfigLayers& layers, bool per_broker, const ConfigTexts& all);
ConfigVerdict check_group_configs(const ConfigLayers& layers, const ConfigTexts& all);
ConfigVerdict check_client_metrics_configs(const OptionRegistry& registry, std::string_view subscription,
                                           const ConfigTexts& all);
// The one of the four that fits the resource. Types that hold no such settings are refused.
ConfigVerdict check_configs(const ConfigLayers& layers, const controller::ConfigResource& resource,
                            const ConfigTexts& all);

}  // namespace barnabas::broker
