#include "storage/compaction/cleaned_transactions.h"

#include <utility>

#include "records/batch_builder.h"
#include "records/record.h"

namespace barnabas::storage {

void CleanedTransactions::add_aborted(std::span<const AbortedEntry> entries) {
  for (const AbortedEntry& entry : entries) upcoming_.push(entry);
}

void CleanedTransactions::begin_up_to(std::int64_t offset) {
  while (!upcoming_.empty() && upcoming_.top().first_offset <= offset) {
    aborted_.try_emplace(upcoming_.top().producer_id, Ongoing{upcoming_.top()});
    upcoming_.pop();
  }
}

bool CleanedTransactions::on_data(const records::BatchView& batch) {
  begin_up_to(batch.last_offset());
  if (!batch.is_transactional()) return false;
  const auto found = aborted_.find(batch.producer_id());
  if (found == aborted_.end()) {
    committed_.insert(batch.producer_id());
    return false;
  }
  found->second.has_data = true;
  return true;
}

bool CleanedTransactions::on_control(const records::BatchView& batch) {
  begin_up_to(batch.last_offset());
  records::BatchRecords walk(batch);
  const records::RecordView* record = walk.next();
  // An emptied batch was a marker once and is not needed.
  if (record == nullptr) return walk.fault() == records::RecordFault::kNone;
  const auto key = record->key ? records::parse_control_key(*record->key) : std::nullopt;
  if (!key) return false;
  if (key->type == records::control_type::kCommit) return committed_.erase(batch.producer_id()) == 0;
  if (key->type != records::control_type::kAbort) return false;
  const auto found = aborted_.find(batch.producer_id());
  if (found == aborted_.end()) return true;
  const Ongoing ongoing = found->second;
  aborted_.erase(found);
  if (ongoing.has_data) kept_aborts_.push_back(ongoing.entry);
  return !ongoing.has_data;
}

std::vector<AbortedEntry> CleanedTransactions::take_kept_aborts() {
  return std::exchange(kept_aborts_, {});
}

}  // namespace barnabas::storage
