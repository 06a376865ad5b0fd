#include "apps/admin_backend/share_groups.h"

#include <algorithm>
#include <memory>

#include "apps/admin_backend/errors.h"
#include "apps/admin_backend/groups.h"
#include "broker/broker.h"
#include "broker/coordination/gathering.h"
#include "common/text.h"

namespace barnabas::apps {
namespace {

using broker::coordination::Gathering;
using broker::groups::share::Description;
using broker::groups::share::InitializedPartitions;
using Infos = std::vector<admin::ShareGroupInfo>;
using Offsets = std::vector<admin::ShareOffset>;
using protocol::ErrorCode;

admin::ShareGroupInfo info_of(Description&& group, std::int32_t coordinator) {
  admin::ShareGroupInfo info;
  info.group_id = std::move(group.group_id);
  info.state = std::move(group.state);
  info.coordinator = coordinator;
  for (auto& member : group.members) {
    admin::GroupMember& shown = info.members.emplace_back();
    shown.member_id = std::move(member.member_id);
    shown.client_id = std::move(member.client_id);
    shown.client_host = std::move(member.client_host);
    for (const auto& topic : member.assignment) {
      for (const std::int32_t number : topic.partitions) shown.assignment.push_back({topic.name, number});
    }
    std::ranges::sort(shown.assignment);
  }
  return info;
}

// A partition with a state, and the id of its topic.
struct StatePartition {
  TopicPartition partition;
  Uuid topic_id;
};

// Those of topics that exist, sorted.
std::vector<StatePartition> state_partitions(broker::Broker& broker,
                                             const InitializedPartitions& initialized) {
  const auto image = broker.metadata().get();
  std::vector<StatePartition> out;
  for (const auto& [id, partitions] : initialized.partitions) {
    const auto topic = image->topic(id);
    if (topic == nullptr) continue;
    for (const std::int32_t number : partitions) out.push_back({{topic->name, number}, id});
  }
  std::ranges::sort(out, {}, &StatePartition::partition);
  return out;
}

// Describes the groups and adds the partitions they have states of.
void describe(broker::Broker& broker, std::vector<std::string> ids,
              broker::coordination::Answerer<std::vector<Description>> answerer) {
  broker.groups().describe_shares(std::move(ids), std::move(answerer));
}

void add_partitions(broker::Broker& broker, Infos infos, broker::coordination::Answerer<Infos> answerer) {
  const std::size_t count = infos.size();
  std::vector<std::string> ids;
  for (const admin::ShareGroupInfo& info : infos) ids.push_back(info.group_id);
  const auto gathering = std::make_shared<Gathering<Infos>>(std::move(infos), count, std::move(answerer));
  for (std::size_t i = 0; i < count; ++i) {
    broker.groups().share_partitions(ids[i], [&broker, gathering, i](InitializedPartitions&& initialized) {
      gathering->part([&](Infos& all) {
        for (StatePartition& one : state_partitions(broker, initialized)) {
          all[i].partitions.push_back(std::move(one.partition));
        }
      });
    });
  }
}

void read_offsets(broker::Broker& broker, const std::string& group_id, std::vector<StatePartition> partitions,
                  admin::Answer<Offsets> answer) {
  Offsets offsets;
  for (const StatePartition& one : partitions) offsets.push_back({one.partition});
  const auto gathering = std::make_shared<Gathering<Offsets>>(
      std::move(offsets), partitions.size(),
      [answer = std::move(answer)](Offsets&& all) mutable { answer(std::move(all)); });
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const StatePartition& one = partitions[i];
    broker.persister().read_summary(
        {group_id, one.topic_id, one.partition.partition}, 0,
        [&broker, gathering, i](broker::share::StateSummary&& summary) {
          gathering->part([&](Offsets& all) {
            admin::ShareOffset& offset = all[i];
            if (summary.result.error != ErrorCode::kNone || summary.start_offset < 0) return;
            offset.start_offset = summary.start_offset;
            const auto partition =
                broker.partitions().find(offset.partition.topic, offset.partition.partition);
            if (!partition || summary.delivery_complete_count < 0) return;
            offset.lag =
                (*partition)->log().high_watermark() - summary.start_offset - summary.delivery_complete_count;
          });
        });
  }
}

}  // namespace

void share_group_infos(broker::Broker& broker, admin::Answer<Infos> answer) {
  list_group_ids(broker, "share", [&broker, answer = std::move(answer)](auto&& ids) mutable {
    if (!ids) return answer(std::unexpected(std::move(ids.error())));
    describe(broker, std::move(*ids),
             [&broker, answer = std::move(answer)](std::vector<Description>&& groups) mutable {
               Infos infos;
               for (Description& group : groups) {
                 // Else it went away between the two questions.
                 if (group.error == ErrorCode::kNone) {
                   infos.push_back(info_of(std::move(group), broker.identity().node_id));
                 }
               }
               add_partitions(broker, std::move(infos),
                              [answer = std::move(answer)](Infos&& all) mutable { answer(std::move(all)); });
             });
  });
}

void share_group_info(broker::Broker& broker, const std::string& group_id,
                      admin::Answer<admin::ShareGroupInfo> answer) {
  if (!groups_may_exist(broker)) return answer(not_found(concat("Group ", group_id, " not found.")));
  describe(
      broker, {group_id}, [&broker, answer = std::move(answer)](std::vector<Description>&& groups) mutable {
        Description& group = groups.front();
        if (group.error != ErrorCode::kNone) {
          return answer(refuse(group.error, std::move(group.error_message)));
        }
        add_partitions(broker, {info_of(std::move(group), broker.identity().node_id)},
                       [answer = std::move(answer)](Infos&& all) mutable { answer(std::move(all.front())); });
      });
}

void share_group_offsets(broker::Broker& broker, const std::string& group_id, admin::Answer<Offsets> answer) {
  share_group_info(broker, group_id, [&broker, group_id, answer = std::move(answer)](auto&& found) mutable {
    if (!found) return answer(std::unexpected(std::move(found.error())));
    broker.groups().share_partitions(group_id, [&broker, group_id, answer = std::move(answer)](
                                                   InitializedPartitions&& initialized) mutable {
      read_offsets(broker, group_id, state_partitions(broker, initialized), std::move(answer));
    });
  });
}

}  // namespace barnabas::apps
