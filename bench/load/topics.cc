#include "bench/load/client.h"
#include "bench/load/runs.h"
#include "common/text.h"

namespace barnabas::bench {

void run_topics(const Arguments& arguments) {
  const auto client = make_client(RD_KAFKA_PRODUCER, arguments, {});
  std::vector<std::string> names;
  for (std::int64_t i = arguments.number("topics", 0); i > 0; --i) names.push_back(concat("many-", i));
  for (const std::string& name : arguments.all("create")) names.push_back(name);
  const double before = now_seconds();
  // One request a topic, as tools do it.
  for (const std::string& name : names) {
    create_topics(client.get(), {name}, static_cast<int>(arguments.number("partitions", 1)),
                  arguments.pairs("config"));
  }
  if (const auto gone = arguments.all("delete"); !gone.empty()) delete_topics(client.get(), gone);
  for (const std::string& name : arguments.all("change"))
    change_topic(client.get(), name, arguments.pairs("config"));
  Figures figures;
  figures.set("seconds", now_seconds() - before);
  figures.print();
}

}  // namespace barnabas::bench
