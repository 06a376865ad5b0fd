#include "broker/streams_topic_creator.h"

#include <algorithm>

#include "common/logging.h"

namespace barnabas::broker {
namespace {

const Logger logger("broker.StreamsTopicCreator");

// As many failures are remembered, as in Kafka.
constexpr std::size_t kMaxFailures = 1'000;

}  // namespace

void StreamsTopicCreator::create(std::vector<controller::CreateTopic> topics, std::int64_t failure_ms) {
  const bool caps = caps_replicas_();
  controller::CreateTopicsCommand command;
  {
    const std::scoped_lock lock(mutex_);
    const std::int64_t now_ms = clock_.monotonic_ms();
    for (controller::CreateTopic& topic : topics) {
      const auto failure = failures_.find(topic.name);
      if (failure != failures_.end() && now_ms < failure->second.until_ms) continue;
      if (!under_way_.insert(topic.name).second) continue;
      topic.cap_replication_factor = caps;
      command.topics.push_back(std::move(topic));
    }
  }
  if (command.topics.empty()) return;
  for (const auto& topic : command.topics) {
    logger.info("Creating internal topic ", topic.name, " with ", topic.partitions, " partitions.");
  }
  create_(std::move(command), [this, failure_ms](std::vector<controller::CreatedTopic> results) {
    created(results, failure_ms);
  });
}

void StreamsTopicCreator::created(const std::vector<controller::CreatedTopic>& topics,
                                  std::int64_t failure_ms) {
  const std::scoped_lock lock(mutex_);
  const std::int64_t until_ms = clock_.monotonic_ms() + failure_ms;
  for (const auto& topic : topics) {
    under_way_.erase(topic.name);
    failures_.erase(topic.name);
    if (topic.error.ok()) continue;
    logger.warn("Creating internal topic ", topic.name, " failed: ", topic.error.message);
    remember(topic.name, topic.error.message, until_ms);
  }
}

// A full memory loses what would be forgotten first.
void StreamsTopicCreator::remember(const std::string& topic, std::string reason, std::int64_t until_ms) {
  if (failures_.size() >= kMaxFailures) {
    const auto first = std::min_element(
        failures_.begin(), failures_.end(),
        [](const auto& one, const auto& other) { return one.second.until_ms < other.second.until_ms; });
    failures_.erase(first);
  }
  failures_[topic] = {std::move(reason), until_ms};
}

std::map<std::string, std::string> StreamsTopicCreator::failures(
    const std::vector<controller::CreateTopic>& topics) const {
  std::map<std::string, std::string> out;
  const std::scoped_lock lock(mutex_);
  const std::int64_t now_ms = clock_.monotonic_ms();
  for (const controller::CreateTopic& topic : topics) {
    const auto failure = failures_.find(topic.name);
    if (failure == failures_.end() || now_ms >= failure->second.until_ms) continue;
    out[topic.name] = failure->second.reason;
  }
  return out;
}

}  // namespace barnabas::broker
