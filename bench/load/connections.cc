#include <unistd.h>

#include <cstdio>
#include <stdexcept>
#include <vector>

#include "bench/load/client.h"
#include "bench/load/histogram.h"
#include "bench/load/raw_requests.h"
#include "bench/load/runs.h"
#include "common/text.h"

namespace barnabas::bench {

void run_connections(const Arguments& arguments) {
  const auto port = static_cast<std::uint16_t>(arguments.number("port"));
  const auto count = static_cast<std::size_t>(arguments.number("count"));
  std::vector<Socket> sockets(count);
  const double before = now_seconds();
  for (std::size_t i = 0; i < count; ++i) {
    if (!sockets[i].connect(port)) throw std::runtime_error(concat("connection ", i, " was refused"));
  }
  const double connected = now_seconds();
  // All ask before the first answer is read, so that the broker meets them together.
  const Buffer question = api_versions_request(1);
  Histogram answers;
  const std::int64_t rounds = arguments.number("rounds", 5);
  for (std::int64_t round = 0; round < rounds; ++round) {
    const double asked = now_seconds();
    for (std::size_t i = 0; i < count; ++i) {
      if (!sockets[i].send(question)) throw std::runtime_error(concat("connection ", i, " is gone"));
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (!sockets[i].receive()) throw std::runtime_error(concat("connection ", i, " got no answer"));
      answers.add(static_cast<std::int64_t>((now_seconds() - asked) * 1e9));
    }
  }
  Figures figures;
  figures.set("connections", static_cast<double>(count));
  figures.set("connect_seconds", connected - before);
  figures.set("requests", static_cast<double>(answers.count()));
  figures.set("seconds", now_seconds() - connected);
  figures.set("p50_us", static_cast<double>(answers.percentile(50)) / 1e3);
  figures.set("p99_us", static_cast<double>(answers.percentile(99)) / 1e3);
  figures.print();
  // Whoever started this measures the broker now, and closes our input when that is done.
  char letter;
  while (read(STDIN_FILENO, &letter, 1) > 0) {
  }
}

}  // namespace barnabas::bench
