#include "apps/admin_backend/readiness.h"

#include <optional>

#include "apps/admin_backend/errors.h"
#include "broker/broker.h"
#include "broker/internal_topics.h"
#include "common/text.h"

namespace barnabas::apps {
namespace {

using broker::groups::GroupDescription;
using protocol::ErrorCode;

admin::Readiness missing(std::string reason) {
  return {false, std::move(reason)};
}

std::optional<std::string> missing_of_broker(const controller::MetadataImage& image, std::int32_t id) {
  if (image.controller_id() < 0) return "There is no active controller.";
  if (!image.broker_active(id)) return concat("Broker ", id, " is fenced.");
  return std::nullopt;
}

std::optional<std::string> missing_of_topic(broker::Broker& broker, const controller::MetadataImage& image,
                                            const std::string& name) {
  const auto topic = image.topic(name);
  if (!topic) return concat("Topic ", name, " does not exist.");
  for (std::int32_t number = 0; number < topic->partition_count(); ++number) {
    const TopicPartition shown{name, number};
    const controller::PartitionImage* partition = topic->partition(number);
    if (partition == nullptr || !partition->has_leader())
      return concat("Partition ", shown, " has no leader.");
    if (partition->leader != broker.identity().node_id) continue;
    const auto served = broker.partitions().find(name, number);
    if (!served || !(*served)->is_leader()) return concat("Partition ", shown, " is not served yet.");
  }
  return std::nullopt;
}

std::optional<std::string> missing_of_group(const GroupDescription& group) {
  switch (group.error) {
    case ErrorCode::kNone:
    case ErrorCode::kGroupIdNotFound:  // loaded, and nobody has joined or committed yet
      return std::nullopt;
    case ErrorCode::kCoordinatorLoadInProgress:
      return concat("The coordinator of group ", group.group_id, " is loading.");
    default:
      return concat("Group ", group.group_id, " has no coordinator.");
  }
}

void check_groups(broker::Broker& broker, std::vector<std::string> groups,
                  admin::Answer<admin::Readiness> answer) {
  broker.groups().describe(std::move(groups),
                           [answer = std::move(answer)](std::vector<GroupDescription>&& described) mutable {
                             for (const GroupDescription& group : described) {
                               if (auto reason = missing_of_group(group))
                                 return answer(missing(std::move(*reason)));
                             }
                             answer(admin::Readiness{true, {}});
                           });
}

}  // namespace

void check_readiness(broker::Broker& broker, const std::vector<std::string>& topics,
                     std::vector<std::string> groups, admin::Answer<admin::Readiness> answer) {
  const auto image = broker.metadata().get();
  if (auto reason = missing_of_broker(*image, broker.identity().node_id))
    return answer(missing(std::move(*reason)));
  for (const std::string& topic : topics) {
    if (auto reason = missing_of_topic(broker, *image, topic)) return answer(missing(std::move(*reason)));
  }
  if (groups.empty()) return answer(admin::Readiness{true, {}});
  if (image->topic(broker::kGroupMetadataTopic)) {
    return check_groups(broker, std::move(groups), std::move(answer));
  }
  broker.topic_creator().create({std::string(broker::kGroupMetadataTopic)},
                                [&broker, groups = std::move(groups),
                                 answer = std::move(answer)](const broker::TopicCreator::Outcome&) mutable {
                                  check_groups(broker, std::move(groups), std::move(answer));
                                });
}

}  // namespace barnabas::apps
