#include "network/options.h"

namespace barnabas::network {

namespace {

using enum OptionType;
using enum OptionUpdate;
using enum OptionUse;

constexpr Option kOptions[] = {
    {"advertised.listeners", kList, std::nullopt, filled_list_of(""), kReadOnly, kActs,
     "Addresses that clients are told to connect to; the listeners themselves when not set."},
    {"barnabas.frame.timeout.ms", kLong, "0", at_least(0), kReadOnly, kActs,
     "Longest time from a request's first byte to its last; 0 leaves it to connections.max.idle.ms."},
    {"barnabas.request.memory.bytes", kLong, "536870912", at_least(1048576), kReadOnly, kActs,
     "Bytes of requests in work before no more are read, when queued.max.request.bytes sets no limit."},
    {"barnabas.tcp.congestion", kString, "", any_value(), kReadOnly, kActs,
     "TCP congestion control of clients (cubic, reno, bbr); empty: the system's, but reno for bbr on one "
     "machine."},
    {"connection.failed.authentication.delay.ms", kInt, "100", at_least(0), kReadOnly, kAccepted,
     "Wait before a connection that failed to authenticate is closed."},
    {"connections.max.idle.ms", kLong, "600000", any_value(), kReadOnly, kActs,
     "Idle connections are closed after this time."},
    {"connections.max.reauth.ms", kLong, "0", any_value(), kReadOnly, kAccepted,
     "Longest life of a SASL session before the client must authenticate again; 0 for no limit."},
    {"controller.listener.names", kList, std::nullopt, filled_list_of(""), kReadOnly, kActs,
     "Names of the listeners that belong to the controller."},
    {"controller.socket.timeout.ms", kInt, "30000", any_value(), kReadOnly, kAccepted,
     "Socket timeout of connections from a broker to the controller."},
    {"early.start.listeners", kList, std::nullopt, list_of(""), kReadOnly, kAccepted,
     "Listeners that answer before the authorizer has loaded its state."},
    {"inter.broker.listener.name", kString, std::nullopt, any_value(), kReadOnly, kActs,
     "Listener that brokers use among themselves; with it security.inter.broker.protocol must not be set."},
    {"listener.security.protocol.map", kString,
     "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT", any_value(), kPerBroker,
     kActs, "Security protocol of each listener name, as NAME:PROTOCOL."},
    {"listeners", kList, "PLAINTEXT://:9092", filled_list_of(""), kPerBroker, kActs,
     "Addresses to listen on, as NAME://host:port; an empty host is every address."},
    {"max.connection.creation.rate", kInt, "2147483647", at_least(0), kClusterWide, kActs,
     "New connections per second that the broker accepts."},
    {"max.connections", kInt, "2147483647", at_least(0), kClusterWide, kActs,
     "Most connections of this broker, over all listeners."},
    {"max.connections.per.ip", kInt, "2147483647", at_least(0), kClusterWide, kActs,
     "Most connections from one address."},
    {"max.connections.per.ip.overrides", kString, "", any_value(), kClusterWide, kActs,
     "Other limits for single addresses or host names, as host:limit."},
    {"num.io.threads", kInt, "8", at_least(1), kClusterWide, kAccepted,
     "Threads that handle requests in Kafka; Barnabas handles them on the network threads."},
    {"num.network.threads", kInt, "3", at_least(1), kClusterWide, kActs,
     "Network threads; when not set, one for each core."},
    {"queued.max.request.bytes", kLong, "-1", any_value(), kReadOnly, kActs,
     "Most bytes of requests in work before no more are read; -1 for no limit of its own."},
    {"queued.max.requests", kInt, "500", at_least(1), kReadOnly, kAccepted,
     "Requests that Kafka queues before it stops reading; Barnabas has no such queue."},
    {"security.inter.broker.protocol", kString, "PLAINTEXT",
     one_of("PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"), kReadOnly, kActs,
     "Security protocol between brokers; names their listener when inter.broker.listener.name is not set."},
    {"socket.connection.setup.timeout.max.ms", kLong, "30000", any_value(), kReadOnly, kAccepted,
     "Longest time for setting up a connection to another node."},
    {"socket.connection.setup.timeout.ms", kLong, "10000", any_value(), kReadOnly, kAccepted,
     "First time limit for setting up a connection to another node."},
    {"socket.listen.backlog.size", kInt, "50", at_least(1), kReadOnly, kActs,
     "Connections that wait to be accepted."},
    {"socket.receive.buffer.bytes", kInt, "102400", any_value(), kReadOnly, kActs,
     "Receive buffer of client sockets; -1 leaves it to the system."},
    {"socket.request.max.bytes", kInt, "104857600", at_least(1), kReadOnly, kActs,
     "Largest request that is read."},
    {"socket.send.buffer.bytes", kInt, "102400", any_value(), kReadOnly, kActs,
     "Send buffer of client sockets; -1 leaves it to the system."},
};

}  // namespace

OptionTable options() {
  return kOptions;
}

}  // namespace barnabas::network
