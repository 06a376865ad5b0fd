// The load program of ./dev bench: barnabas_bench RUN --name value ... [-- command]
#include <cstdio>
#include <exception>
#include <map>
#include <string>

#include "bench/load/runs.h"

int main(int argc, char** argv) {
  using namespace barnabas::bench;
  const std::map<std::string, void (*)(const Arguments&)> runs = {{"produce", run_produce},
                                                                  {"consume", run_consume},
                                                                  {"latency", run_latency},
                                                                  {"topics", run_topics},
                                                                  {"connections", run_connections},
                                                                  {"startup", run_startup},
                                                                  {"transactions", run_transactions},
                                                                  {"raw-transactions", run_raw_transactions},
                                                                  {"groups", run_groups}};
  const auto run = runs.find(argc > 1 ? argv[1] : "");
  if (run == runs.end()) {
    std::fprintf(stderr,
                 "usage: barnabas_bench "
                 "produce|consume|latency|topics|connections|startup|transactions|raw-transactions|groups"
                 " --name value...\n");
    return 2;
  }
  try {
    run->second(Arguments(argc, argv, 2));
    return 0;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "barnabas_bench %s: %s\n", argv[1], failure.what());
    return 1;
  }
}
