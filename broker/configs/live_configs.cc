#include "broker/configs/live_configs.h"

namespace barnabas::broker {

LiveConfigs::LiveConfigs(const OptionRegistry& registry, ConfigTexts fixed)
    : registry_(registry),
      fixed_(std::make_shared<const ConfigTexts>(std::move(fixed))),
      static_layers_(std::make_shared<const ConfigLayers>(registry, fixed_, nullptr, nullptr)),
      layers_(static_layers_) {}

void LiveConfigs::set_dynamic(std::shared_ptr<const ConfigTexts> cluster,
                              std::shared_ptr<const ConfigTexts> own) {
  const std::shared_ptr<const ConfigLayers> before = layers_.load();
  const auto now =
      std::make_shared<const ConfigLayers>(registry_, fixed_, std::move(cluster), std::move(own));
  if (now->cluster() == before->cluster() && now->own() == before->own()) return;
  layers_.store(now);
  for (const Observer& observer : observers_) observer(*before, *now);
}

}  // namespace barnabas::broker
