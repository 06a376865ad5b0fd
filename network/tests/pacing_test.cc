#include "network/pacing.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace barnabas::network {
namespace {

class Pacing : public testing::Test {
 protected:
  void SetUp() override { ASSERT_GE(socket_ = ::socket(AF_INET, SOCK_STREAM, 0), 0); }
  void TearDown() override { ::close(socket_); }
  // False where the system does not have it.
  bool choose(std::string_view name) {
    return ::setsockopt(socket_, IPPROTO_TCP, TCP_CONGESTION, name.data(),
                        static_cast<socklen_t>(name.size())) == 0;
  }
  std::string chosen() const {
    char name[16] = {};
    socklen_t size = sizeof name - 1;
    EXPECT_EQ(::getsockopt(socket_, IPPROTO_TCP, TCP_CONGESTION, name, &size), 0);
    return name;
  }
  int socket_ = -1;
};

TEST_F(Pacing, NoSocketIsLeftToBbr) {
  choose("bbr");  // which is then the system's choice or reno, where there is no such module
  stop_pacing(socket_);
  EXPECT_NE(chosen(), "bbr");
}

TEST_F(Pacing, OtherChoicesStay) {
  for (const char* name : {"reno", "cubic"}) {
    if (!choose(name)) continue;
    stop_pacing(socket_);
    EXPECT_EQ(chosen(), name);
  }
}

}  // namespace
}  // namespace barnabas::network
