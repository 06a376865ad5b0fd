// A broker in a process of its own: started, asked to stop, killed, started again on the same data.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace barnabas::compat {

using Settings = std::map<std::string, std::string>;

// What the tests drive. One thread. Its folder, and the process if it still runs, go with the object.
class BrokerProcess {
 public:
  // Barnabas, or Apache Kafka when COMPAT_PEER=1 is in the environment (build/kafka must be installed): what
  // these tests ask for is held against the original too. `settings` go to server.properties.
  static std::unique_ptr<BrokerProcess> make(const Settings& settings = {});
  // The same, running.
  static std::unique_ptr<BrokerProcess> started(const Settings& settings = {});

  virtual ~BrokerProcess();
  BrokerProcess(const BrokerProcess&) = delete;
  BrokerProcess& operator=(const BrokerProcess&) = delete;

  // Returns when the port of the broker answers; throws with the end of its log when it does not in time.
  virtual void start() = 0;
  // Apache Kafka answers before all its parts know of a change: waits a second there. Ours knows at once.
  virtual void settle() {}
  // SIGTERM, then waits: the exit code, or minus the signal that ended it.
  int stop();
  // SIGKILL, then waits.
  void kill();

  // What a client calls bootstrap.servers.
  std::string address() const;
  std::uint16_t port() const { return port_; }
  std::string log() const;
  pid_t pid() const { return pid_; }
  const std::filesystem::path& folder() const { return folder_; }

 protected:
  BrokerProcess();
  bool answers() const;
  // Waits for the process to end; the status as waitpid gives it, 0 when it is no child of ours.
  virtual int wait_for_end() = 0;

  std::filesystem::path folder_;
  std::uint16_t port_;
  pid_t pid_ = -1;
};

// `count` different ports of 127.0.0.1 that nobody listens on now.
std::vector<std::uint16_t> free_ports(int count);

}  // namespace barnabas::compat
