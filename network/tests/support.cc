#include "network/tests/support.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "common/logging.h"

namespace barnabas::network {
namespace {
constexpr std::chrono::seconds kPatience(10);
}

std::string framed(std::string_view body) {
  std::string frame(4, '\0');
  store_be(reinterpret_cast<std::uint8_t*>(frame.data()), static_cast<std::int32_t>(body.size()));
  return frame.append(body);
}

TestClient::TestClient(std::uint16_t port, const char* address) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{std::chrono::seconds(kPatience).count(), 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  ::inet_pton(AF_INET, address, &to.sin_addr);
  EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
}

TestClient::~TestClient() {
  if (socket_ >= 0) ::close(socket_);
}

bool TestClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string TestClient::read(std::size_t bytes) {
  std::string got(bytes, '\0');
  std::size_t filled = 0;
  while (filled < bytes) {
    const auto count = ::recv(socket_, got.data() + filled, bytes - filled, 0);
    if (count <= 0) break;
    filled += static_cast<std::size_t>(count);
  }
  got.resize(filled);
  return got;
}

std::optional<std::string> TestClient::read_frame() {
  const std::string length = read(4);
  if (length.size() != 4) return std::nullopt;
  const auto size = load_be<std::int32_t>(reinterpret_cast<const std::uint8_t*>(length.data()));
  std::string body = read(static_cast<std::size_t>(size));
  if (body.size() != static_cast<std::size_t>(size)) return std::nullopt;
  return body;
}

bool TestClient::closed_within(std::chrono::milliseconds time) {
  const auto deadline = std::chrono::steady_clock::now() + time;
  char discarded[65536];
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd wait{socket_, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) return false;
    if (::recv(socket_, discarded, sizeof discarded, 0) <= 0) return true;
  }
}

void TestClient::half_close() {
  ::shutdown(socket_, SHUT_WR);
}

void TestClient::reset() {
  const linger now{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(std::exchange(socket_, -1));
}

std::uint16_t TestClient::local_port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

void TestHandler::on_open(Connection& connection) {
  {
    const std::scoped_lock lock(mutex_);
    ++opened_;
  }
  on_open_do(connection);
}

void TestHandler::on_frame(Connection& connection, SharedBytes frame, ResponseSlot slot) {
  {
    const std::scoped_lock lock(mutex_);
    ++frames_;
  }
  on_frame_do(connection, std::move(frame), std::move(slot));
}

void TestHandler::on_close(Connection&, std::string_view reason) {
  const std::scoped_lock lock(mutex_);
  ++closed_;
  last_reason_ = reason;
}

int TestHandler::opened() const {
  const std::scoped_lock lock(mutex_);
  return opened_;
}
int TestHandler::closed() const {
  const std::scoped_lock lock(mutex_);
  return closed_;
}
int TestHandler::frames() const {
  const std::scoped_lock lock(mutex_);
  return frames_;
}
std::string TestHandler::last_reason() const {
  const std::scoped_lock lock(mutex_);
  return last_reason_;
}

bool TestHandler::wait_until(const std::function<bool()>& condition) const {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return condition();
}

void SlotBox::put(ResponseSlot slot) {
  const std::scoped_lock lock(mutex_);
  slots_.push_back(std::move(slot));
  arrived_.notify_one();
}

ResponseSlot SlotBox::take() {
  std::unique_lock lock(mutex_);
  EXPECT_TRUE(arrived_.wait_for(lock, kPatience, [this] { return !slots_.empty(); }));
  if (slots_.empty()) return {};
  ResponseSlot slot = std::move(slots_.front());
  slots_.erase(slots_.begin());
  return slot;
}

std::size_t SlotBox::size() const {
  const std::scoped_lock lock(mutex_);
  return slots_.size();
}

TestServer::TestServer(TestHandler& handler, ListenerOptions options, NetworkResources resources,
                       std::size_t thread_count)
    : threads({.threads = thread_count, .blocking_threads = 2, .name = "test"}) {
  if (options.host.empty()) options.host = "127.0.0.1";
  resources.threads = &threads;
  resources.clock = &clock;
  auto opened = Listener::open(std::move(options), std::move(resources), handler);
  EXPECT_TRUE(opened.has_value()) << (opened ? "" : opened.error());
  listener = std::move(*opened);
  listener->start();
}

TestServer::~TestServer() {
  listener.reset();
  threads.stop();
}

LogCapture::LogCapture() {
  set_log_sink([this](std::string_view line) {
    const std::scoped_lock lock(mutex_);
    lines_.emplace_back(line);
  });
}

LogCapture::~LogCapture() {
  set_log_sink({});
}

std::vector<std::string> LogCapture::lines_with(std::string_view text) const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> found;
  for (const std::string& line : lines_) {
    if (line.find(text) != std::string::npos) found.push_back(line);
  }
  return found;
}

bool LogCapture::wait_for(std::string_view text) const {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (lines_with(text).empty()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace barnabas::network
