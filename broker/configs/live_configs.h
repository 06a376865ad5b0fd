// The layers in force, replaced when dynamic settings change.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "broker/configs/config_layers.h"

namespace barnabas::broker {

// Readers from any thread; set_dynamic from the one thread that publishes metadata images. Whoever acts on an
// option that may change registers for changes before the first image is published.
class LiveConfigs {
 public:
  using Observer = std::function<void(const ConfigLayers& before, const ConfigLayers& now)>;

  // `registry` outlives the object.
  LiveConfigs(const OptionRegistry& registry, ConfigTexts fixed);

  // Never null.
  std::shared_ptr<const ConfigLayers> layers() const { return layers_.load(); }
  // Without the dynamic ones.
  const std::shared_ptr<const ConfigLayers>& static_layers() const { return static_layers_; }
  // Calls `observer` after each change, on the thread of set_dynamic. At start-up only.
  void observe(Observer observer) { observers_.push_back(std::move(observer)); }

  // The dynamic settings of all brokers (resource "") and of this one, from the metadata. Does nothing when
  // both are as they were.
  void set_dynamic(std::shared_ptr<const ConfigTexts> cluster, std::shared_ptr<const ConfigTexts> own);

 private:
  const OptionRegistry& registry_;
  const std::shared_ptr<const ConfigTexts> fixed_;
  const std::shared_ptr<const ConfigLayers> static_layers_;
  std::atomic<std::shared_ptr<const ConfigLayers>> layers_;
  std::vector<Observer> observers_;
};

}  // namespace barnabas::broker
