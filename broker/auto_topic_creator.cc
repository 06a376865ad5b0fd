#include "broker/auto_topic_creator.h"

#include "broker/internal_topics.h"

namespace barnabas::broker {

using protocol::ErrorCode;

controller::CreateTopic AutoTopicCreator::description(std::string name) const {
  const auto layers = configs_.layers();
  controller::CreateTopic topic;
  topic.name = std::move(name);
  if (topic.name == kGroupMetadataTopic) {
    topic.partitions = static_cast<std::int32_t>(layers->integer("offsets.topic.num.partitions"));
    topic.replication_factor = static_cast<std::int16_t>(layers->integer("offsets.topic.replication.factor"));
    // Kafka's default of three would leave a cluster of one without groups.
    topic.cap_replication_factor = true;
    topic.configs.emplace_back("compression.type", "producer");
    topic.configs.emplace_back("cleanup.policy", "compact");
    topic.configs.emplace_back("segment.bytes",
                               std::to_string(layers->integer("offsets.topic.segment.bytes")));
  } else if (topic.name == kTransactionStateTopic) {
    topic.partitions = static_cast<std::int32_t>(layers->integer("transaction.state.log.num.partitions"));
    topic.replication_factor =
        static_cast<std::int16_t>(layers->integer("transaction.state.log.replication.factor"));
    topic.cap_replication_factor = true;  // as above, for transactions
    topic.configs.emplace_back("compression.type", "uncompressed");
    topic.configs.emplace_back("cleanup.policy", "compact");
    topic.configs.emplace_back("min.insync.replicas",
                               std::to_string(layers->integer("transaction.state.log.min.isr")));
    topic.configs.emplace_back("segment.bytes",
                               std::to_string(layers->integer("transaction.state.log.segment.bytes")));
    topic.configs.emplace_back("unclean.leader.election.enable", "false");
  } else if (topic.name == kShareGroupStateTopic) {
    topic.partitions =
        static_cast<std::int32_t>(layers->integer("share.coordinator.state.topic.num.partitions"));
    topic.replication_factor =
        static_cast<std::int16_t>(layers->integer("share.coordinator.state.topic.replication.factor"));
    topic.cap_replication_factor = true;  // as above, for share groups
    // Its coordinator deletes what it does not need any more (KIP-932).
    topic.configs.emplace_back("cleanup.policy", "delete");
    topic.configs.emplace_back("compression.type", "producer");
    topic.configs.emplace_back("min.insync.replicas",
                               std::to_string(layers->integer("share.coordinator.state.topic.min.isr")));
    topic.configs.emplace_back(
        "segment.bytes", std::to_string(layers->integer("share.coordinator.state.topic.segment.bytes")));
    topic.configs.emplace_back("retention.ms", "-1");
  } else {
    topic.cap_replication_factor = layers->flag("barnabas.replication.factor.cap");
  }
  return topic;
}

void AutoTopicCreator::create(std::vector<std::string> topics, std::move_only_function<void(Outcome)> done) {
  controller::CreateTopicsCommand command;
  for (auto& name : topics) command.topics.push_back(description(std::move(name)));
  controller_.create_topics(std::move(command),
                            [done = std::move(done)](std::vector<controller::CreatedTopic> created) mutable {
                              Outcome outcome;
                              for (const auto& topic : created) {
                                const bool there = topic.error.code == ErrorCode::kTopicAlreadyExists;
                                outcome[topic.name] = there ? ErrorCode::kNone : topic.error.code;
                              }
                              done(std::move(outcome));
                            });
}

}  // namespace barnabas::broker
