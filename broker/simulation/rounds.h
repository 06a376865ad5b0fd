// Worlds one after the other, and what is left of one that failed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/simulation/transaction_world.h"

namespace barnabas::broker::simulation {

struct Failure {
  std::uint64_t seed = 0;
  Violation violation;
  std::vector<WorldStep> steps;  // the last one met it, or what came after them
};
struct RoundReport {
  std::size_t committed = 0, aborted = 0, crashes = 0;
  std::int64_t virtual_ms = 0;
  std::optional<Failure> failure = std::nullopt;
};

// The world of `seed`, for so many steps; a failure with as few of them as 200 further worlds could find.
RoundReport run_round(std::uint64_t seed, std::size_t steps);
// Seed, invariant and steps, a line each.
std::string describe(const Failure& failure);

}  // namespace barnabas::broker::simulation
