#include "broker/configs/config_schema.h"

#include "broker/configs/config_validation.h"

namespace barnabas::broker {

controller::ApiError BrokerConfigSchema::validate(const controller::ConfigResource& resource,
                                                  const controller::ConfigMap& settings) const {
  auto refused = check_configs(*configs_.layers(), resource, settings);
  if (!refused) return {};
  return {refused->error, std::move(refused->message)};
}

bool BrokerConfigSchema::is_list(controller::ConfigResourceType type, std::string_view name) const {
  const Option* option = config_option(configs_.layers()->registry(), type, name);
  return option != nullptr && option->type == OptionType::kList;
}

std::optional<std::string> BrokerConfigSchema::default_value(controller::ConfigResourceType type,
                                                             std::string_view name) const {
  const std::shared_ptr<const ConfigLayers> layers = configs_.static_layers();
  const Option* option = config_option(layers->registry(), type, name);
  if (option == nullptr) return std::nullopt;
  const auto value = type == controller::ConfigResourceType::kBroker ? layers->find(name)
                                                                     : resolve_option(*layers, *option, {});
  if (!value) return std::nullopt;
  return option_text(*value);
}

}  // namespace barnabas::broker
