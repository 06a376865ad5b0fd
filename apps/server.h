// A running Barnabas server: threads, listeners, broker and HTTP endpoint, put together.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "admin/backend.h"
#include "admin/router.h"
#include "admin/server.h"
#include "apps/listener_metrics.h"
#include "broker/api/kafka_frames.h"
#include "broker/broker.h"
#include "common/options.h"
#include "common/result.h"
#include "network/io_threads.h"
#include "network/listener.h"
#include "storage/file_system.h"

namespace barnabas::apps {

// Made, started and stopped by one thread.
class Server {
 public:
  // `fixed` is the static configuration: server.properties, overrides and the program's own defaults,
  // validated already.
  explicit Server(broker::ConfigTexts fixed);
  ~Server();
  Server(const Server&) = delete;

  // Returns when clients are served. The error is a sentence for the operator.
  Result<void, std::string> start();
  // A clean stop. Idempotent.
  void stop();

  // Where it listens, with the ports that were really bound: "PLAINTEXT://0.0.0.0:9092", "http://...".
  std::vector<std::string> addresses() const;
  const std::string& cluster_id() const { return broker_->identity().cluster_id; }

 private:
  Result<void, std::string> open_listeners();
  Result<void, std::string> start_admin();
  Result<void, std::string> open_listener(broker::ListenerEndpoint& endpoint, broker::KafkaFrames& frames);

  SystemClock clock_;
  std::unique_ptr<Random> random_;
  std::unique_ptr<storage::FileSystem> files_;
  OptionRegistry options_;
  MetricsRegistry metrics_;
  broker::LiveConfigs configs_;
  std::unique_ptr<network::IoThreads> threads_;
  network::NetworkResources resources_;
  broker::ListenerSettings endpoints_;
  broker::KafkaFrames broker_frames_;
  broker::KafkaFrames controller_frames_;
  std::vector<std::unique_ptr<network::Listener>> listeners_;
  std::unique_ptr<ListenerMetrics> listener_metrics_;
  std::unique_ptr<broker::Broker> broker_;
  std::unique_ptr<admin::Backend> backend_;
  std::unique_ptr<admin::Router> router_;
  std::unique_ptr<admin::Server> admin_;
  bool stopped_ = false;
};

}  // namespace barnabas::apps
