// What a partition must hold: every batch that was written, in the order of the log, outside the log's files.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "common/topic_partition.h"
#include "records/batch.h"
#include "simulation/violation.h"
#include "storage/log.h"

namespace barnabas::simulation {

// One thread. Lives through every crash of its world; the log it is compared with does not.
class PartitionModel {
 public:
  PartitionModel(TopicPartition name, bool compacted) : name_(std::move(name)), compacted_(compacted) {}

  const TopicPartition& name() const { return name_; }
  bool compacted() const { return compacted_; }
  std::int64_t end() const { return written_.empty() ? 0 : written_.rbegin()->second.last_offset + 1; }

  // A batch is about to be appended at the log's end; refused() if it certainly was not.
  void writing(const Buffer& batch, std::int64_t offset, std::int32_t leader_epoch);
  void refused() { written_.erase(std::prev(written_.end())); }
  void acknowledged(std::int64_t end) { acknowledged_ = std::max(acknowledged_, end); }
  // What readers could see of the log, and where its start was for good.
  void seen(std::int64_t high_watermark) { seen_ = std::max(seen_, high_watermark); }
  void start_is_durable(std::int64_t offset) { durable_start_ = std::max(durable_start_, offset); }
  // The first offset that all producers have left behind: below it nothing holds the sequence that a producer
  // goes on from. (Who loses that, to DeleteRecords and a crash without a snapshot, is refused by Kafka too.)
  std::int64_t deletable() const;
  // The batch of a producer with that sequence that is in the log.
  bool holds(std::int64_t producer_id, std::int16_t epoch, std::int32_t sequence, std::int64_t offset) const;

  // After a start: what was not acknowledged may be gone.
  Verdict take_over(const storage::Log& log);
  // Between starts. `of_producer`: who wrote which value numbers is checked as well.
  Verdict check(const storage::Log& log) const;

 private:
  struct Record {
    std::string key;
    std::optional<std::string> value;
  };
  struct Batch {
    std::int64_t last_offset = -1;
    std::int64_t producer_id = -1;
    std::int16_t epoch = -1;
    std::int32_t sequence = -1;
    bool transactional = false;
    bool control = false;
    bool committed = false;  // of a marker
    std::map<std::int64_t, Record> records;
    Buffer bytes;
  };
  struct Transaction {
    std::int64_t producer_id = -1, first_offset = -1, last_offset = -1;
    bool aborted = false;
  };
  struct Outcome {
    std::vector<Transaction> ended;                // in the order of their markers
    std::map<std::int64_t, std::int64_t> open;     // producer id -> first offset
    std::map<std::int64_t, bool> visible_batches;  // base offset of data batches: are they committed
  };

  void forget_lost(const storage::Log& log);
  Outcome replay() const;
  Verdict check_content(const storage::Log& log, const Buffer& bytes) const;
  Verdict check_record(std::int64_t offset, const records::RecordView& record) const;
  Verdict check_look_ups(const storage::Log& log, const Buffer& bytes) const;
  Verdict check_producers(const storage::Log& log, const Buffer& bytes) const;
  Verdict check_stable_offset(const storage::Log& log, const Outcome& outcome) const;
  Verdict check_committed_view(const storage::Log& log, const Outcome& outcome) const;
  Violation shown_in_error(const storage::Log& log, const Outcome& outcome, std::int64_t offset) const;
  Verdict check_numbers() const;

  const TopicPartition name_;
  const bool compacted_;
  std::map<std::int64_t, Batch> written_;  // by base offset
  std::int64_t acknowledged_ = 0;
  std::int64_t seen_ = 0;
  std::int64_t durable_start_ = 0;
};

}  // namespace barnabas::simulation
