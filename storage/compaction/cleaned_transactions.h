// Which transactions a walk over a log has met, so that aborted data goes and markers outlive their data.
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "records/batch.h"
#include "storage/transaction_index.h"

namespace barnabas::storage {

// Owned by one walk over rising offsets; one thread. Follows the rules of Kafka's cleaner.
class CleanedTransactions {
 public:
  // The aborted transactions that touch the segment walked next; those known already do no harm.
  void add_aborted(std::span<const AbortedEntry> entries);

  // True if the data batch belongs to an aborted transaction.
  bool on_data(const records::BatchView& batch);
  // True if the marker is not needed any more: no batch of its transaction was met.
  bool on_control(const records::BatchView& batch);

  // The aborted transactions whose markers on_control() wanted kept since the last call.
  std::vector<AbortedEntry> take_kept_aborts();

 private:
  struct Ongoing {
    AbortedEntry entry;
    bool has_data = false;
  };
  struct LaterFirst {
    bool operator()(const AbortedEntry& left, const AbortedEntry& right) const {
      return left.first_offset > right.first_offset;
    }
  };
  void begin_up_to(std::int64_t offset);

  std::priority_queue<AbortedEntry, std::vector<AbortedEntry>, LaterFirst> upcoming_;
  std::unordered_map<std::int64_t, Ongoing> aborted_;  // by producer id
  std::unordered_set<std::int64_t> committed_;         // producers with data of a transaction that commits
  std::vector<AbortedEntry> kept_aborts_;
};

}  // namespace barnabas::storage
