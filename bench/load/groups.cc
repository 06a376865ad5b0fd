// Members of many groups, or many members of one: until everybody has an assignment, and what it costs to
// keep them.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <queue>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bench/load/client.h"
#include "bench/load/group_members.h"
#include "bench/load/histogram.h"
#include "bench/load/raw_requests.h"
#include "bench/load/runs.h"
#include "common/text.h"

namespace barnabas::bench {
namespace {

constexpr double kSettleSeconds = 300;   // as long as a group may take
constexpr double kHeartbeatSeconds = 5;  // what idle members are spread over

// A socket that several members share; answers come in the order of the questions.
class Connection {
 public:
  explicit Connection(std::uint16_t port) {
    if (!socket_.connect(port)) throw std::runtime_error("the connection was refused");
  }
  int fd() const { return socket_.fd(); }
  void send(ByteView frame) {
    if (!socket_.send(frame)) throw std::runtime_error("the connection is gone");
  }
  // Reads what is there; calls `take` with every whole answer.
  template <class Take>
  void receive(Take take) {
    std::uint8_t bytes[64 << 10];
    const ssize_t got = recv(fd(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (got == 0) throw std::runtime_error("the connection is gone");
    if (got < 0) return;
    input_.insert(input_.end(), bytes, bytes + got);
    std::size_t at = 0;
    while (input_.size() - at >= 4) {
      const auto size = static_cast<std::size_t>(load_be<std::int32_t>(input_.data() + at));
      if (input_.size() - at - 4 < size) break;
      take(ByteView(input_).subspan(at + 4, size));
      at += 4 + size;
    }
    input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(at));
  }

 private:
  Socket socket_;
  Buffer input_;
};

// Sends what is due and takes the answers, on one thread.
class Drive {
 public:
  Drive(Fleet& fleet, std::uint16_t port, std::size_t connections)
      : fleet_(fleet), members_(fleet.size()), poll_(epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t i = 0; i < connections; ++i) {
      connections_.push_back(std::make_unique<Connection>(port));
      epoll_event event{.events = EPOLLIN, .data = {.u32 = static_cast<std::uint32_t>(i)}};
      epoll_ctl(poll_, EPOLL_CTL_ADD, connections_.back()->fd(), &event);
    }
    for (std::size_t i = 0; i < members_.size(); ++i) schedule(i, 0);
  }
  ~Drive() { close(poll_); }
  Drive(const Drive&) = delete;

  // Goes on until `done` or until `deadline`; true if it was the first.
  template <class Done>
  bool run(double deadline, Done done) {
    for (double now = now_seconds(); now < deadline && !done(); now = now_seconds()) {
      send_due(now);
      receive(std::min(deadline, due_.empty() ? deadline : due_.top().first));
    }
    return done();
  }

  // What is not under way comes evenly over `seconds` from now on, as members do that have been there a
  // while.
  void spread(double seconds) {
    due_ = {};
    const double now = now_seconds();
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const double share = static_cast<double>(i) / static_cast<double>(members_.size());
      if (!members_[i].asked) schedule(i, now + share * seconds);
    }
  }
  // Everybody leaves, and hears so.
  void leave() {
    due_ = {};
    leaving_ = true;
    run(now_seconds() + kSettleSeconds, [this] { return under_way_ == 0; });
    for (std::size_t i = 0; i < members_.size(); ++i) ask(i, fleet_.leave(i), now_seconds());
    run(now_seconds() + kSettleSeconds, [this] { return under_way_ == 0; });
  }

  const Histogram& answers() const { return answers_; }
  void forget_answers() { answers_ = {}; }

 private:
  struct Member {
    bool asked = false;
    double asked_at = 0;
  };
  using Due = std::pair<double, std::size_t>;

