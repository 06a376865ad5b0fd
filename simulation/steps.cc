#include "simulation/steps.h"

#include <array>
#include <utility>

#include "common/random.h"

namespace barnabas::simulation {
namespace {

constexpr std::array<std::pair<StepKind, int>, 16> kWeights{{{StepKind::kProduce, 220},
                                                             {StepKind::kRepeat, 15},
                                                             {StepKind::kTransactWrite, 180},
                                                             {StepKind::kTransactEnd, 130},
                                                             {StepKind::kSync, 200},
                                                             {StepKind::kRead, 40},
                                                             {StepKind::kRoll, 20},
                                                             {StepKind::kDeleteRecords, 10},
                                                             {StepKind::kCheckpoint, 25},
                                                             {StepKind::kFlushDue, 25},
                                                             {StepKind::kCompact, 30},
                                                             {StepKind::kExpireTime, 6},
                                                             {StepKind::kFault, 12},
                                                             {StepKind::kKill, 6},
                                                             {StepKind::kPowerLoss, 8},
                                                             {StepKind::kRestart, 5}}};

}  // namespace

std::string_view step_name(StepKind kind) {
  switch (kind) {
    case StepKind::kProduce:
      return "produce";
    case StepKind::kRepeat:
      return "repeat";
    case StepKind::kTransactWrite:
      return "transactional write";
    case StepKind::kTransactEnd:
      return "end of transaction";
    case StepKind::kSync:
      return "sync";
    case StepKind::kRead:
      return "read";
    case StepKind::kRoll:
      return "roll";
    case StepKind::kDeleteRecords:
      return "delete records";
    case StepKind::kCheckpoint:
      return "checkpoint";
    case StepKind::kFlushDue:
      return "flush what is due";
    case StepKind::kCompact:
      return "compact";
    case StepKind::kExpireTime:
      return "time passes";
    case StepKind::kFault:
      return "fault";
    case StepKind::kKill:
      return "kill";
    case StepKind::kPowerLoss:
      return "power loss";
    case StepKind::kRestart:
      return "clean restart";
  }
  return "?";
}

std::vector<Step> make_steps(std::uint64_t seed, std::size_t count) {
  const auto random = seeded_random(seed);
  int total = 0;
  for (const auto& [kind, weight] : kWeights) total += weight;
  std::vector<Step> steps;
  steps.reserve(count);
  while (steps.size() < count) {
    auto left = static_cast<int>(random->below(static_cast<std::uint64_t>(total)));
    for (const auto& [kind, weight] : kWeights) {
      left -= weight;
      if (left >= 0) continue;
      steps.push_back({kind, random->next()});
      break;
    }
  }
  return steps;
}

}  // namespace barnabas::simulation
