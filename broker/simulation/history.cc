#include "broker/simulation/history.h"

#include "common/text.h"
#include "records/record.h"

namespace barnabas::broker::simulation {

std::size_t History::begin() {
  transactions_.emplace_back();
  return transactions_.size() - 1;
}

void History::decided(std::size_t transaction, bool commit) {
  at(transaction).decided = commit;
  ++(commit ? committed_ : aborted_);
}

void History::acknowledged(std::size_t transaction, std::int32_t partition, std::string value) {
  at(transaction).acknowledged.emplace_back(partition, std::move(value));
}

Verdict History::identity(const std::string& transactional_id, const transactions::ProducerIdentity& told) {
  auto& newest = newest_[transactional_id];
  if (told.id < newest.id || (told.id == newest.id && told.epoch < newest.epoch))
    return Violation{"EpochsNeverGoBack", concat(transactional_id, " was told ", told.id, '/', told.epoch,
                                                 " after ", newest.id, '/', newest.epoch)};
  newest = told;
  return {};
}

// Every record of the partition with the outcome that the markers behind it give it.
Verdict History::read(Machine& machine, std::int32_t partition, Records& records) {
  const storage::Log& log = machine.data(partition)->log();
  std::map<std::int64_t, std::vector<std::string>> open;  // by producer
  for (std::int64_t offset = log.log_start_offset(); offset < log.log_end_offset();) {
    const auto read = log.read(offset, 1 << 20, true, storage::ReadBound::kLogEnd);
    if (!read || read->next_offset <= offset)
      return Violation{"EverythingReads", concat("partition ", partition, " at offset ", offset)};
    const Buffer bytes = read->records.to_buffer();
    records::BatchSplitter splitter(bytes);
    records::BatchView batch;
    while (splitter.next(batch) == records::SplitOutcome::kBatch) {
      records::BatchRecords walk(batch);
      while (const auto* record = walk.next()) {
        if (batch.is_control()) {
          const auto marker = records::parse_end_transaction(*record);
          for (const std::string& value : open[batch.producer_id()])
            if (marker) records[value].committed = marker->committed;
          open.erase(batch.producer_id());
          continue;
        }
        const std::string value(as_text(record->value.value_or(ByteView())));
        const auto number = parse_number<std::size_t>(std::string_view(value).substr(0, value.find(':')));
        if (!number || !records.emplace(value, Found{*number}).second)
          return Violation{"NothingTwice", concat(value, " at offset ", walk.offset())};
        open[batch.producer_id()].push_back(value);
      }
    }
    offset = read->next_offset;
  }
  return {};
}

Verdict History::check_outcomes(const std::vector<Records>& partitions) const {
  std::map<std::size_t, bool> outcomes;
  for (const Records& records : partitions)
    for (const auto& [value, found] : records) {
      if (!found.committed) continue;
      const auto [place, first] = outcomes.try_emplace(found.transaction, *found.committed);
      if (place->second != *found.committed)
        return Violation{"OneOutcome",
                         concat("transaction ", found.transaction, " is committed and aborted")};
      const Transaction& transaction = transactions_[found.transaction];
      if (*found.committed && !transaction.asked_commit)
        return Violation{"CommittedOnRequest", concat("nobody committed transaction ", found.transaction)};
      if (transaction.decided && *transaction.decided != *found.committed)
        return Violation{"OutcomeAsAnswered", concat("transaction ", found.transaction, " was answered ",
                                                     *transaction.decided ? "committed" : "aborted")};
    }
  return {};
}

Verdict History::check_promises(const std::vector<Records>& partitions, bool settled) const {
  for (std::size_t number = 0; number < transactions_.size(); ++number) {
    const Transaction& transaction = transactions_[number];
    for (const auto& [partition, value] : transaction.acknowledged) {
      const Records& records = partitions[static_cast<std::size_t>(partition)];
      const auto found = records.find(value);
      if (found == records.end())
        return Violation{"AcknowledgedIsKept", concat(value, " is not in partition ", partition)};
      if (settled && transaction.decided && found->second.committed != transaction.decided)
        return Violation{"MarkersReachEverybody",
                         concat(value, " in partition ", partition, " has no marker of the decision")};
    }
  }
  return {};
}

Verdict History::check_settled(Machine& machine) const {
  for (std::int32_t i = 0; i < kDataPartitions; ++i) {
    const storage::Log& log = machine.data(i)->log();
    if (log.last_stable_offset() != log.log_end_offset())
      return Violation{"NothingHangs", concat("partition ", i, " is open from offset ",
                                              log.last_stable_offset(), " to ", log.log_end_offset())};
  }
  std::optional<transactions::ListTransactionsReply> listed;
  machine.coordinator().list({}, [&](transactions::ListTransactionsReply&& reply) { listed = reply; });
  if (!listed || listed->error != protocol::ErrorCode::kNone)
    return Violation{"NothingHangs", "the coordinator does not answer"};
  for (const auto& one : listed->transactions) {
    using enum transactions::TransactionState;
    if (one.state == kOngoing || one.state == kPrepareCommit || one.state == kPrepareAbort)
      return Violation{"NothingHangs", concat("the transaction of ", one.transactional_id, " does not end")};
  }
  return {};
}

Verdict History::check(Machine& machine, bool settled) const {
  std::vector<Records> partitions(kDataPartitions);
  for (std::int32_t i = 0; i < kDataPartitions; ++i)
    if (auto found = read(machine, i, partitions[static_cast<std::size_t>(i)])) return found;
  if (auto found = check_outcomes(partitions)) return found;
  if (settled)
    if (auto found = check_settled(machine)) return found;
  return check_promises(partitions, settled);
}

}  // namespace barnabas::broker::simulation
