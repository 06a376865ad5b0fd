#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "broker/groups/streams/assignor.h"
#include "common/logging.h"

namespace barnabas::broker::groups::streams {
namespace {

const Logger logger("broker.groups.streams.StickyTaskAssignor");

struct TaskId {
  std::size_t subtopology = 0;  // its place in the specification, which has them in order
  std::int32_t number = 0;
  auto operator<=>(const TaskId&) const = default;
};

bool by_number(const TaskId& one, const TaskId& other) {
  return std::tie(one.number, one.subtopology) < std::tie(other.number, other.subtopology);
}

// How many tasks one member may take so that nobody gets more than its share. Whoever has its share is taken
// out, and what is left is shared among the others.
class Quota {
 public:
  Quota(std::int32_t tasks, std::size_t members) : tasks_(tasks), members_(members) { divide(); }

  bool has_room(std::int32_t count) const { return count < per_member_; }
  void took(std::int32_t count) {
    if (count != per_member_ || members_ == 0) return;
    --members_;
    tasks_ -= count;
    divide();
  }

 private:
  void divide() {
    const auto members = static_cast<std::int32_t>(members_);
    per_member_ = members == 0 ? 0 : (tasks_ + members - 1) / members;
  }

  std::int32_t tasks_;
  std::size_t members_;
  std::int32_t per_member_ = 0;
};

// Members that share a machine and its state directory. The load is the number of tasks by member.
struct Process {
  std::vector<std::size_t> members;
  std::set<TaskId> tasks;

  double load() const { return static_cast<double>(tasks.size()) / static_cast<double>(members.size()); }
};

class Assignment {
 public:
  explicit Assignment(const GroupSpec& group)
      : group_(group),
        counts_(group.members.size()),
        process_of_(group.members.size()),
        out_(group.members.size()),
        active_quota_(count_tasks(0), group.members.size()),
        quota_(count_tasks(group.standby_replicas), group.members.size()) {
    read_members();
    for (std::size_t i = 0; i < processes_.size(); ++i) by_load_.emplace(processes_[i].load(), i);
  }

  std::vector<Tasks> run() {
    if (group_.members.empty()) return {};
    assign_active();
    if (group_.standby_replicas > 0) assign_standby();
    return std::move(out_);
  }

 private:
  std::int32_t count_tasks(std::int32_t standbys) const {
    std::int32_t count = 0;
    for (const SubtopologySpec& one : group_.subtopologies) {
      count += one.tasks * (one.is_stateful ? 1 + standbys : 1);
    }
    return count;
  }

  std::vector<TaskId> all_tasks(bool stateful_only) const {
    std::vector<TaskId> out;
    for (std::size_t i = 0; i < group_.subtopologies.size(); ++i) {
      if (stateful_only && !group_.subtopologies[i].is_stateful) continue;
      for (std::int32_t number = 0; number < group_.subtopologies[i].tasks; ++number)
        out.push_back({i, number});
    }
    return out;
  }

  void read_members() {
    std::map<std::string_view, std::size_t> places;
    for (std::size_t i = 0; i < group_.subtopologies.size(); ++i) places[group_.subtopologies[i].id] = i;
    std::map<std::string_view, std::size_t> known;
    const auto for_each_task = [&](const TaskSet& tasks, auto see) {
      for (const auto& [subtopology, numbers] : tasks) {
        const auto place = places.find(subtopology);
        if (place == places.end()) continue;
        for (const std::int32_t number : numbers) see(TaskId{place->second, number});
      }
    };
    for (std::size_t i = 0; i < group_.members.size(); ++i) {
      const MemberSpec& member = group_.members[i];
      const auto [process, is_new] = known.try_emplace(member.process_id, processes_.size());
      if (is_new) processes_.emplace_back();
      process_of_[i] = process->second;
      processes_[process->second].members.push_back(i);
      for_each_task(member.previous->active, [&](TaskId task) { previous_active_[task] = i; });
      for_each_task(member.previous->standby, [&](TaskId task) { previous_standby_[task].push_back(i); });
    }
  }

  Process& process_of(std::size_t member) { return processes_[process_of_[member]]; }

  void give(std::size_t member, TaskId task, bool is_active) {
    const std::size_t place = process_of_[member];
    Process& process = processes_[place];
    by_load_.erase({process.load(), place});
    process.tasks.insert(task);
    by_load_.emplace(process.load(), place);
    TaskSet& tasks = is_active ? out_[member].active : out_[member].standby;
    tasks[group_.subtopologies[task.subtopology].id].insert(task.number);
    const std::int32_t count = ++counts_[member];
    if (is_active) active_quota_.took(count);
    quota_.took(count);
  }

