// Layers for tests, from lists of keys and values.
#pragma once

#include <memory>
#include <utility>

#include "broker/configs/config_layers.h"
#include "broker/options/all_options.h"

namespace barnabas::broker {

struct TestLayers {
  explicit TestLayers(ConfigTexts fixed_texts = {}, ConfigTexts cluster = {}, ConfigTexts own = {})
      : layers(registry, std::make_shared<const ConfigTexts>(std::move(fixed_texts)),
               std::make_shared<const ConfigTexts>(std::move(cluster)),
               std::make_shared<const ConfigTexts>(std::move(own))) {}

  const OptionRegistry registry = all_options();
  const ConfigLayers layers;
};

}  // namespace barnabas::broker
