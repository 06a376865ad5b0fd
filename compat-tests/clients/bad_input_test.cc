// Strangers on the port: each loses its connection, or gets Kafka's error, and nobody else notices.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "common/bytes.h"
#include "common/text.h"
#include "compat-tests/clients/support.h"

namespace barnabas::compat {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A connection without any protocol. Closed with the object.
class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~RawConnection() { close(socket_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  bool connected() const { return connected_; }
  // False once the other side is gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (written <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }
  // What arrived until the other side closed; nullopt when it is still open after `limit`.
  std::optional<std::string> read_to_the_end(milliseconds limit) {
    std::string all;
    const auto deadline = steady_clock::now() + limit;
    while (wait_readable(deadline)) {
      char part[4096];
      const ssize_t got = recv(socket_, part, sizeof part, 0);
      if (got <= 0) return all;
      all.append(part, static_cast<std::size_t>(got));
    }
    return std::nullopt;
  }
  // Exactly `count` bytes, or fewer when the other side closes or `limit` passes.
  std::string read(std::size_t count, milliseconds limit) {
    std::string all(count, '\0');
    std::size_t have = 0;
    const auto deadline = steady_clock::now() + limit;
    while (have < count && wait_readable(deadline)) {
      const ssize_t got = recv(socket_, all.data() + have, count - have, 0);
      if (got <= 0) break;
      have += static_cast<std::size_t>(got);
    }
    all.resize(have);
    return all;
  }

 private:
  bool wait_readable(steady_clock::time_point deadline) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now()).count();
    pollfd waiting{socket_, POLLIN, 0};
    return left > 0 && poll(&waiting, 1, static_cast<int>(left)) == 1;
  }

  int socket_;
  bool connected_;
};

std::string frame(const std::string& body, std::optional<std::int32_t> length = std::nullopt) {
  std::uint8_t size[4];
  store_be(size, length.value_or(static_cast<std::int32_t>(body.size())));
  return std::string(reinterpret_cast<const char*>(size), 4) + body;
}

// A request header of version 1: key, version, correlation id 7, client id "x".
std::string header(std::int16_t key, std::int16_t version) {
  std::uint8_t bytes[11];
  store_be(bytes, key);
  store_be(bytes + 2, version);
  store_be(bytes + 4, std::int32_t{7});
  store_be(bytes + 8, std::int16_t{1});
  bytes[10] = 'x';
  return {reinterpret_cast<const char*>(bytes), sizeof bytes};
}

class BadInput : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { broker_ = BrokerProcess::started().release(); }
  static void TearDownTestSuite() {
    EXPECT_EQ(broker_->stop(), 0);
    delete broker_;
  }
  // Every test ends with this: a client of good manners is served as before.
  void TearDown() override {
    const std::string topic = "after-bad-input";
    TestProducer producer(*broker_);
    producer.send(topic, 0, "still here");
    ASSERT_TRUE(producer.flush());
    EXPECT_EQ(producer.deliveries().failed(), 0);
    expect_bounded_memory();
  }
  void SetUp() override { before_mib_ = resident_mib(); }

  static double resident_mib() {
    std::ifstream status(concat("/proc/", broker_->pid(), "/status"));
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
    }
    return 0;
  }
  // Apache Kafka allocates what a frame's length claims, and more while its heap grows; ours must not.
  void expect_bounded_memory() const {
    if (std::getenv("COMPAT_PEER")) return;
    EXPECT_LT(resident_mib(), before_mib_ + 64);
  }
  // Sends the bytes and expects the connection to be closed without an answer.
  void expect_closed(const std::string& bytes) {
    RawConnection connection(broker_->port());
    connection.send(bytes);
    const auto answer = connection.read_to_the_end(milliseconds(5000));
    ASSERT_TRUE(answer) << "the connection stays open";
    EXPECT_EQ(answer->size(), 0u);
  }

  static BrokerProcess* broker_;
  double before_mib_ = 0;
};
BrokerProcess* BadInput::broker_ = nullptr;

TEST_F(BadInput, OtherProtocolsAreCutOff) {
  expect_closed("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect_closed("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + std::string(505, 'x'));
}

TEST_F(BadInput, LyingFrameLengthsAreCutOffWithoutBelievingThem) {
  expect_closed(frame("", -1));
  expect_closed(frame("", 0x7fffffff));
  expect_closed(frame("abc"));
}

TEST_F(BadInput, UnknownKeysAndVersionsAreCutOff) {
  expect_closed(frame(header(999, 0)));
  expect_closed(frame(header(-1, 0)));
  expect_closed(frame(header(3, 99)));
}

TEST_F(BadInput, LyingCountsInABodyAreCutOff) {
  // Metadata version 1: an array of two thousand million topics in a frame of fifteen bytes.
  expect_closed(frame(header(3, 1) + std::string("\x7f\xff\xff\xff", 4)));
  // Produce version 3 with a transactional id longer than the frame.
  expect_closed(frame(header(0, 3) + std::string("\x7f\xff", 2)));
}

TEST_F(BadInput, ApiVersionsOfTheFutureIsAnsweredInVersionZero) {
  RawConnection connection(broker_->port());
  // Flexible header (no tagged fields), then name and version of the client's software.
  connection.send(frame(header(18, 120) + std::string("\0\2a\2b\0", 6)));
  const std::string answer = connection.read(10, milliseconds(5000));
  ASSERT_EQ(answer.size(), 10u);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(answer.data());
  EXPECT_EQ(load_be<std::int32_t>(bytes + 4), 7);
  EXPECT_EQ(load_be<std::int16_t>(bytes + 8), 35);  // UNSUPPORTED_VERSION
}

TEST_F(BadInput, ARequestThatArrivesByteByByteIsAnswered) {
  RawConnection connection(broker_->port());
  for (const char one : frame(header(18, 0))) {
    ASSERT_TRUE(connection.send(std::string(1, one)));
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_EQ(connection.read(10, milliseconds(5000)).size(), 10u);
}

TEST_F(BadInput, FramesThatAreNeverFilledCostNoMemory) {
  std::vector<std::unique_ptr<RawConnection>> waiting;
  for (int i = 0; i < 100; ++i) {
    waiting.push_back(std::make_unique<RawConnection>(broker_->port()));
    ASSERT_TRUE(waiting.back()->connected());
    waiting.back()->send(frame("", 90'000'000));
  }
  std::this_thread::sleep_for(milliseconds(200));
  expect_bounded_memory();
}

}  // namespace
}  // namespace barnabas::compat