  std::size_t least_loaded_member(const Process& process) const {
    return *std::min_element(
        process.members.begin(), process.members.end(),
        [&](std::size_t one, std::size_t other) { return counts_[one] < counts_[other]; });
  }

  void assign_active() {
    std::vector<TaskId> left = all_tasks(false);
    std::sort(left.begin(), left.end(), by_number);
    std::erase_if(left, [&](TaskId task) {
      const auto previous = previous_active_.find(task);
      if (previous == previous_active_.end() || !active_quota_.has_room(counts_[previous->second]))
        return false;
      give(previous->second, task, true);
      return true;
    });
    std::erase_if(left, [&](TaskId task) {
      const auto member = least_loaded_with_standby(task);
      if (!member || !active_quota_.has_room(counts_[*member])) return false;
      give(*member, task, true);
      return true;
    });
    std::sort(left.begin(), left.end());
    for (const TaskId task : left) {
      give(least_loaded_member(processes_[by_load_.begin()->second]), task, true);
    }
  }

  // Of those that had a standby and whose process does not have the task now.
  std::optional<std::size_t> least_loaded_with_standby(TaskId task) {
    std::optional<std::size_t> best;
    const auto previous = previous_standby_.find(task);
    if (previous == previous_standby_.end()) return best;
    for (const std::size_t member : previous->second) {
      if (process_of(member).tasks.contains(task)) continue;
      const bool is_better =
          !best || (process_of(member).load() < process_of(*best).load() && counts_[member] < counts_[*best]);
      if (is_better) best = member;
    }
    return best;
  }

  struct Remaining {
    TaskId task;
    std::int32_t replicas = 0;
  };

  void assign_standby() {
    std::vector<TaskId> tasks = all_tasks(true);
    std::sort(tasks.begin(), tasks.end(),
              [](const TaskId& one, const TaskId& other) { return by_number(other, one); });
    std::vector<Remaining> remaining;
    for (const TaskId task : tasks) {
      for (std::int32_t i = 0; i < group_.standby_replicas; ++i) {
        const auto member = sticky_standby(task);
        if (!member) {
          remaining.push_back({task, group_.standby_replicas - i});
          break;
        }
        give(*member, task, false);
      }
    }
    std::sort(remaining.begin(), remaining.end(),
              [](const Remaining& one, const Remaining& other) { return other.task < one.task; });
    for (const Remaining& one : remaining) spread(one);
  }

  // Whoever had the task active has its state; so has whoever had it as standby.
  std::optional<std::size_t> sticky_standby(TaskId task) {
    const auto active = previous_active_.find(task);
    if (active != previous_active_.end() && !process_of(active->second).tasks.contains(task) &&
        quota_.has_room(counts_[active->second])) {
      return active->second;
    }
    const auto standby = least_loaded_with_standby(task);
    return standby && quota_.has_room(counts_[*standby]) ? standby : std::nullopt;
  }

  void spread(const Remaining& one) {
    for (std::int32_t i = 0; i < one.replicas; ++i) {
      const auto place = std::find_if(by_load_.begin(), by_load_.end(), [&](const auto& entry) {
        return !processes_[entry.second].tasks.contains(one.task);
      });
      if (place == by_load_.end()) {
        logger.warn("Unable to assign ", one.replicas - i, " of ", group_.standby_replicas,
                    " standby tasks for task [", group_.subtopologies[one.task.subtopology].id, "_",
                    one.task.number,
                    "]. There is not enough available capacity. You should increase the number of threads "
                    "and/or application instances to maintain the requested number of standby replicas.");
        return;
      }
      give(least_loaded_member(processes_[place->second]), one.task, false);
    }
  }

  const GroupSpec& group_;
  std::vector<std::int32_t> counts_;  // of tasks, by member
  std::vector<std::size_t> process_of_;
  std::vector<Tasks> out_;
  std::vector<Process> processes_;
  std::set<std::pair<double, std::size_t>> by_load_;
  std::map<TaskId, std::size_t> previous_active_;
  std::map<TaskId, std::vector<std::size_t>> previous_standby_;
  Quota active_quota_;
  Quota quota_;
};

}  // namespace

std::vector<Tasks> assign_sticky(const GroupSpec& group) {
  return Assignment(group).run();
}

}  // namespace barnabas::broker::groups::streams
