// Transactional producers over a coordinator and partitions that crash, with named invariants.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/simulation/history.h"
#include "broker/simulation/machine.h"

namespace barnabas::broker::simulation {

enum class TransactionStep : std::uint8_t {
  kAct,         // a producer goes on: it begins, writes, ends, or asks again
  kLoseAnswer,  // the next answer to a producer does not arrive
  kDie,         // a producer forgets everything and starts again under its transactional id
  kSync,        // the pool runs: appends are committed, logs are loaded
  kTime,        // a while passes
  kLongTime,    // longer than any transaction may take
  kMove,        // the coordinator's partitions go to another broker and come back
  kCompact,     // the cleaner takes the dirtiest log
  kCheckpoint,  // checkpoints are written, what is due is synced
  kCheck,       // the logs are compared with what was promised
  kFault,       // an operation soon fails: the machine stops, a disk error, a full disk
  kKill,        // the process dies, the page cache survives
  kPowerLoss,   // what was not synced is lost, wholly or in part
  kRestart,     // a clean stop and a start
};
std::string_view step_name(TransactionStep kind);

// Finds its details by its own seed in whatever world it meets, so that a list with steps left out still
// means something.
struct WorldStep {
  TransactionStep kind = TransactionStep::kSync;
  std::uint64_t seed = 0;
};
std::vector<WorldStep> make_world_steps(std::uint64_t seed, std::size_t count);

// One thread and virtual time: the same seed and steps give the same world. The seed also says which
// transaction version the cluster has.
class TransactionWorld {
 public:
  explicit TransactionWorld(std::uint64_t seed);

  // Lives through the steps, then until everything has come to its end. None if every invariant held.
  Verdict run(const std::vector<WorldStep>& steps);
  std::size_t steps_done() const { return steps_done_; }
  std::int64_t passed_ms() const { return machine_.clock.monotonic_ms(); }
  const History& history() const { return history_; }
  std::size_t crashes() const { return crashes_; }

 private:
  struct Request {
    enum class Kind : std::uint8_t { kInit, kAdd, kWrite, kEnd } kind = Kind::kInit;
    std::int32_t partition = 0;
    Buffer batch = {};  // of kWrite
    std::string value = {};
    bool commit = false;
  };
  struct Client {
    std::string id;
    std::int16_t version = 0;  // that it speaks
    std::optional<transactions::ProducerIdentity> who = std::nullopt;
    std::optional<Request> request = std::nullopt;  // sent until it is answered
    std::uint64_t ticket = 0;                       // of the answer it waits for; 0: of none
    bool loses_next = false;
    std::optional<std::size_t> transaction = std::nullopt;
    std::int64_t begun_ms = 0;
    bool has_written = false;
    std::map<std::int32_t, bool> added = {};              // partitions of the transaction
    std::map<std::int32_t, std::int32_t> sequences = {};  // of this epoch, by partition
  };
  using Answered = std::move_only_function<void(Client&, protocol::ErrorCode)>;

  void perform(const WorldStep& step);
  void restarted(const std::string& trouble);
  void crash(storage::CrashLoss loss);
  void arm_fault(Random& random);
  void settle();

  void act(Client& client, Random& random);
  Request next_request(Client& client, Random& random);
  void send(Client& client);
  void send_write(Client& client);
  void write_verified(std::size_t index, std::uint64_t ticket, std::uint64_t life,
                      const std::shared_ptr<Partition>& partition, const Buffer& batch,
                      const TransactionVerifier::Verdict& verdict);
  void answered(std::size_t index, std::uint64_t ticket, std::uint64_t life, protocol::ErrorCode error,
                const transactions::ProducerReply& reply = {});
  void served(Client& client, const transactions::ProducerReply& reply);
  void give_up(Client& client);
  void failed(Verdict verdict);

  Machine machine_;
  History history_;
  std::vector<Client> clients_;
  std::uint64_t tickets_ = 0;
  std::uint64_t values_ = 0;
  bool fault_armed_ = false;
  std::size_t steps_done_ = 0;
  std::size_t crashes_ = 0;
  Verdict verdict_;
};

}  // namespace barnabas::broker::simulation
