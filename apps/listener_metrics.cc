#include "apps/listener_metrics.h"

#include <string>

#include "common/text.h"
#include "network/io_threads.h"
#include "network/listener.h"

namespace barnabas::apps {

ListenerMetrics::ListenerMetrics(MetricsRegistry& registry,
                                 const std::vector<std::unique_ptr<network::Listener>>& listeners,
                                 const network::IoThreads& threads, const Clock& clock)
    : listeners_(listeners),
      io_threads_(threads.size()),
      idle_(clock, io_threads_,
            [&threads] {
              double seconds = 0;
              for (std::size_t index = 0; index < threads.size(); ++index)
                seconds += threads.cpu_seconds(index);
              return seconds;
            }),
      registration_(registry.collect([this](MetricsWriter& writer) { write(writer); })) {}

void ListenerMetrics::write(MetricsWriter& writer) {
  const double idle = idle_.measure();
  writer.gauge("kafka_network_socketserver_networkprocessoravgidle_percent",
               "Share of the I/O threads' time without work, 0 to 1.", {}, idle);
  writer.gauge("kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent",
               "The same: requests are handled on the I/O threads.", {}, idle);
  for (const auto& listener : listeners_) {
    for (std::size_t thread = 0; thread < io_threads_; ++thread) {
      writer.gauge("kafka_server_socket_server_metrics_connection_count", "Open connections.",
                   {{"listener", listener->name()}, {"networkProcessor", std::to_string(thread)}},
                   static_cast<double>(listener->connections_on(thread)));
    }
    const network::ListenerCounters counters = listener->counters();
    const auto counter = [&](std::string_view name, std::string_view help, std::int64_t value) {
      writer.counter(concat("kafka_server_socket_server_metrics_", name, "_total"), help,
                     {{"listener", listener->name()}}, static_cast<double>(value));
    };
    counter("connection_creation", "Connections accepted.", counters.accepted);
    counter("connection_refused", "Connections beyond a limit.", counters.refused);
    counter("expired_connections_killed", "Connections closed by a time-out.", counters.closed_idle);
    counter("request", "Requests read.", counters.frames_in);
    counter("response", "Responses written.", counters.frames_out);
    counter("incoming_byte", "Bytes read.", counters.bytes_in);
    counter("outgoing_byte", "Bytes written.", counters.bytes_out);
  }
}

}  // namespace barnabas::apps