  void schedule(std::size_t member, double at) { due_.emplace(at, member); }
  // Members of a group are on different connections.
  Connection& connection_of(std::size_t member) { return *connections_[member % connections_.size()]; }
  void ask(std::size_t member, const Buffer& request, double now) {
    members_[member] = {.asked = true, .asked_at = now};
    ++under_way_;
    connection_of(member).send(request);
  }
  void send_due(double now) {
    while (!due_.empty() && due_.top().first <= now) {
      const std::size_t member = due_.top().second;
      due_.pop();
      ask(member, fleet_.next_request(member), now);
    }
  }
  void receive(double until) {
    const double left_ms = std::ceil((until - now_seconds()) * 1e3);
    epoll_event events[256];
    const int ready = epoll_wait(poll_, events, 256, static_cast<int>(std::clamp(left_ms, 0.0, 1000.0)));
    for (int i = 0; i < ready; ++i) {
      connections_[events[i].data.u32]->receive([this](ByteView answer) { take(answer); });
    }
  }
  void take(ByteView answer) {
    if (answer.size() < 4) throw std::runtime_error("an answer ends too soon");
    const auto member = static_cast<std::size_t>(load_be<std::int32_t>(answer.data()));
    const double now = now_seconds();
    members_.at(member).asked = false;
    --under_way_;
    answers_.add(static_cast<std::int64_t>((now - members_[member].asked_at) * 1e9));
    if (!leaving_) schedule(member, now + fleet_.answered(member, answer));
  }

  Fleet& fleet_;
  std::vector<Member> members_;
  const int poll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::size_t under_way_ = 0;
  bool leaving_ = false;
  Histogram answers_;
};

// Makes the coordinator's topic and waits until it is there.
void await_coordinator(std::uint16_t port, const std::string& group) {
  Socket socket;
  if (!socket.connect(port)) throw std::runtime_error("the connection was refused");
  for (int attempt = 0; attempt < 200; ++attempt) {
    if (!socket.send(find_coordinator_request(group))) break;
    const auto answer = socket.receive();
    if (!answer) break;
    if (find_coordinator_error(*answer) == 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  throw std::runtime_error("there is no group coordinator");
}

void print(const Drive& drive, double seconds, double cpu) {
  Figures figures;
  figures.set("seconds", seconds);
  figures.set("requests", static_cast<double>(drive.answers().count()));
  figures.set("p50_us", static_cast<double>(drive.answers().percentile(50)) / 1e3);
  figures.set("p99_us", static_cast<double>(drive.answers().percentile(99)) / 1e3);
  figures.set("client_cpu_seconds", cpu);
  figures.print();
}

}  // namespace

void run_groups(const Arguments& arguments) {
  const auto port = static_cast<std::uint16_t>(arguments.number("port"));
  const Fleet::Shape shape{.prefix = arguments.text("prefix"),
                           .topic = arguments.text("topic"),
                           .partitions = static_cast<std::int32_t>(arguments.number("partitions")),
                           .groups = static_cast<std::size_t>(arguments.number("groups")),
                           .members = static_cast<std::size_t>(arguments.number("members"))};
  create_topics(make_client(RD_KAFKA_PRODUCER, arguments, {}).get(), {shape.topic}, shape.partitions);
  await_coordinator(port, shape.prefix);
  std::unique_ptr<Fleet> fleet;
  if (arguments.text("protocol") == "classic") {
    fleet = std::make_unique<ClassicFleet>(shape);
  } else {
    fleet = std::make_unique<ConsumerFleet>(shape);
  }
  Drive drive(*fleet, port, static_cast<std::size_t>(arguments.number("connections")));
  // Whoever started this measures the broker between the lines.
  const auto phase = [&](auto work) {
    drive.forget_answers();
    const double cpu = cpu_seconds(), begin = now_seconds();
    work(begin);
    print(drive, now_seconds() - begin, cpu_seconds() - cpu);
  };
  print(drive, 0, 0);
  phase([&](double begin) {
    if (!drive.run(begin + kSettleSeconds, [&] { return fleet->settled(); })) {
      throw std::runtime_error(concat(fleet->settled_groups(), " of ", shape.groups, " groups have settled"));
    }
  });
  const auto never = [] { return false; };
  if (const auto idle = static_cast<double>(arguments.number("idle")); idle > 0) {
    // The last epochs are told, and then all is quiet.
    phase([&](double begin) { drive.run(begin + kHeartbeatSeconds, never); });
    drive.spread(kHeartbeatSeconds);
    phase([&](double begin) { drive.run(begin + idle, never); });
  }
  drive.leave();
}

}  // namespace barnabas::bench
