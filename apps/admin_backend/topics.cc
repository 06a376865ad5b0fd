#include "apps/admin_backend/topics.h"

#include <algorithm>

#include "apps/admin_backend/errors.h"
#include "broker/broker.h"
#include "broker/internal_topics.h"

namespace barnabas::apps {
namespace {

using protocol::ErrorCode;

admin::TopicInfo info_of(const controller::TopicImage& topic) {
  admin::TopicInfo info;
  info.name = topic.name;
  info.topic_id = topic.id.to_string();
  info.internal = broker::is_internal_topic(topic.name);
  info.partitions.reserve(topic.partitions.size());
  for (std::int32_t number = 0; number < topic.partition_count(); ++number) {
    admin::PartitionInfo& shown = info.partitions.emplace_back();
    shown.partition = number;
    const controller::PartitionImage* partition = topic.partition(number);
    if (partition == nullptr) continue;
    shown.leader = partition->leader;
    shown.replicas = partition->replicas;
    shown.in_sync_replicas = partition->isr;
    shown.adding_replicas = partition->adding_replicas;
    shown.removing_replicas = partition->removing_replicas;
  }
  return info;
}

admin::TopicInfo planned(const controller::CreatedTopic& created) {
  admin::TopicInfo info;
  info.name = created.name;
  info.topic_id = created.id.to_string();
  info.internal = broker::is_internal_topic(created.name);
  for (std::int32_t number = 0; number < created.partitions; ++number) {
    admin::PartitionInfo& shown = info.partitions.emplace_back();
    shown.partition = number;
    shown.replicas.assign(static_cast<std::size_t>(std::max<std::int16_t>(created.replication_factor, 0)),
                          -1);
  }
  return info;
}

controller::CreateTopic command_of(admin::NewTopic&& topic) {
  controller::CreateTopic wanted;
  wanted.name = std::move(topic.name);
  wanted.partitions = topic.partitions_count.value_or(-1);
  // More than fits can be no number of brokers either, and is refused as such.
  wanted.replication_factor =
      static_cast<std::int16_t>(std::clamp(topic.replication_factor.value_or(-1), -2, INT16_MAX + 0));
  for (std::size_t number = 0; number < topic.replicas_assignments.size(); ++number) {
    auto& assignment = wanted.assignments.emplace_back();
    assignment.partition = static_cast<std::int32_t>(number);
    assignment.brokers = std::move(topic.replicas_assignments[number]);
  }
  for (auto& [name, value] : topic.configs) wanted.configs.emplace_back(std::move(name), std::move(value));
  return wanted;
}

void answer_done(const controller::ApiError& error, admin::Answer<admin::Done>& answer) {
  if (error.ok()) return answer(admin::Done{});
  answer(refuse(error));
}

}  // namespace

std::vector<admin::TopicInfo> topic_infos(const controller::MetadataImage& image) {
  std::vector<admin::TopicInfo> infos;
  infos.reserve(image.topic_count());
  image.for_each_topic([&](const auto& topic) { infos.push_back(info_of(*topic)); });
  std::ranges::sort(infos, {}, &admin::TopicInfo::name);
  return infos;
}

Result<admin::TopicInfo, admin::BackendError> topic_info(const controller::MetadataImage& image,
                                                         const std::string& name) {
  const auto topic = image.topic(name);
  if (!topic) return refuse(ErrorCode::kUnknownTopicOrPartition);
  return info_of(*topic);
}

void create_topic(broker::Broker& broker, admin::NewTopic topic, admin::Answer<admin::TopicInfo> answer) {
  controller::CreateTopicsCommand command;
  command.validate_only = topic.validate_only;
  command.topics.push_back(command_of(std::move(topic)));
  broker.controller().create_topics(
      std::move(command), [&metadata = broker.metadata(),
                           answer = std::move(answer)](std::vector<controller::CreatedTopic> topics) mutable {
        if (topics.empty()) return answer(refuse(ErrorCode::kNotController));
        const controller::CreatedTopic& created = topics.front();
        if (!created.error.ok()) return answer(refuse(created.error));
        const auto known = metadata.get()->topic(created.id);
        answer(known ? info_of(*known) : planned(created));
      });
}

void delete_topic(broker::Broker& broker, const std::string& name, admin::Answer<admin::Done> answer) {
  controller::DeletedTopic topic;
  topic.name = name;
  broker.controller().delete_topics(
      {std::move(topic)}, [answer = std::move(answer)](std::vector<controller::DeletedTopic> topics) mutable {
        if (topics.empty()) return answer(refuse(ErrorCode::kNotController));
        answer_done(topics.front().error, answer);
      });
}

void create_partitions(broker::Broker& broker, const std::string& name, std::int32_t count,
                       admin::Answer<admin::Done> answer) {
  controller::CreatePartitionsCommand command;
  auto& topic = command.topics.emplace_back();
  topic.name = name;
  topic.partitions = count;
  broker.controller().create_partitions(
      std::move(command), [answer = std::move(answer)](std::vector<controller::NamedResult> results) mutable {
        if (results.empty()) return answer(refuse(ErrorCode::kNotController));
        answer_done(results.front().error, answer);
      });
}

Result<admin::OffsetRange, admin::BackendError> offset_range(const broker::PartitionManager& partitions,
                                                             const TopicPartition& partition) {
  const auto found = partitions.find(partition.topic, partition.partition);
  if (!found) return refuse(found.error());
  if (!(*found)->is_leader()) return refuse(ErrorCode::kNotLeaderOrFollower);
  const storage::Log& log = (*found)->log();
  return admin::OffsetRange{log.log_start_offset(), log.last_stable_offset()};
}

}  // namespace barnabas::apps
