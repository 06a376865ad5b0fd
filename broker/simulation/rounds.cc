#include "broker/simulation/rounds.h"

#include <algorithm>

#include "common/text.h"

namespace barnabas::broker::simulation {
namespace {

constexpr int kShrinkingRuns = 200;

RoundReport run_steps(std::uint64_t seed, std::vector<WorldStep> steps) {
  RoundReport report;
  TransactionWorld world(seed);
  auto verdict = world.run(steps);
  report.committed = world.history().committed();
  report.aborted = world.history().aborted();
  report.crashes = world.crashes();
  report.virtual_ms = world.passed_ms();
  if (!verdict) return report;
  steps.resize(std::min(steps.size(), world.steps_done()));
  report.failure = Failure{seed, std::move(*verdict), std::move(steps)};
  return report;
}

// Leaves steps out, ever smaller runs of them, as long as the same invariant is violated.
Failure shrink(Failure failure, int runs) {
  for (std::size_t size = failure.steps.size() / 2; size > 0; size /= 2) {
    for (std::size_t from = 0; from < failure.steps.size();) {
      if (runs-- <= 0) return failure;
      std::vector<WorldStep> fewer = failure.steps;
      const auto begin = fewer.begin() + static_cast<std::ptrdiff_t>(from);
      fewer.erase(begin, begin + static_cast<std::ptrdiff_t>(std::min(size, fewer.size() - from)));
      auto report = run_steps(failure.seed, std::move(fewer));
      if (report.failure && report.failure->violation.invariant == failure.violation.invariant)
        failure = std::move(*report.failure);
      else
        from += size;
    }
  }
  return failure;
}

}  // namespace

RoundReport run_round(std::uint64_t seed, std::size_t steps) {
  auto report = run_steps(seed, make_world_steps(seed, steps));
  if (report.failure) report.failure = shrink(std::move(*report.failure), kShrinkingRuns);
  return report;
}

std::string describe(const Failure& failure) {
  std::string text = concat("seed ", failure.seed, ": ", failure.violation.invariant, ": ",
                            failure.violation.what, ", after ", failure.steps.size(), " steps\n");
  for (const WorldStep& step : failure.steps)
    text += concat("  ", step_name(step.kind), " ", step.seed, "\n");
  return text;
}

}  // namespace barnabas::broker::simulation
