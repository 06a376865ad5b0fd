// Worlds one after the other, and what is left of one that failed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "simulation/steps.h"
#include "simulation/violation.h"
#include "simulation/world.h"

namespace barnabas::simulation {

struct Failure {
  std::uint64_t seed = 0;
  Violation violation;
  std::vector<Step> steps;  // the last one met it, or the start after them
};

struct RoundReport {
  World::Counts counts;
  std::int64_t virtual_ms = 0;
  std::optional<Failure> failure;
};

// The world of `seed`, for so many steps.
RoundReport run_round(std::uint64_t seed, std::size_t steps);
// Leaves steps out, ever smaller runs of them, as long as the same invariant is violated. `runs`: worlds
// tried at most.
Failure shrink(Failure failure, int runs);

}  // namespace barnabas::simulation
