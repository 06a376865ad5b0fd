#include "simulation/rounds.h"

#include <algorithm>

namespace barnabas::simulation {
namespace {

RoundReport run_steps(std::uint64_t seed, std::vector<Step> steps) {
  RoundReport report;
  World world(seed);
  auto verdict = world.run(steps);
  report.counts = world.counts();
  report.virtual_ms = world.passed_ms();
  if (!verdict) return report;
  steps.resize(std::min(steps.size(), world.steps_done()));
  report.failure = Failure{seed, std::move(*verdict), std::move(steps)};
  return report;
}

}  // namespace

RoundReport run_round(std::uint64_t seed, std::size_t steps) {
  return run_steps(seed, make_steps(seed, steps));
}

Failure shrink(Failure failure, int runs) {
  for (std::size_t size = failure.steps.size() / 2; size > 0; size /= 2) {
    for (std::size_t from = 0; from < failure.steps.size();) {
      if (runs-- <= 0) return failure;
      std::vector<Step> fewer(failure.steps.begin(),
                              failure.steps.begin() + static_cast<std::ptrdiff_t>(from));
      const std::size_t behind = std::min(from + size, failure.steps.size());
      fewer.insert(fewer.end(), failure.steps.begin() + static_cast<std::ptrdiff_t>(behind),
                   failure.steps.end());
      auto report = run_steps(failure.seed, std::move(fewer));
      const bool same = report.failure && report.failure->violation.invariant == failure.violation.invariant;
      if (same)
        failure = std::move(*report.failure);
      else
        from += size;
    }
  }
  return failure;
}

}  // namespace barnabas::simulation
