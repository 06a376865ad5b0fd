// Creates the internal topics of streams groups, whose members ask again with every heartbeat: each topic is
// under way once, and one that could not be created is left alone for a while.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "common/clock.h"
#include "controller/commands.h"

namespace barnabas::broker {

// Any thread. Lives as long as the broker; the controller's last answer comes before its end.
class StreamsTopicCreator {
 public:
  using Created = std::move_only_function<void(std::vector<controller::CreatedTopic>)>;
  using Create = std::function<void(controller::CreateTopicsCommand, Created)>;

  // `create` asks the controller; `caps_replicas` tells whether fewer replicas than asked for will do.
  StreamsTopicCreator(const Clock& clock, Create create, std::function<bool()> caps_replicas)
      : clock_(clock), create_(std::move(create)), caps_replicas_(std::move(caps_replicas)) {}
  StreamsTopicCreator(const StreamsTopicCreator&) = delete;
  StreamsTopicCreator& operator=(const StreamsTopicCreator&) = delete;

  // Asks for those that are not under way and have not failed lately. A failure is remembered for
  // `failure_ms`.
  void create(std::vector<controller::CreateTopic> topics, std::int64_t failure_ms);
  // Why those could not be created that failed lately, by name.
  std::map<std::string, std::string> failures(const std::vector<controller::CreateTopic>& topics) const;

 private:
  struct Failure {
    std::string reason;
    std::int64_t until_ms = 0;  // monotonic
  };

  void created(const std::vector<controller::CreatedTopic>& topics, std::int64_t failure_ms);
  void remember(const std::string& topic, std::string reason, std::int64_t until_ms);

  const Clock& clock_;
  const Create create_;
  const std::function<bool()> caps_replicas_;
  mutable std::mutex mutex_;  // guards all below; never held while the controller is asked
  std::set<std::string> under_way_;
  std::map<std::string, Failure> failures_;
};

}  // namespace barnabas::broker
