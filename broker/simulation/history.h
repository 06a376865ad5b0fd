// What the clients of a world asked for and were promised, and whether the logs keep it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker/simulation/machine.h"
#include "broker/transactions/transaction_commands.h"
#include "simulation/violation.h"

namespace barnabas::broker::simulation {

using barnabas::simulation::Verdict;
using barnabas::simulation::Violation;

// One thread. Lives through every crash of its world.
class History {
 public:
  // A client begins a transaction; its number is in every record of it.
  std::size_t begin();
  void asked(std::size_t transaction, bool commit) {
    (commit ? at(transaction).asked_commit : at(transaction).asked_abort) = true;
  }
  // EndTxn was answered: this is its outcome for good.
  void decided(std::size_t transaction, bool commit);
  // A record of the transaction was acknowledged.
  void acknowledged(std::size_t transaction, std::int32_t partition, std::string value);
  // What a producer was told to go on with.
  Verdict identity(const std::string& transactional_id, const transactions::ProducerIdentity& told);

  // `settled`: nothing is under way, so nothing may be open either.
  Verdict check(Machine& machine, bool settled) const;
  std::size_t committed() const { return committed_; }
  std::size_t aborted() const { return aborted_; }

 private:
  struct Transaction {
    bool asked_commit = false;
    bool asked_abort = false;
    std::optional<bool> decided = std::nullopt;
    std::vector<std::pair<std::int32_t, std::string>> acknowledged = {};
  };
  // Of one record of a data partition: none while its transaction is open.
  struct Found {
    std::size_t transaction = 0;
    std::optional<bool> committed = std::nullopt;
  };
  using Records = std::map<std::string, Found>;  // by value

  Transaction& at(std::size_t number) { return transactions_[number]; }
  static Verdict read(Machine& machine, std::int32_t partition, Records& records);
  Verdict check_outcomes(const std::vector<Records>& partitions) const;
  Verdict check_promises(const std::vector<Records>& partitions, bool settled) const;
  Verdict check_settled(Machine& machine) const;

  std::vector<Transaction> transactions_;
  std::map<std::string, transactions::ProducerIdentity> newest_;
  std::size_t committed_ = 0;
  std::size_t aborted_ = 0;
};

}  // namespace barnabas::broker::simulation
