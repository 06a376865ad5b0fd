// simulate_transactions [--seed N] [--hours H | --minutes M | --rounds R] [--steps S]: see ../README.md.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "broker/simulation/rounds.h"
#include "common/logging.h"
#include "common/text.h"

namespace {

using namespace barnabas;                      // NOLINT: one short program
using namespace barnabas::broker::simulation;  // NOLINT

struct Arguments {
  std::uint64_t seed = 1;
  std::int64_t virtual_ms = 0;  // 0: as many rounds as asked for
  std::uint64_t rounds = 20;
  std::uint64_t steps = 800;
};

Arguments parse(int count, char** words) {
  Arguments arguments;
  for (int i = 1; i < count; i += 2) {
    const std::string_view name = words[i];
    const auto value = i + 1 < count ? parse_number<std::uint64_t>(words[i + 1]) : std::nullopt;
    if (value && name == "--seed") {
      arguments.seed = *value;
    } else if (value && name == "--hours") {
      arguments.virtual_ms = static_cast<std::int64_t>(*value) * 3'600'000;
    } else if (value && name == "--minutes") {
      arguments.virtual_ms = static_cast<std::int64_t>(*value) * 60'000;
    } else if (value && name == "--rounds") {
      arguments.rounds = *value;
    } else if (value && name == "--steps") {
      arguments.steps = *value;
    } else {
      std::fputs("simulate_transactions [--seed N] [--hours H | --minutes M | --rounds R] [--steps S]\n",
                 stderr);
      std::exit(2);
    }
  }
  return arguments;
}

}  // namespace

int main(int count, char** words) {
  const Arguments arguments = parse(count, words);
  set_log_level(LogLevel::kOff);
  std::int64_t virtual_ms = 0;
  std::size_t committed = 0, aborted = 0, crashes = 0;
  std::uint64_t round = 0;
  for (; arguments.virtual_ms > 0 ? virtual_ms < arguments.virtual_ms : round < arguments.rounds; ++round) {
    const auto done = run_round(arguments.seed + round, arguments.steps);
    virtual_ms += done.virtual_ms;
    committed += done.committed;
    aborted += done.aborted;
    crashes += done.crashes;
    if (!done.failure) continue;
    std::fputs(describe(*done.failure).c_str(), stdout);
    std::printf("again: simulate_transactions --seed %llu --rounds 1 --steps %llu\n",
                static_cast<unsigned long long>(done.failure->seed),
                static_cast<unsigned long long>(arguments.steps));
    return 1;
  }
  std::printf(
      "%llu rounds of transactions from seed %llu, %.1f virtual hours: %zu committed, %zu aborted, %zu "
      "starts; "
      "every invariant held\n",
      static_cast<unsigned long long>(round), static_cast<unsigned long long>(arguments.seed),
      static_cast<double>(virtual_ms) / 3.6e6, committed, aborted, crashes);
  return 0;
}
