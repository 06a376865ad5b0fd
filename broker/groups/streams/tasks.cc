#include "broker/groups/streams/tasks.h"

#include <algorithm>

#include "common/text.h"

namespace barnabas::broker::groups::streams {
namespace {

template <class ByTask>
bool intersect(const TaskSet& some, const ByTask& of) {
  return std::any_of(some.begin(), some.end(), [&](const auto& entry) {
    return std::any_of(entry.second.begin(), entry.second.end(),
                       [&](std::int32_t number) { return has_task(of, entry.first, number); });
  });
}

}  // namespace

TaskSet numbers_of(const TaskEpochs& tasks) {
  TaskSet out;
  for (const auto& [subtopology, numbers] : tasks) {
    std::set<std::int32_t>& added = out[subtopology];
    for (const auto& [number, epoch] : numbers) added.insert(number);
  }
  return out;
}

bool shares_any(const Tasks& some, const AssignedTasks& of) {
  return intersect(some.active, of.active) || intersect(some.standby, of.standby) ||
         intersect(some.warmup, of.warmup);
}

std::string to_text(const TaskSet& tasks) {
  std::string out = "[";
  for (const auto& [subtopology, numbers] : tasks) {
    for (const std::int32_t number : numbers) {
      out += concat(out.size() > 1 ? ", " : "", subtopology, "_", number);
    }
  }
  return out + "]";
}

}  // namespace barnabas::broker::groups::streams
