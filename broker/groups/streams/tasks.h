// Which tasks of which subtopologies: what members of a streams group have and what they should have.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace barnabas::broker::groups::streams {

// Task numbers by subtopology. An entry has one task at least.
using TaskSet = std::map<std::string, std::set<std::int32_t>>;

// The same with the group epoch at which the member got each task.
using TaskEpochs = std::map<std::string, std::map<std::int32_t, std::int32_t>>;

// A target, or what a member says it has.
struct Tasks {
  TaskSet active;
  TaskSet standby;
  TaskSet warmup;

  bool empty() const { return active.empty() && standby.empty() && warmup.empty(); }
  bool operator==(const Tasks&) const = default;
};

struct AssignedTasks {
  TaskEpochs active;
  TaskSet standby;
  TaskSet warmup;

  bool empty() const { return active.empty() && standby.empty() && warmup.empty(); }
  void clear() { *this = AssignedTasks(); }
  bool operator==(const AssignedTasks&) const = default;
};

template <class ByTask>
bool has_task(const ByTask& tasks, const std::string& subtopology, std::int32_t number) {
  const auto found = tasks.find(subtopology);
  return found != tasks.end() && found->second.contains(number);
}

// The tasks without their epochs.
TaskSet numbers_of(const TaskEpochs& tasks);
// Whether `some` has a task of `of`.
bool shares_any(const Tasks& some, const AssignedTasks& of);
// "[0_1, 1_0]" for the log.
std::string to_text(const TaskSet& tasks);

}  // namespace barnabas::broker::groups::streams
