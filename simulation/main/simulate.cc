// simulate [--seed N] [--hours H | --minutes M | --rounds R] [--steps S]: see README.md.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/logging.h"
#include "common/text.h"
#include "simulation/rounds.h"

namespace {

using namespace barnabas;              // NOLINT: one short program
using namespace barnabas::simulation;  // NOLINT

struct Arguments {
  std::uint64_t seed = 1;
  std::int64_t virtual_ms = 0;  // 0: as many rounds as asked for
  std::uint64_t rounds = 20;
  std::uint64_t steps = 800;
};

[[noreturn]] void usage() {
  std::fputs(
      "simulate [--seed N] [--hours H | --minutes M | --rounds R] [--steps S]\n"
      "\n"
      "  --seed N      of the first round, later ones count up from it (1)\n"
      "  --hours H     rounds until so many hours of virtual time have passed\n"
      "  --minutes M   the same in minutes\n"
      "  --rounds R    so many worlds (20)\n"
      "  --steps S     steps of each (800)\n",
      stderr);
  std::exit(2);
}

Arguments parse(int count, char** words) {
  Arguments arguments;
  for (int i = 1; i < count; i += 2) {
    const std::string_view name = words[i];
    const auto value = i + 1 < count ? parse_number<std::uint64_t>(words[i + 1]) : std::nullopt;
    if (!value) usage();
    if (name == "--seed")
      arguments.seed = *value;
    else if (name == "--hours")
      arguments.virtual_ms = static_cast<std::int64_t>(*value) * 3'600'000;
    else if (name == "--minutes")
      arguments.virtual_ms = static_cast<std::int64_t>(*value) * 60'000;
    else if (name == "--rounds")
      arguments.rounds = *value;
    else if (name == "--steps")
      arguments.steps = *value;
    else
      usage();
  }
  return arguments;
}

int report(Failure failure, std::size_t steps) {
  std::printf("seed %llu: %s: %s, after %zu steps\n", static_cast<unsigned long long>(failure.seed),
              failure.violation.invariant.c_str(), failure.violation.what.c_str(), failure.steps.size());
  std::fflush(stdout);
  failure = shrink(std::move(failure), 400);
  std::printf("shrunk to %zu steps: %s\n", failure.steps.size(), failure.violation.what.c_str());
  for (const Step& step : failure.steps)
    std::printf("  %s %llx\n", std::string(step_name(step.kind)).c_str(),
                static_cast<unsigned long long>(step.seed));
  std::printf("again: ./dev simulate --seed %llu --rounds 1 --steps %zu\n",
              static_cast<unsigned long long>(failure.seed), steps);
  return 1;
}

}  // namespace

int main(int count, char** words) {
  const Arguments arguments = parse(count, words);
  set_log_level(LogLevel::kOff);
  World::Counts all;
  std::int64_t virtual_ms = 0;
  std::uint64_t round = 0;
  for (; arguments.virtual_ms > 0 ? virtual_ms < arguments.virtual_ms : round < arguments.rounds; ++round) {
    auto done = run_round(arguments.seed + round, arguments.steps);
    virtual_ms += done.virtual_ms;
    all.batches += done.counts.batches;
    all.transactions += done.counts.transactions;
    all.crashes += done.counts.crashes;
    all.cleanings += done.counts.cleanings;
    if (done.failure) return report(std::move(*done.failure), arguments.steps);
  }
  std::printf(
      "%llu rounds from seed %llu, %.1f virtual hours: %llu batches, %llu transactions, %llu crashes, "
      "%llu cleanings; every invariant held\n",
      static_cast<unsigned long long>(round), static_cast<unsigned long long>(arguments.seed),
      static_cast<double>(virtual_ms) / 3.6e6, static_cast<unsigned long long>(all.batches),
      static_cast<unsigned long long>(all.transactions), static_cast<unsigned long long>(all.crashes),
      static_cast<unsigned long long>(all.cleanings));
  return 0;
}
