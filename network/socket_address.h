// Addresses of sockets: resolving what to bind, and showing who is connected.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "common/result.h"

namespace barnabas::network {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  std::string host() const;  // an IPv4 address mapped into IPv6 is shown as IPv4
  std::uint16_t port() const;
  void set_port(std::uint16_t port);
};

// The addresses `host` stands for, each once. Empty: "::", which takes IPv4 too, then 0.0.0.0 for machines
// without IPv6. The error is the resolver's sentence.
Result<std::vector<SocketAddress>, std::string> resolve_for_binding(const std::string& host,
                                                                    std::uint16_t port);

SocketAddress local_address_of(int socket);

}  // namespace barnabas::network
