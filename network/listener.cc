#include "network/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <future>
#include <thread>

#include "common/logging.h"
#include "network/connection_group.h"
#include "network/pacing.h"
#include "network/socket_address.h"

namespace barnabas::network {
namespace {

const Logger logger("network.Listener");

constexpr int kAcceptsPerTurn = 64;
// A connection beyond the backlog comes back a second later, at the client's first retransmission: Kafka's
// default of 50 is too few for a consumer fleet that comes up on the machine of its broker.
constexpr int kLeastBacklog = 1024;
constexpr std::chrono::milliseconds kPauseWithoutDescriptors(100);
constexpr std::int64_t kLogIntervalNs = 1'000'000'000;

std::atomic<std::uint64_t>& connection_ids() {
  static std::atomic<std::uint64_t> next{1};  // unique in the process, as ConnectionInfo promises
  return next;
}

std::string error_text(int error) {
  return std::strerror(error);
}

void set_option(int socket, int level, int option, int value) {
  ::setsockopt(socket, level, option, &value, sizeof value);
}

// Options are set on the listening socket: accepted ones inherit them without a call each.
Result<int, std::string> open_socket(const ListenerOptions& options, const SocketAddress& address) {
  const int socket = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return unexpected(error_text(errno));
  set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.family() == AF_INET6)
    set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, options.host.empty() ? 0 : 1);
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  if (options.send_buffer_bytes >= 0) set_option(socket, SOL_SOCKET, SO_SNDBUF, options.send_buffer_bytes);
  if (options.receive_buffer_bytes >= 0)
    set_option(socket, SOL_SOCKET, SO_RCVBUF, options.receive_buffer_bytes);
  std::string failed;
  if (!options.congestion_control.empty() &&
      ::setsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, options.congestion_control.data(),
                   static_cast<socklen_t>(options.congestion_control.size())) != 0) {
    failed = concat("congestion control ", options.congestion_control, ": ", error_text(errno));
  } else if (::bind(socket, address.get(), address.size) != 0 ||
             ::listen(socket, std::max(options.backlog, kLeastBacklog)) != 0) {
    failed = error_text(errno);
  }
  if (failed.empty()) return socket;
  ::close(socket);
  return unexpected(failed);
}

std::string_view verdict_text(ConnectionLimits::Verdict verdict) {
  switch (verdict) {
    case ConnectionLimits::Verdict::kAdmitted:
      return "admitted";
    case ConnectionLimits::Verdict::kTooMany:
      return "the broker has as many connections as it may (max.connections)";
    case ConnectionLimits::Verdict::kTooManyOnListener:
      return "the listener has as many connections as it may (max.connections)";
    case ConnectionLimits::Verdict::kTooManyFromAddress:
      return "the address has as many connections as it may (max.connections.per.ip)";
  }
  return "";
}

}  // namespace

