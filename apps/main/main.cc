// The program: reads the command line, runs a server until a signal ends it.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "apps/command_line.h"
#include "apps/server.h"
#include "apps/server_config.h"
#include "broker/options/all_options.h"
#include "broker/options/configuration_page.h"
#include "common/logging.h"

namespace {

using namespace barnabas;  // NOLINT: the program is the one user of everything

const Logger logger("kafka.server.KafkaRaftServer");
constexpr int kBadUsage = 2;

// Signals are taken by sigwait on the main thread and blocked everywhere else, so no handler runs in the
// middle of anything.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

int wait_for_signal(const sigset_t& signals) {
  int number = 0;
  sigwait(&signals, &number);
  return number;
}

// A second signal does not wait for the clean stop.
void exit_on_next_signal(const sigset_t& signals) {
  std::thread([signals] {
    wait_for_signal(signals);
    logger.warn("Second signal: stopping at once, without a clean shutdown");
    std::_Exit(EXIT_FAILURE);
  }).detach();
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

int run_server(const apps::CommandLine& line) {
  const SystemClock clock;
  const std::int64_t began_ns = clock.monotonic_ns();
  auto config = apps::read_server_config(line, broker::all_options());
  if (!config) {
    logger.fatal("Exiting Kafka due to fatal exception: ", config.error());
    return EXIT_FAILURE;
  }
  for (const auto& warning : config->warnings) logger.warn(warning);
  const sigset_t signals = block_signals();
  apps::Server server(std::move(config->texts));
  if (const auto started = server.start(); !started) {
    logger.fatal("Exiting Kafka due to fatal exception: ", started.error());
    return EXIT_FAILURE;
  }
  logger.info("Kafka Server started: cluster ", server.cluster_id(), ", ready on ",
              joined(server.addresses()), " after ", (clock.monotonic_ns() - began_ns) / 1'000'000, " ms");
  wait_for_signal(signals);
  logger.info("Terminating: clean shutdown begins");
  exit_on_next_signal(signals);
  server.stop();
  logger.info("Kafka Server stopped");
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  const auto line = apps::parse_command_line({argv + 1, static_cast<std::size_t>(argc - 1)});
  if (!line) {
    std::fprintf(stderr, "barnabas: %s\n%s", line.error().c_str(), std::string(apps::usage()).c_str());
    return kBadUsage;
  }
  switch (line->command) {
    case apps::Command::kServer:
      return run_server(*line);
    case apps::Command::kVersion:
      std::printf("barnabas %s\n", BARNABAS_VERSION);
      return EXIT_SUCCESS;
    case apps::Command::kPrintConfiguration:
      std::fputs(broker::configuration_page(broker::all_options()).c_str(), stdout);
      return EXIT_SUCCESS;
    case apps::Command::kHelp:
      std::fputs(std::string(apps::usage()).c_str(), stdout);
      return EXIT_SUCCESS;
  }
}
