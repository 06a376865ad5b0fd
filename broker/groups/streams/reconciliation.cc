#include "broker/groups/streams/reconciliation.h"

namespace barnabas::broker::groups::streams {
namespace {

// What a step takes from one kind of tasks and adds to it.
template <class ByTask>
struct Step {
  ByTask keeps = {};
  ByTask gives_back = {};
  ByTask gets = {};
  bool others_have_some = false;
};

template <class IsTaken>
Step<TaskEpochs> step_of(const TaskEpochs& has, const TaskSet& target, std::int32_t epoch,
                         const IsTaken& is_taken) {
  Step<TaskEpochs> out;
  for (const auto& [subtopology, numbers] : has) {
    for (const auto& [number, since] : numbers) {
      (has_task(target, subtopology, number) ? out.keeps : out.gives_back)[subtopology][number] = since;
    }
  }
  for (const auto& [subtopology, numbers] : target) {
    for (const std::int32_t number : numbers) {
      if (has_task(has, subtopology, number)) continue;
      if (is_taken(subtopology, number)) {
        out.others_have_some = true;
      } else {
        out.gets[subtopology][number] = epoch;
      }
    }
  }
  return out;
}

template <class IsTaken>
Step<TaskSet> step_of(const TaskSet& has, const TaskSet& target, const IsTaken& is_taken) {
  Step<TaskSet> out;
  for (const auto& [subtopology, numbers] : has) {
    for (const std::int32_t number : numbers) {
      (has_task(target, subtopology, number) ? out.keeps : out.gives_back)[subtopology].insert(number);
    }
  }
  for (const auto& [subtopology, numbers] : target) {
    for (const std::int32_t number : numbers) {
      if (has_task(has, subtopology, number)) continue;
      if (is_taken(subtopology, number)) {
        out.others_have_some = true;
      } else {
        out.gets[subtopology].insert(number);
      }
    }
  }
  return out;
}

template <class ByTask>
void merge(ByTask& into, const ByTask& from) {
  for (const auto& [subtopology, numbers] : from) {
    into[subtopology].insert(numbers.begin(), numbers.end());
  }
}

Member towards_target(const Member& member, std::int32_t epoch_while_revoking, const Reconciliation& by) {
  const std::string& process = member.process_id;
  const auto is_copy_here = [&](const std::string& subtopology, std::int32_t number) {
    return by.group.has_standby(process, subtopology, number) ||
           by.group.has_warmup(process, subtopology, number);
  };
  const auto is_here = [&](const std::string& subtopology, std::int32_t number) {
    const std::string* active = by.group.active_process(subtopology, number);
    return (active != nullptr && *active == process) || is_copy_here(subtopology, number);
  };
  const auto active = step_of(member.assigned.active, by.target.active, by.target_epoch,
                              [&](const std::string& subtopology, std::int32_t number) {
                                return by.group.active_process(subtopology, number) != nullptr ||
                                       is_copy_here(subtopology, number);
                              });
  const auto standby = step_of(member.assigned.standby, by.target.standby, is_here);
  const auto warmup = step_of(member.assigned.warmup, by.target.warmup, is_here);

  Member next = member;
  next.assigned = {active.keeps, standby.keeps, warmup.keeps};
  AssignedTasks gives_back{active.gives_back, standby.gives_back, warmup.gives_back};
  // A member that does not say what it has may have anything.
  if (!gives_back.empty() && (!by.owned || shares_any(*by.owned, gives_back))) {
    next.state = MemberState::kUnrevokedTasks;
    next.advance_to(epoch_while_revoking);
    next.pending_revocation = std::move(gives_back);
    return next;
  }
  merge(next.assigned.active, active.gets);
  merge(next.assigned.standby, standby.gets);
  merge(next.assigned.warmup, warmup.gets);
  const bool waits = active.others_have_some || standby.others_have_some || warmup.others_have_some;
  next.state = waits ? MemberState::kUnreleasedTasks : MemberState::kStable;
  next.advance_to(by.target_epoch);
  next.pending_revocation.clear();
  return next;
}

}  // namespace

std::optional<Member> reconcile(const Member& member, const Reconciliation& by) {
  switch (member.state) {
    case MemberState::kStable:
      return member.epoch == by.target_epoch ? member : towards_target(member, member.epoch, by);
    case MemberState::kUnrevokedTasks:
      if (!by.owned || shares_any(*by.owned, member.pending_revocation)) return member;
      return towards_target(member, member.epoch + 1, by);
    case MemberState::kUnreleasedTasks:
      return towards_target(member, member.epoch, by);
    case MemberState::kUnknown:
      if (!by.owned || !by.owned->empty()) return std::nullopt;
      return towards_target(member, by.target_epoch, by);
  }
  return member;
}

}  // namespace barnabas::broker::groups::streams
