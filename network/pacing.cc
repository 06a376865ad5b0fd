#include "network/pacing.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string_view>

namespace barnabas::network {

void stop_pacing(int socket) {
  constexpr std::string_view kPaced = "bbr";
  constexpr std::string_view kUnpaced = "reno";
  char name[16] = {};
  socklen_t size = sizeof name - 1;
  if (::getsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name, &size) != 0) return;
  if (!std::string_view(name).starts_with(kPaced)) return;
  (void)::setsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, kUnpaced.data(),
                     static_cast<socklen_t>(kUnpaced.size()));
}

}  // namespace barnabas::network
