#include "admin/server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "admin/session.h"
#include "common/assert.h"
#include "common/logging.h"
#include "common/text.h"

namespace barnabas::admin {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

const Logger logger("admin.Server");

constexpr std::chrono::milliseconds kPauseWithoutDescriptors(100);

struct Address {
  std::string host;
  std::string port;
};

// "http://host:port", "http://[::1]:9080"; an empty host is every address.
Result<Address, std::string> parse_listener(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  const auto bad = [&] {
    return unexpected(concat("admin.listeners: '", text, "' is not of the form http://host:port"));
  };
  std::string_view rest = text;
  if (!rest.starts_with(kScheme)) return bad();
  rest.remove_prefix(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const auto colon = rest.rfind(':');
  if (colon == std::string_view::npos) return bad();
  std::string_view host = rest.substr(0, colon);
  const std::string_view port = rest.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!parse_number<std::uint16_t>(port)) return bad();
  return Address{std::string(host), std::string(port)};
}

Result<tcp::acceptor, std::string> open_acceptor(asio::io_context& context, const std::string& listener) {
  const auto address = parse_listener(listener);
  if (!address) return unexpected(address.error());
  const auto failed = [&](const boost::system::error_code& error) {
    return unexpected(concat("Cannot listen on ", listener, ": ", error.message()));
  };
  boost::system::error_code error;
  tcp::endpoint endpoint(tcp::v4(), 0);
  if (address->host.empty()) {
    endpoint = tcp::endpoint(tcp::v4(), *parse_number<std::uint16_t>(address->port));
  } else {
    tcp::resolver resolver(context);
    const auto found = resolver.resolve(address->host, address->port, tcp::resolver::passive, error);
    if (error || found.empty()) return failed(error);
    endpoint = found.begin()->endpoint();
    // A name with addresses of both families is reached over IPv4 by everything.
    for (const auto& entry : found) {
      if (entry.endpoint().address().is_v4()) endpoint = entry.endpoint();
    }
  }
  tcp::acceptor acceptor(context);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return failed(error);
  return acceptor;
}

}  // namespace

struct Server::Impl {
  Impl(ServerOptions given, const Router& router)
      : options(std::move(given)), core(std::make_shared<SessionCore>(options, router)) {}

  void accept(tcp::acceptor& acceptor) {
    acceptor.async_accept([this, &acceptor](const boost::system::error_code& error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) {
        logger.error("Accepting a connection failed: ", error.message());
        return accept_later(acceptor);
      }
      if (core->sessions() < options.connections_max) {
        start_session(core, std::move(socket));
      }  // else the socket closes itself
      accept(acceptor);
    });
  }

  void accept_later(tcp::acceptor& acceptor) {
    auto timer = std::make_shared<asio::steady_timer>(core->context(), kPauseWithoutDescriptors);
    timer->async_wait([this, timer, &acceptor](const boost::system::error_code& error) {
      if (!error) accept(acceptor);
    });
  }

  const ServerOptions options;
  const std::shared_ptr<SessionCore> core;
  std::vector<tcp::acceptor> acceptors;
  std::vector<std::uint16_t> ports;
  std::thread thread;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  stop();
}

Result<std::unique_ptr<Server>, std::string> Server::start(ServerOptions options, const Router& router) {
  auto impl = std::make_unique<Impl>(std::move(options), router);
  for (const std::string& listener : impl->options.listeners) {
    auto acceptor = open_acceptor(impl->core->context(), listener);
    if (!acceptor) return unexpected(acceptor.error());
    boost::system::error_code ignored;
    impl->ports.push_back(acceptor->local_endpoint(ignored).port());
    impl->acceptors.push_back(std::move(*acceptor));
  }
  for (tcp::acceptor& acceptor : impl->acceptors) impl->accept(acceptor);
  impl->thread = std::thread([core = impl->core] {
    ::pthread_setname_np(::pthread_self(), "admin");
    core->context().run();
  });
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

const std::vector<std::uint16_t>& Server::ports() const {
  return impl_->ports;
}

void Server::stop() {
  if (!impl_->thread.joinable()) return;
  impl_->core->context().stop();
  impl_->thread.join();
  impl_->acceptors.clear();
  impl_->core->end();
}

}  // namespace barnabas::admin
