#include "apps/admin_backend/streams_groups.h"

#include "apps/admin_backend/errors.h"
#include "apps/admin_backend/groups.h"
#include "broker/broker.h"
#include "common/text.h"

namespace barnabas::apps {
namespace {

using broker::groups::streams::Description;
using broker::groups::streams::TaskSet;
using protocol::ErrorCode;

admin::StreamsTasks shown(const TaskSet& tasks) {
  admin::StreamsTasks out;
  for (const auto& [subtopology, partitions] : tasks) {
    out.emplace(subtopology, std::vector<std::int32_t>(partitions.begin(), partitions.end()));
  }
  return out;
}

admin::StreamsMember shown(const broker::groups::streams::DescribedMember& described) {
  const auto& member = described.member;
  admin::StreamsMember out;
  out.member_id = member.id;
  out.instance_id = member.instance_id;
  out.client_id = member.client_id;
  out.process_id = member.process_id;
  out.member_epoch = member.epoch;
  out.topology_epoch = member.topology_epoch;
  out.assignment.active = shown(broker::groups::streams::numbers_of(member.assigned.active));
  out.assignment.standby = shown(member.assigned.standby);
  out.assignment.warmup = shown(member.assigned.warmup);
  out.target.active = shown(described.target.active);
  out.target.standby = shown(described.target.standby);
  out.target.warmup = shown(described.target.warmup);
  return out;
}

admin::StreamsGroupInfo info_of(Description&& group, std::int32_t coordinator) {
  admin::StreamsGroupInfo info;
  info.group_id = std::move(group.group_id);
  info.state = std::move(group.state);
  info.coordinator = coordinator;
  info.group_epoch = group.epoch;
  info.target_assignment_epoch = group.target_epoch;
  info.topology_epoch = group.topology_epoch.value_or(-1);
  for (auto& one : group.subtopologies) {
    info.subtopologies.push_back({std::move(one.id), std::move(one.source_topics)});
  }
  for (const auto& member : group.members) info.members.push_back(shown(member));
  return info;
}

}  // namespace

void streams_group_infos(broker::Broker& broker, admin::Answer<std::vector<admin::StreamsGroupInfo>> answer) {
  list_group_ids(broker, "streams", [&broker, answer = std::move(answer)](auto&& ids) mutable {
    if (!ids) return answer(std::unexpected(std::move(ids.error())));
    broker.groups().describe_streams(std::move(*ids),
                                     [node = broker.identity().node_id,
                                      answer = std::move(answer)](std::vector<Description>&& groups) mutable {
                                       std::vector<admin::StreamsGroupInfo> infos;
                                       for (Description& group : groups) {
                                         // Else it went away between the two questions.
                                         if (group.error == ErrorCode::kNone)
                                           infos.push_back(info_of(std::move(group), node));
                                       }
                                       answer(std::move(infos));
                                     });
  });
}

void streams_group_info(broker::Broker& broker, const std::string& group_id,
                        admin::Answer<admin::StreamsGroupInfo> answer) {
  if (!groups_may_exist(broker)) return answer(not_found(concat("Group ", group_id, " not found.")));
  broker.groups().describe_streams({group_id}, [node = broker.identity().node_id, answer = std::move(answer)](
                                                   std::vector<Description>&& groups) mutable {
    Description& group = groups.front();
    if (group.error != ErrorCode::kNone) {
      return answer(refuse(group.error, std::move(group.error_message)));
    }
    answer(info_of(std::move(group), node));
  });
}

}  // namespace barnabas::apps
