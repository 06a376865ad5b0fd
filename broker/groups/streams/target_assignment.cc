#include "broker/groups/streams/target_assignment.h"

#include <algorithm>

#include "broker/groups/streams/assignor.h"
#include "common/text.h"

namespace barnabas::broker::groups::streams {
namespace {

GroupSpec specification(const Group& group, const Member* updated, const ConfiguredTopology& topology,
                        const AssignmentConfigs& configs) {
  GroupSpec spec;
  const auto standbys = configs.find(std::string(kStandbyReplicasConfig));
  if (standbys != configs.end()) {
    spec.standby_replicas = parse_number<std::int32_t>(standbys->second).value_or(0);
  }
  if (topology.subtopologies) {
    for (const auto& [id, subtopology] : *topology.subtopologies) {
      spec.subtopologies.push_back({id, subtopology.tasks, subtopology.is_stateful()});
    }
  }
  for (const auto& [id, member] : group.members()) {
    if (updated != nullptr && id == updated->id) continue;
    spec.members.push_back({id, member.process_id, &group.target(id)});
  }
  if (updated == nullptr) return spec;
  spec.members.push_back({updated->id, updated->process_id, &group.target(updated->id)});
  std::sort(spec.members.begin(), spec.members.end(),
            [](const MemberSpec& one, const MemberSpec& other) { return one.id < other.id; });
  return spec;
}

}  // namespace

Tasks assign_target(const Group& group, const Member* updated, std::int32_t epoch,
                    const ConfiguredTopology& topology, const AssignmentConfigs& configs, std::int64_t now_ms,
                    Records& records) {
  const GroupSpec spec = specification(group, updated, topology, configs);
  std::vector<Tasks> assignment =
      topology.is_ready() ? assign_sticky(spec) : std::vector<Tasks>(spec.members.size());
  Tasks of_updated;
  for (std::size_t i = 0; i < spec.members.size(); ++i) {
    const std::string& id = spec.members[i].id;
    const auto known = group.targets().find(id);
    if (known == group.targets().end() || known->second != assignment[i]) {
      records.push_back(target_record(group.id(), id, assignment[i]));
    }
    if (updated != nullptr && id == updated->id) of_updated = std::move(assignment[i]);
  }
  records.push_back(target_epoch_record(group.id(), epoch, now_ms));
  return of_updated;
}

}  // namespace barnabas::broker::groups::streams
