#include "compat-tests/clients/broker_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "common/text.h"

extern char** environ;

namespace barnabas::compat {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kReadyLimit{30};
constexpr seconds kStopLimit{40};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string last_part(const std::string& text) {
  return text.size() < 3000 ? text : text.substr(text.size() - 3000);
}

class Barnabas final : public BrokerProcess {
 public:
  explicit Barnabas(const Settings& settings) {
    const auto ports = free_ports(2);
    const std::string controller = concat("127.0.0.1:", ports[0]);
    Settings all = {
        {"process.roles", "broker,controller"},
        {"node.id", "1"},
        {"controller.quorum.voters", "1@" + controller},
        {"listeners", concat("PLAINTEXT://", address(), ",CONTROLLER://", controller)},
        {"advertised.listeners", "PLAINTEXT://" + address()},
        {"controller.listener.names", "CONTROLLER"},
        {"inter.broker.listener.name", "PLAINTEXT"},
        {"admin.listeners", concat("http://127.0.0.1:", ports[1])},
        {"log.dirs", folder_ / "data"},
        {"offsets.topic.replication.factor", "1"},
        {"group.initial.rebalance.delay.ms", "0"},
    };
    for (const auto& [key, value] : settings) all[key] = value;
    std::ofstream file(folder_ / "server.properties");
    for (const auto& [key, value] : all) file << key << '=' << value << '\n';
  }

  void start() override {
    const char* other = std::getenv("BARNABAS");
    const std::string program = other ? other : BARNABAS_BINARY;
    const std::string config = folder_ / "server.properties";
    std::vector<std::string> words = {program, "server", config};
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);

    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    const std::string log = folder_ / "broker.log";
    posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    const int error = posix_spawn(&pid_, program.c_str(), &files, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) throw std::runtime_error(concat("cannot start ", program, ": ", std::strerror(error)));

    const auto deadline = steady_clock::now() + kReadyLimit;
    while (!answers()) {
      if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
        pid_ = -1;
        throw std::runtime_error("the broker ended at its start:\n" + last_part(this->log()));
      }
      if (steady_clock::now() > deadline) {
        kill();
        throw std::runtime_error("the broker is not ready:\n" + last_part(this->log()));
      }
      std::this_thread::sleep_for(milliseconds(2));
    }
  }

 private:
  int wait_for_end() override {
    int status = 0;
    const auto deadline = steady_clock::now() + kStopLimit;
    while (waitpid(pid_, &status, WNOHANG) == 0) {
      if (steady_clock::now() > deadline) ::kill(pid_, SIGKILL);
      std::this_thread::sleep_for(milliseconds(2));
    }
    return status;
  }
};

// Apache Kafka through compat-tests/kafka-peer; its java process is nobody's child.
class Peer final : public BrokerProcess {
 public:
  explicit Peer(const Settings& settings) {
    command_ = concat(BARNABAS_SOURCE_DIR, "/compat-tests/kafka-peer/kafka-peer start ", BARNABAS_SOURCE_DIR,
                      "/build/kafka ", folder_.string(), " --port ", port_,
                      " --set group.initial.rebalance.delay.ms=0");
    for (const auto& [key, value] : settings) command_ += concat(" --set ", key, "='", value, "'");
    command_ += " </dev/null >" + (folder_ / "start.log").string() + " 2>&1";
  }

  void start() override {
    if (std::system(command_.c_str()) != 0) {
      throw std::runtime_error(concat("failed: ", command_, "\n", read_file(folder_ / "start.log")));
    }
    pid_ = static_cast<pid_t>(parse_number<int>(read_file(folder_ / "1" / "pid")).value());
  }
  void settle() override { std::this_thread::sleep_for(seconds(1)); }

 private:
  int wait_for_end() override {
    const auto gone = [this] {
      const std::string status = read_file(concat("/proc/", pid_, "/status"));
      return status.empty() || status.find("State:\tZ") != std::string::npos;
    };
    while (!gone()) std::this_thread::sleep_for(milliseconds(20));
    return 0;
  }

  std::string command_;
};

}  // namespace

std::vector<std::uint16_t> free_ports(int count) {
  std::vector<std::uint16_t> ports;
  std::vector<int> sockets;
  for (int i = 0; i < count; ++i) {
    const int one = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockets.push_back(one);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(one, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        getsockname(one, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no free port");
    }
    ports.push_back(ntohs(address.sin_port));
  }
  for (const int one : sockets) close(one);
  return ports;
}

std::unique_ptr<BrokerProcess> BrokerProcess::make(const Settings& settings) {
  if (std::getenv("COMPAT_PEER")) return std::make_unique<Peer>(settings);
  return std::make_unique<Barnabas>(settings);
}

std::unique_ptr<BrokerProcess> BrokerProcess::started(const Settings& settings) {
  auto broker = make(settings);
  broker->start();
  return broker;
}

BrokerProcess::BrokerProcess() : port_(free_ports(1).front()) {
  std::string name = std::filesystem::temp_directory_path() / "barnabas-compat-XXXXXX";
  if (!mkdtemp(name.data())) throw std::runtime_error("cannot make a folder " + name);
  folder_ = name;
}

BrokerProcess::~BrokerProcess() {
  // The derived part, which knows how to wait, is gone here: end the process without ceremony.
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

int BrokerProcess::stop() {
  ::kill(pid_, SIGTERM);
  const int status = wait_for_end();
  pid_ = -1;
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

void BrokerProcess::kill() {
  ::kill(pid_, SIGKILL);
  wait_for_end();
  pid_ = -1;
}

std::string BrokerProcess::address() const {
  return concat("127.0.0.1:", port_);
}

std::string BrokerProcess::log() const {
  return read_file(folder_ / "broker.log");
}

bool BrokerProcess::answers() const {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port_);
  const bool connected = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(probe);
  return connected;
}

}  // namespace barnabas::compat
