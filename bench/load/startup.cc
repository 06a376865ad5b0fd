#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bench/load/client.h"
#include "bench/load/raw_requests.h"
#include "bench/load/runs.h"
#include "common/clock.h"
#include "common/text.h"

namespace barnabas::bench {
namespace {

// A child that is told to stop and waited for, whatever happens.
class Child {
 public:
  Child(const std::vector<std::string>& command, const std::string& log) {
    if (command.empty()) throw std::runtime_error("no program behind --");
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("fork failed");
    if (pid_ == 0) {
      const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
      dup2(out, STDOUT_FILENO);
      dup2(out, STDERR_FILENO);
      execvp(words[0], words.data());
      _exit(127);
    }
  }
  ~Child() { stop(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  bool ended() {
    if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
    return pid_ < 0;
  }
  void stop() {
    if (ended()) return;
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
};

// Fine steps while a native program starts, coarse ones for a slow one, whose processor we share.
void pause_for(double since) {
  std::this_thread::sleep_for(std::chrono::microseconds(since < 0.5 ? 200 : 2000));
}

}  // namespace

void run_startup(const Arguments& arguments) {
  const auto port = static_cast<std::uint16_t>(arguments.number("port"));
  const auto patience = static_cast<double>(arguments.number("patience", 60));
  constexpr std::string_view kTopic = "first";
  const SystemClock clock;
  const double begin = now_seconds();
  Child child(arguments.rest(), arguments.text("log"));
  double port_open = 0;
  double acknowledged = 0;
  Socket socket;
  bool connected = false;
  while (acknowledged == 0) {
    const double passed = now_seconds() - begin;
    if (passed > patience || child.ended()) throw std::runtime_error("the broker did not take a record");
    if (!connected) {
      connected = socket.connect(port);
      if (connected && port_open == 0) port_open = now_seconds() - begin;
      if (!connected) {
        pause_for(passed);
        continue;
      }
    }
    // Metadata creates the topic; until that is done the produce is refused and tried again.
    connected = socket.send(metadata_request(1, kTopic)) && socket.receive() &&
                socket.send(produce_request(2, kTopic, clock.wall_ms()));
    const auto response = connected ? socket.receive() : std::nullopt;
    connected = response.has_value();
    if (connected && produce_error(*response, kTopic) == 0) {
      acknowledged = now_seconds() - begin;
    } else {
      pause_for(passed);
    }
  }
  const double stopping = now_seconds();
  child.stop();
  Figures figures;
  figures.set("port_open_ms", port_open * 1e3);
  figures.set("first_produce_ms", acknowledged * 1e3);
  figures.set("stop_ms", (now_seconds() - stopping) * 1e3);
  figures.print();
}

}  // namespace barnabas::bench
