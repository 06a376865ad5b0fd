#include "broker/transactions/transaction_state.h"

#include <algorithm>
#include <array>
#include <limits>

namespace barnabas::broker::transactions {
namespace {

constexpr std::array<std::string_view, 8> kNames = {"Empty",        "Ongoing",          "PrepareCommit",
                                                    "PrepareAbort", "CompleteCommit",   "CompleteAbort",
                                                    "Dead",         "PrepareEpochFence"};

}  // namespace

std::string_view state_name(TransactionState state) {
  return kNames[static_cast<std::size_t>(state)];
}

std::optional<TransactionState> state_of_name(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<TransactionState>(found - kNames.begin());
}

bool TransactionMetadata::two_phase() const {
  return timeout_ms == std::numeric_limits<std::int32_t>::max();
}

bool TransactionMetadata::contains(const TopicPartition& partition) const {
  return std::binary_search(partitions.begin(), partitions.end(), partition);
}

bool TransactionMetadata::contains_all(const std::vector<TopicPartition>& added) const {
  return std::all_of(added.begin(), added.end(), [this](const auto& one) { return contains(one); });
}

std::vector<TopicPartition> sorted_unique(std::vector<TopicPartition> partitions) {
  std::sort(partitions.begin(), partitions.end());
  partitions.erase(std::unique(partitions.begin(), partitions.end()), partitions.end());
  return partitions;
}

}  // namespace barnabas::broker::transactions
