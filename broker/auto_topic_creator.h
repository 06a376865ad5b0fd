// Creates topics through the controller with the settings that nobody had to give.
#pragma once

#include <functional>

#include "broker/configs/live_configs.h"
#include "broker/topic_creator.h"
#include "controller/controller.h"

namespace barnabas::broker {

// Any thread. The references outlive it and its last callback.
class AutoTopicCreator final : public TopicCreator {
 public:
  AutoTopicCreator(controller::Controller& controller, const LiveConfigs& configs)
      : controller_(controller), configs_(configs) {}

  void create(std::vector<std::string> topics, std::move_only_function<void(Outcome)> done) override;

 private:
  controller::CreateTopic description(std::string name) const;

  controller::Controller& controller_;
  const LiveConfigs& configs_;
};

}  // namespace barnabas::broker
