#include "storage/tests/log_checks.h"

#include <algorithm>
#include <map>

#include "storage/tests/support.h"

namespace barnabas::storage {
namespace {

void check_offsets(const Log& log) {
  std::int64_t next = log.log_start_offset();
  for (const std::int64_t offset : all_offsets(log)) ASSERT_EQ(offset, next++) << "OffsetsDense";
  EXPECT_EQ(next, log.log_end_offset()) << "OffsetsDense";
}

void check_look_ups(const Log& log) {
  const Buffer bytes = all_bytes(log);
  for (const auto& batch : split_all(bytes)) {
    for (std::int64_t offset = std::max(batch.base_offset(), log.log_start_offset());
         offset <= batch.last_offset(); ++offset) {
      const auto read = log.read(offset, 1, true, ReadBound::kLogEnd);
      ASSERT_TRUE(read) << "LookUpsAgree " << offset;
      const Buffer found = read->records.to_buffer();
      ASSERT_EQ(split_all(found).size(), 1u);
      EXPECT_EQ(split_all(found).front().base_offset(), batch.base_offset()) << "LookUpsAgree";
    }
  }
  const auto first = log.offset_for_timestamp(0);
  ASSERT_TRUE(first) << "LookUpsAgree";
  EXPECT_EQ(first->has_value(), !bytes.empty()) << "LookUpsAgree";
  if (*first) {
    EXPECT_EQ((*first)->offset, log.log_start_offset()) << "LookUpsAgree";
  }
}

void check_producers(const Log& log) {
  ProducerState wanted;
  ProducerCheck how;
  how.origin = AppendOrigin::kReplication;
  const Buffer bytes = all_bytes(log);
  for (const auto& batch : split_all(bytes)) {
    ProducerChanges changes;
    ASSERT_TRUE(wanted.check(batch, batch.base_offset(), how, changes));
    wanted.apply(changes);
    for (const auto& transaction : changes.completed) wanted.complete(transaction);
  }
  for (const ProducerEntry& entry : wanted.entries()) {
    const auto known = log.producer(entry.producer_id);
    ASSERT_TRUE(known) << "ProducersAgree";
    EXPECT_EQ(known->epoch, entry.epoch) << "ProducersAgree";
    EXPECT_EQ(known->transaction_first_offset, entry.transaction_first_offset) << "ProducersAgree";
    if (known->has_batches() && entry.has_batches()) {
      EXPECT_EQ(known->last_sequence(), entry.last_sequence()) << "ProducersAgree";
    }
  }
}

void check_aborted(const Log& log) {
  struct Aborted {
    std::int64_t producer_id, first_offset, last_offset;
  };
  std::vector<Aborted> aborted;
  std::map<std::int64_t, std::int64_t> open;  // producer id -> first offset
  const Buffer bytes = all_bytes(log);
  const auto batches = split_all(bytes);
  for (const auto& batch : batches) {
    if (!batch.is_control() && batch.is_transactional())
      open.emplace(batch.producer_id(), batch.base_offset());
    if (!batch.is_control()) continue;
    records::BatchRecords walk(batch);
    const auto marker = records::parse_end_transaction(*walk.next());
    ASSERT_TRUE(marker);
    const auto began = open.find(batch.producer_id());
    if (began == open.end()) continue;
    if (!marker->committed) aborted.push_back({began->first, began->second, batch.base_offset()});
    open.erase(began);
  }
  for (const auto& batch : batches) {
    const std::int64_t from = std::max(batch.base_offset(), log.log_start_offset());
    const auto read = log.read(from, 1, true, ReadBound::kLastStable);
    ASSERT_TRUE(read) << "AbortedAgree";
    if (read->records.empty()) continue;
    for (const Aborted& wanted : aborted) {
      if (wanted.last_offset < from || wanted.first_offset >= read->next_offset) continue;
      const AbortedTransaction entry{wanted.producer_id, wanted.first_offset};
      EXPECT_NE(std::find(read->aborted.begin(), read->aborted.end(), entry), read->aborted.end())
          << "AbortedAgree: producer " << wanted.producer_id << " from " << wanted.first_offset
          << " is not told at " << from;
    }
    for (const AbortedTransaction& told : read->aborted) {
      const bool known = std::any_of(aborted.begin(), aborted.end(), [&](const Aborted& wanted) {
        // A transaction that began below the log start is known by the index alone.
        return wanted.producer_id == told.producer_id && wanted.first_offset == told.first_offset;
      });
      EXPECT_TRUE(known || told.first_offset < log.log_start_offset())
          << "AbortedAgree: producer " << told.producer_id << " from " << told.first_offset
          << " was not aborted";
    }
  }
}

void check_epochs(const Log& log) {
  const Buffer bytes = all_bytes(log);
  for (const auto& batch : split_all(bytes)) {
    const auto epoch = log.epoch_of(std::max(batch.base_offset(), log.log_start_offset()));
    ASSERT_TRUE(epoch) << "EpochsAgree";
    EXPECT_EQ(*epoch, batch.leader_epoch()) << "EpochsAgree at " << batch.base_offset();
  }
}

}  // namespace

void check_log(const Log& log) {
  check_offsets(log);
  check_look_ups(log);
  check_producers(log);
  check_aborted(log);
  check_epochs(log);
}

}  // namespace barnabas::storage
