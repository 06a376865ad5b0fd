// The rules of a topic from its configuration and the broker's.
#pragma once

#include <memory>

#include "broker/configs/config_layers.h"
#include "broker/partition/topic_rules.h"

namespace barnabas::broker {

// `own` are the topic's settings in the metadata; invalid ones count as not set.
std::shared_ptr<const TopicRules> build_topic_rules(const ConfigLayers& layers, const ConfigTexts& own);

}  // namespace barnabas::broker
