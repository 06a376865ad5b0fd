// The server-side assignor of streams groups: who should have which tasks. It knows no epochs and no state of
// members; what a member should have had before is all the memory there is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "broker/groups/streams/tasks.h"

namespace barnabas::broker::groups::streams {

struct MemberSpec {
  std::string id;
  std::string process_id;
  const Tasks* previous = nullptr;  // the target until now; never null
};

struct SubtopologySpec {
  std::string id;
  std::int32_t tasks = 0;
  bool is_stateful = false;  // has changelogs, so standby tasks make sense
};

struct GroupSpec {
  std::vector<MemberSpec> members;             // ascending by id
  std::vector<SubtopologySpec> subtopologies;  // ascending by id
  std::int32_t standby_replicas = 0;
};

inline constexpr std::string_view kStickyAssignor = "sticky";

// As even over members as can be, active tasks first: a task stays where it was, else goes where it had a
// standby, else to the least loaded process. A task and its standbys are never in one process, so there are
// fewer standbys than asked for where processes are missing. Entries in the order of the members.
std::vector<Tasks> assign_sticky(const GroupSpec& group);

}  // namespace barnabas::broker::groups::streams
