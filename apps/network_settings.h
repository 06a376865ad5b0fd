// The structs that threads, listeners and the HTTP server are configured with, from the options.
#pragma once

#include <cstdint>
#include <string>

#include "admin/server.h"
#include "broker/configs/config_layers.h"
#include "broker/configs/listeners.h"
#include "network/connection_limits.h"
#include "network/io_threads.h"
#include "network/listener.h"

namespace barnabas::apps {

network::IoThreads::Options io_thread_options(const broker::ConfigLayers& layers);
network::ConnectionLimits::Limits connection_limits(const broker::ConfigLayers& layers);
network::ListenerOptions listener_options(const broker::ConfigLayers& layers,
                                          const broker::ListenerEndpoint& endpoint);
std::int64_t request_memory_bytes(const broker::ConfigLayers& layers);
admin::ServerOptions admin_options(const broker::ConfigLayers& layers);
// node.id, else the older broker.id.
std::int64_t node_id(const broker::ConfigLayers& layers);
// barnabas.cluster.id; empty when none is asked for.
std::string wanted_cluster_id(const broker::ConfigLayers& layers);

}  // namespace barnabas::apps
