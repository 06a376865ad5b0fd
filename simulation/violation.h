// An invariant that did not hold.
#pragma once

#include <optional>
#include <string>

namespace barnabas::simulation {

struct Violation {
  std::string invariant;  // its name; README.md says what it means
  std::string what;       // what was found, and what should have been
};

using Verdict = std::optional<Violation>;  // none: all is well

}  // namespace barnabas::simulation
