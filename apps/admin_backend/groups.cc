#include "apps/admin_backend/groups.h"

#include <algorithm>
#include <map>

#include "apps/admin_backend/errors.h"
#include "broker/broker.h"
#include "broker/groups/consumer_subscription.h"
#include "broker/internal_topics.h"
#include "common/text.h"
#include "protocol/messages/consumer_protocol_assignment.h"
#include "protocol/wire/reader.h"

namespace barnabas::apps {
namespace {

using broker::groups::DescribedMember;
using broker::groups::FetchOffsetsReply;
using broker::groups::GroupDescription;
using broker::groups::GroupListing;
using broker::groups::ListReply;
using protocol::ErrorCode;

admin::GroupMember member_of(DescribedMember&& member, bool is_consumer) {
  admin::GroupMember shown;
  shown.member_id = std::move(member.member_id);
  shown.instance_id = std::move(member.instance_id);
  shown.client_id = std::move(member.client_id);
  shown.client_host = std::move(member.client_host);
  if (is_consumer) shown.assignment = assigned_partitions(member.assignment);
  return shown;
}

admin::GroupInfo info_of(GroupDescription&& group, std::int32_t coordinator) {
  admin::GroupInfo info;
  info.group_id = std::move(group.group_id);
  info.state = std::move(group.state);
  info.protocol_type = std::move(group.protocol_type);
  info.assignor = std::move(group.protocol);
  info.coordinator = coordinator;
  const bool is_consumer = info.protocol_type == broker::groups::kConsumerProtocolType;
  for (DescribedMember& member : group.members)
    info.members.push_back(member_of(std::move(member), is_consumer));
  return info;
}

admin::GroupInfo info_of(broker::groups::consumer::Description&& group, std::int32_t coordinator) {
  admin::GroupInfo info;
  info.group_id = std::move(group.group_id);
  info.state = std::move(group.state);
  info.type = broker::groups::consumer::kGroupType;
  info.protocol_type = broker::groups::kConsumerProtocolType;
  info.assignor = std::move(group.assignor);
  info.coordinator = coordinator;
  for (auto& member : group.members) {
    admin::GroupMember& shown = info.members.emplace_back();
    shown.member_id = std::move(member.member_id);
    shown.instance_id = std::move(member.instance_id);
    shown.client_id = std::move(member.client_id);
    shown.client_host = std::move(member.client_host);
    for (const auto& topic : member.assignment) {
      for (const std::int32_t number : topic.partitions) shown.assignment.push_back({topic.name, number});
    }
    std::ranges::sort(shown.assignment);
  }
  return info;
}

std::vector<admin::GroupInfo> infos_of(std::vector<GroupDescription>&& descriptions,
                                       std::int32_t coordinator) {
  std::vector<admin::GroupInfo> infos;
  for (GroupDescription& description : descriptions) {
    // Else it is of another kind, or went away between the two questions.
    if (description.error == ErrorCode::kNone) infos.push_back(info_of(std::move(description), coordinator));
  }
  return infos;
}

void add_consumer_groups(broker::Broker& broker, const std::map<std::string, GroupListing>& listings,
                         std::vector<admin::GroupInfo>&& infos,
                         admin::Answer<std::vector<admin::GroupInfo>> answer) {
  std::vector<std::string> ids;
  for (const auto& [id, listing] : listings) {
    if (listing.type == broker::groups::consumer::kGroupType) ids.push_back(id);
  }
  broker.groups().describe_consumers(
      std::move(ids),
      [node = broker.identity().node_id, infos = std::move(infos),
       answer = std::move(answer)](std::vector<broker::groups::consumer::Description>&& groups) mutable {
        for (auto& group : groups) {
          if (group.error == ErrorCode::kNone) infos.push_back(info_of(std::move(group), node));
        }
        std::ranges::sort(infos, {}, &admin::GroupInfo::group_id);
        answer(std::move(infos));
      });
}

std::int64_t log_end(const broker::PartitionManager& partitions, const std::string& topic,
                     std::int32_t number) {
  const auto partition = partitions.find(topic, number);
  return partition ? (*partition)->log().high_watermark() : 0;
}

}  // namespace

std::vector<TopicPartition> assigned_partitions(ByteView assignment) {
  std::vector<TopicPartition> partitions;
  protocol::Reader reader(assignment);
  const std::int16_t version = reader.int16();
  protocol::ConsumerProtocolAssignment decoded;
  // Later versions only add to the end.
  if (reader.failed() || version < 0 ||
      !decoded.decode(reader, std::min(version, protocol::ConsumerProtocolAssignment::kMaxVersion))) {
    return partitions;
  }
  for (const auto& topic : decoded.assigned_partitions) {
    for (const std::int32_t number : topic.partitions) partitions.push_back({topic.topic, number});
  }
  std::ranges::sort(partitions);
  return partitions;
}

void group_infos(broker::Broker& broker, admin::Answer<std::vector<admin::GroupInfo>> answer) {
  broker.groups().list({}, [&broker, answer = std::move(answer)](ListReply&& reply) mutable {
    if (reply.error != ErrorCode::kNone) return answer(refuse(reply.error));
    if (reply.groups.empty()) return answer(std::vector<admin::GroupInfo>());
    std::map<std::string, GroupListing> listings;
    for (GroupListing& group : reply.groups) listings[group.group_id] = group;
    std::vector<std::string> ids;
    for (const auto& [id, group] : listings) ids.push_back(id);
    broker.groups().describe(
        std::move(ids), [&broker, listings = std::move(listings),
                         answer = std::move(answer)](std::vector<GroupDescription>&& groups) mutable {
          add_consumer_groups(broker, listings, infos_of(std::move(groups), broker.identity().node_id),
                              std::move(answer));
        });
  });
}

void group_info(broker::Broker& broker, const std::string& group_id, admin::Answer<admin::GroupInfo> answer) {
  if (!groups_may_exist(broker)) return answer(not_found(concat("Group ", group_id, " not found.")));
  // Of the one protocol or the other.
  broker.groups().describe(
      {group_id}, [&broker, answer = std::move(answer)](std::vector<GroupDescription>&& groups) mutable {
        const std::int32_t node = broker.identity().node_id;
        GroupDescription& group = groups.front();
        if (group.error == ErrorCode::kNone) return answer(info_of(std::move(group), node));
        broker.groups().describe_consumers(
            {group.group_id},
            [node, error = group.error, message = std::move(group.error_message), answer = std::move(answer)](
                std::vector<broker::groups::consumer::Description>&& consumers) mutable {
              auto& consumer = consumers.front();
              if (consumer.error != ErrorCode::kNone) return answer(refuse(error, std::move(message)));
              answer(info_of(std::move(consumer), node));
            });
      });
}

void delete_group(broker::Broker& broker, const std::string& group_id, admin::Answer<admin::Done> answer) {
  broker.groups().delete_groups(
      {group_id}, [answer = std::move(answer)](std::vector<broker::groups::DeletedGroup>&& deleted) mutable {
        const ErrorCode error = deleted.front().error;
        if (error != ErrorCode::kNone) return answer(refuse(error));
        answer(admin::Done{});
      });
}

bool groups_may_exist(broker::Broker& broker) {
  return broker.metadata().get()->topic(broker::kGroupMetadataTopic) != nullptr;
}

void list_group_ids(broker::Broker& broker, std::string type,
                    admin::Answer<std::vector<std::string>> answer) {
  broker::groups::GroupFilter filter;
  filter.types.push_back(std::move(type));
  broker.groups().list(std::move(filter), [answer = std::move(answer)](ListReply&& reply) mutable {
    if (reply.error != ErrorCode::kNone) return answer(refuse(reply.error));
    std::vector<std::string> ids;
    for (GroupListing& group : reply.groups) ids.push_back(std::move(group.group_id));
    std::ranges::sort(ids);
    answer(std::move(ids));
  });
}

void group_offsets(broker::Broker& broker, const std::string& group_id,
                   admin::Answer<std::vector<admin::GroupOffset>> answer) {
  if (!groups_may_exist(broker)) return answer(std::vector<admin::GroupOffset>());
  broker::groups::FetchOffsetsCommand command;
  command.group_id = group_id;
  broker.groups().fetch_offsets(
      std::move(command),
      [&partitions = broker.partitions(), answer = std::move(answer)](FetchOffsetsReply&& reply) mutable {
        if (reply.error != ErrorCode::kNone) return answer(refuse(reply.error));
        std::vector<admin::GroupOffset> offsets;
        for (const auto& topic : reply.topics) {
          for (const auto& partition : topic.partitions) {
            if (partition.error != ErrorCode::kNone || partition.offset < 0) continue;
            offsets.push_back({{topic.name, partition.index},
                               partition.offset,
                               log_end(partitions, topic.name, partition.index)});
          }
        }
        std::ranges::sort(offsets, {}, &admin::GroupOffset::partition);
        answer(std::move(offsets));
      });
}

}  // namespace barnabas::apps