// A listening socket on one loop. Lives on the loop's thread; the listener outlives its waits, since
// stop_accepting() closes them.
class Listener::Acceptor final : public Watcher, public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(Listener& listener, std::shared_ptr<EventLoop> loop, int socket)
      : listener_(listener), loop_(std::move(loop)), socket_(socket) {}
  ~Acceptor() override {
    if (socket_ >= 0) ::close(socket_);
  }

  void start() {
    loop_->post([self = shared_from_this()] {
      if (self->closed_) return;
      self->watch_ = std::make_unique<Watch>(*self->loop_, std::exchange(self->socket_, -1));
      self->accept_all();
    });
  }

  void stop() {
    std::promise<void> done;
    const bool posted = loop_->post([this, &done] {
      closed_ = true;
      watch_.reset();
      done.set_value();
    });
    if (posted) {
      done.get_future().wait();
    } else {
      closed_ = true;
      watch_.reset();
    }
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

  void on_readable() override { accept_all(); }
  void on_writable() override {}

 private:
  void accept_all() {
    if (closed_) return;
    for (int turn = 0; turn < kAcceptsPerTurn; ++turn) {
      if (!turn_taken_) {
        const std::int64_t now = listener_.resources_.clock->monotonic_ns();
        const std::int64_t wait_ms = listener_.resources_.limits->delay_before_accept_ms(now);
        if (wait_ms > 0) return accept_later(std::chrono::milliseconds(wait_ms));
        turn_taken_ = true;
      }
      SocketAddress peer;
      const int socket = ::accept4(watch_->fd(), peer.get(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (socket < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
      if (socket < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
      if (socket < 0) {
        logger.error("Accepting on ", listener_.name(), " failed: ", error_text(errno));
        return accept_later(kPauseWithoutDescriptors);
      }
      turn_taken_ = false;
      listener_.admit(socket, peer);
    }
    watch_->wait_readable(shared_from_this());
  }

  void accept_later(std::chrono::milliseconds delay) {
    loop_->after(delay, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->accept_all();
    });
  }

  Listener& listener_;
  const std::shared_ptr<EventLoop> loop_;
  int socket_;  // until start() gives it to the watch
  std::unique_ptr<Watch> watch_;
  bool turn_taken_ = false;  // the creation rate has been asked for the next connection
  bool closed_ = false;
};

Listener::Listener(ListenerOptions options, NetworkResources resources, FrameHandler& handler)
    : options_(std::move(options)), resources_(std::move(resources)) {
  for (std::size_t index = 0; index < resources_.threads->size(); ++index) {
    groups_.push_back(std::make_shared<ConnectionGroup>(options_, resources_, handler,
                                                        resources_.threads->shared_loop(index)));
  }
}

Listener::~Listener() {
  stop(std::chrono::milliseconds(0));
}

Result<std::unique_ptr<Listener>, std::string> Listener::open(ListenerOptions options,
                                                              NetworkResources resources,
                                                              FrameHandler& handler) {
  const std::string where = concat(options.name, "://", options.host, ":", options.port);
  auto addresses = resolve_for_binding(options.host, options.port);
  if (!addresses) return unexpected(concat("Cannot resolve ", where, ": ", addresses.error()));
  std::unique_ptr<Listener> listener(new Listener(std::move(options), std::move(resources), handler));
  std::string last_error = "no address";
  for (SocketAddress& address : *addresses) {
    if (listener->port_ != 0) address.set_port(listener->port_);
    const auto socket = open_socket(listener->options_, address);
    if (!socket) {
      last_error = socket.error();
      continue;
    }
    listener->port_ = local_address_of(*socket).port();
    const std::size_t loop = listener->acceptors_.size() % listener->groups_.size();
    listener->acceptors_.push_back(
        std::make_shared<Acceptor>(*listener, listener->resources_.threads->shared_loop(loop), *socket));
    if (listener->options_.host.empty()) break;  // "::" has taken IPv4 too
  }
  if (listener->acceptors_.empty()) return unexpected(concat("Cannot listen on ", where, ": ", last_error));
  return listener;
}

void Listener::start() {
  for (const auto& acceptor : acceptors_) acceptor->start();
}

void Listener::stop_accepting() {
  for (const auto& acceptor : acceptors_) acceptor->stop();
  acceptors_.clear();
}

void Listener::stop(std::chrono::milliseconds grace) {
  stop_accepting();
  for (const auto& group : groups_) group->drain();
  const auto deadline = std::chrono::steady_clock::now() + grace;
  while (counters().connections > 0 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  for (const auto& group : groups_) group->close_all();
}

void Listener::admit(int socket, const SocketAddress& peer) {
  ConnectionInfo info;
  info.listener = options_.name;
  info.peer_address = peer.host();
  info.peer_port = peer.port();
  const auto verdict = resources_.limits->admit(options_.name, info.peer_address);
  if (verdict != ConnectionLimits::Verdict::kAdmitted) {
    refused_.fetch_add(1, std::memory_order_relaxed);  // before the peer sees it
    ::close(socket);
    return log_refusal(concat(info.peer_address, ":", info.peer_port), verdict_text(verdict));
  }
  Admission admission(resources_.limits, options_.name, info.peer_address);
  const SocketAddress local = local_address_of(socket);
  info.local_address = local.host();
  info.local_port = local.port();
  if (options_.congestion_control.empty() && info.peer_address == info.local_address) stop_pacing(socket);
  info.id = connection_ids().fetch_add(1, std::memory_order_relaxed);
  const std::size_t index = next_group_.fetch_add(1, std::memory_order_relaxed) % groups_.size();
  groups_[index]->adopt(socket, std::move(info), std::move(admission));
}

// One line a second at most: a flood of connections is no flood of lines.
void Listener::log_refusal(std::string_view peer, std::string_view reason) {
  const std::int64_t now = resources_.clock->monotonic_ns();
  std::int64_t last = refusal_logged_at_ns_.load();
  unlogged_refusals_.fetch_add(1);
  if (last != 0 && now - last < kLogIntervalNs) return;
  if (!refusal_logged_at_ns_.compare_exchange_strong(last, now)) return;
  const std::int64_t more = unlogged_refusals_.exchange(0) - 1;
  logger.warn("Refused ", peer, " on ", options_.name, ": ", reason,
              more > 0 ? concat("; ", more, " more since the last such line") : std::string());
}

ListenerCounters Listener::counters() const {
  ListenerCounters sum;
  sum.refused = refused_.load(std::memory_order_relaxed);
  for (const auto& group : groups_) {
    sum.connections += group->connections.get();
    sum.accepted += group->accepted.get();
    sum.closed_idle += group->closed_idle.get();
    sum.closed_on_error += group->closed_on_error.get();
    sum.frames_in += group->frames_in.get();
    sum.frames_out += group->frames_out.get();
    sum.bytes_in += group->bytes_in.get();
    sum.bytes_out += group->bytes_out.get();
  }
  return sum;
}

std::int64_t Listener::connections_on(std::size_t thread) const {
  return groups_[thread]->connections.get();
}

}  // namespace barnabas::network
