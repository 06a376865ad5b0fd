#include "apps/network_settings.h"

#include <map>

#include "common/text.h"

namespace barnabas::apps {
namespace {

// Kafka's buffer defaults switch the system's own tuning off, which costs throughput; they count only when
// somebody asks for them.
int buffer_bytes(const broker::ConfigLayers& layers, std::string_view key) {
  return layers.is_set(key) ? static_cast<int>(layers.integer(key)) : -1;
}

std::string text_or_empty(const broker::ConfigLayers& layers, std::string_view key) {
  const auto value = layers.find(key);
  return value ? std::get<std::string>(*value) : std::string();
}

// listener.name.NAME.max.connections, by the listener's name.
std::map<std::string, std::int64_t, std::less<>> limits_of_listeners(const broker::ConfigLayers& layers) {
  constexpr std::string_view kPrefix = "listener.name.";
  constexpr std::string_view kSuffix = ".max.connections";
  std::map<std::string, std::int64_t, std::less<>> limits;
  for (const broker::ConfigTexts* texts : {&layers.fixed(), &layers.cluster(), &layers.own()}) {
    for (const auto& [key, value] : *texts) {
      if (!key.starts_with(kPrefix) || without_listener_prefix(key) != kSuffix.substr(1)) continue;
      std::string name = key.substr(kPrefix.size(), key.size() - kPrefix.size() - kSuffix.size());
      for (char& c : name) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
      }
      limits[name] = layers.integer(key);
    }
  }
  return limits;
}

}  // namespace

network::IoThreads::Options io_thread_options(const broker::ConfigLayers& layers) {
  network::IoThreads::Options options;
  // A request stays on its thread, so more threads than processors only cost.
  if (layers.is_set("num.network.threads")) {
    options.threads = static_cast<std::size_t>(layers.integer("num.network.threads"));
  }
  options.name = "data-plane";
  return options;
}

network::ConnectionLimits::Limits connection_limits(const broker::ConfigLayers& layers) {
  network::ConnectionLimits::Limits limits;
  limits.in_all = layers.integer("max.connections");
  limits.per_address = layers.integer("max.connections.per.ip");
  for (const auto& entry : split(layers.text("max.connections.per.ip.overrides"), ',')) {
    const auto colon = entry.rfind(':');
    if (colon == std::string::npos) continue;
    if (const auto count = parse_number<std::int64_t>(trim(std::string_view(entry).substr(colon + 1)))) {
      limits.per_address_overrides[std::string(trim(std::string_view(entry).substr(0, colon)))] = *count;
    }
  }
  limits.per_listener = limits_of_listeners(layers);
  // Kafka's default stands for no limit; a bucket that size would only cost.
  constexpr std::int64_t kNoRate = 2'147'483'647;
  const std::int64_t rate = layers.integer("max.connection.creation.rate");
  if (rate != kNoRate) limits.creations_per_second = static_cast<double>(rate);
  return limits;
}

network::ListenerOptions listener_options(const broker::ConfigLayers& layers,
                                          const broker::ListenerEndpoint& endpoint) {
  network::ListenerOptions options;
  options.name = endpoint.name;
  options.host = endpoint.host;
  options.port = endpoint.port;
  options.backlog = static_cast<int>(layers.integer("socket.listen.backlog.size"));
  options.send_buffer_bytes = buffer_bytes(layers, "socket.send.buffer.bytes");
  options.receive_buffer_bytes = buffer_bytes(layers, "socket.receive.buffer.bytes");
  options.congestion_control = layers.text("barnabas.tcp.congestion");
  options.max_frame_bytes = static_cast<std::int32_t>(layers.integer("socket.request.max.bytes"));
  options.idle_timeout_ms = layers.integer("connections.max.idle.ms");
  options.frame_timeout_ms = layers.integer("barnabas.frame.timeout.ms");
  return options;
}

std::int64_t request_memory_bytes(const broker::ConfigLayers& layers) {
  const std::int64_t kafka = layers.integer("queued.max.request.bytes");
  return kafka > 0 ? kafka : layers.integer("barnabas.request.memory.bytes");
}

admin::ServerOptions admin_options(const broker::ConfigLayers& layers) {
  admin::ServerOptions options;
  options.listeners = layers.list("admin.listeners");
  options.token = text_or_empty(layers, "admin.token");
  options.allowed_hosts = layers.list("admin.allowed.hosts");
  return options;
}

std::int64_t node_id(const broker::ConfigLayers& layers) {
  const auto node = layers.find("node.id");
  return node ? std::get<std::int64_t>(*node) : layers.integer("broker.id");
}

std::string wanted_cluster_id(const broker::ConfigLayers& layers) {
  return text_or_empty(layers, "barnabas.cluster.id");
}

}  // namespace barnabas::apps
