#include "apps/server.h"

#include <unistd.h>

#include "admin/api.h"
#include "apps/admin_backend.h"
#include "apps/network_settings.h"
#include "broker/options/all_options.h"
#include "common/logging.h"
#include "common/text.h"
#include "storage/posix_file_system.h"

namespace barnabas::apps {
namespace {

constexpr std::chrono::milliseconds kGraceForRequests{2000};

std::string host_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "localhost";
  return name;
}

std::string address_text(const broker::ListenerEndpoint& endpoint) {
  return concat(endpoint.name, "://", endpoint.host, ":", endpoint.port);
}

}  // namespace

Server::Server(broker::ConfigTexts fixed)
    : random_(system_random()),
      files_(storage::posix_file_system()),
      options_(broker::all_options()),
      metrics_(clock_),
      configs_(options_, std::move(fixed)) {}

Server::~Server() {
  stop();
}

Result<void, std::string> Server::start() {
  const auto layers = configs_.layers();
  auto endpoints = broker::parse_listeners(*layers);
  if (!endpoints) return unexpected(std::move(endpoints.error()));
  endpoints_ = std::move(*endpoints);

  threads_ = std::make_unique<network::IoThreads>(io_thread_options(*layers));
  resources_.threads = threads_.get();
  resources_.clock = &clock_;
  resources_.limits = std::make_shared<network::ConnectionLimits>(connection_limits(*layers));
  configs_.observe(
      [limits = resources_.limits](const broker::ConfigLayers&, const broker::ConfigLayers& now) {
        limits->set(connection_limits(now));
      });
  resources_.budget = std::make_shared<network::MemoryBudget>(request_memory_bytes(*layers));
  // Bound before anything else, so that a second broker on the same port fails before it touches the data.
  if (auto opened = open_listeners(); !opened) return opened;

  broker::BrokerIdentity identity;
  identity.node_id = static_cast<std::int32_t>(node_id(*layers));
  identity.cluster_id = wanted_cluster_id(*layers);
  identity.host_name = host_name();
  broker_ = std::make_unique<broker::Broker>(
      broker::BrokerEnvironment{*files_, clock_, *random_, *threads_, metrics_}, configs_,
      std::move(identity), endpoints_);
  if (auto started = broker_->start(); !started) return started;
  broker_frames_.serve(broker_->dispatcher());
  controller_frames_.serve(broker_->controller_dispatcher());
  listener_metrics_ = std::make_unique<ListenerMetrics>(metrics_, listeners_, *threads_, clock_);
  for (const auto& listener : listeners_) listener->start();
  return start_admin();
}

Result<void, std::string> Server::open_listeners() {
  for (auto& endpoint : endpoints_.broker) {
    const std::uint16_t asked = endpoint.port;
    if (auto opened = open_listener(endpoint, broker_frames_); !opened) return opened;
    for (auto& advertised : endpoints_.advertised) {
      if (advertised.name == endpoint.name && advertised.port == asked && asked == 0)
        advertised.port = endpoint.port;
    }
  }
  for (auto& endpoint : endpoints_.controller) {
    if (auto opened = open_listener(endpoint, controller_frames_); !opened) return opened;
  }
  return {};
}

Result<void, std::string> Server::open_listener(broker::ListenerEndpoint& endpoint,
                                                broker::KafkaFrames& frames) {
  if (endpoint.protocol != "PLAINTEXT") {
    return unexpected(concat("Listener ", endpoint.name, " wants ", endpoint.protocol,
                             ", but this version serves PLAINTEXT listeners only"));
  }
  auto listener = network::Listener::open(listener_options(*configs_.layers(), endpoint), resources_, frames);
  if (!listener) return unexpected(std::move(listener.error()));
  endpoint.port = (*listener)->port();
  listeners_.push_back(std::move(*listener));
  return {};
}

Result<void, std::string> Server::start_admin() {
  admin::ServerOptions options = admin_options(*configs_.layers());
  if (options.listeners.empty()) return {};
  backend_ = make_admin_backend(*broker_);
  router_ = std::make_unique<admin::Router>(admin::make_api(*backend_));
  auto started = admin::Server::start(std::move(options), *router_);
  if (!started) return unexpected(std::move(started.error()));
  admin_ = std::move(*started);
  return {};
}

std::vector<std::string> Server::addresses() const {
  std::vector<std::string> addresses;
  for (const auto& endpoint : endpoints_.broker) addresses.push_back(address_text(endpoint));
  for (const auto& endpoint : endpoints_.controller) addresses.push_back(address_text(endpoint));
  if (admin_) {
    const auto configured = configs_.layers()->list("admin.listeners");
    for (std::size_t i = 0; i < admin_->ports().size(); ++i) {
      const std::string& text = configured.at(i);
      addresses.push_back(concat(text.substr(0, text.rfind(':') + 1), admin_->ports()[i]));
    }
  }
  return addresses;
}

void Server::stop() {
  if (std::exchange(stopped_, true)) return;
  if (admin_) admin_->stop();
  listener_metrics_.reset();
  for (const auto& listener : listeners_) listener->stop_accepting();
  for (const auto& listener : listeners_) listener->stop(kGraceForRequests);
  if (broker_) broker_->stop();
  // No callback runs any more once the threads are gone; only then may what they refer to go.
  if (threads_) threads_->stop();
  listeners_.clear();
}

}  // namespace barnabas::apps
