// What of a batch survives a cleaning: Kafka's rules for keys, tombstones, transactions and producers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "common/result.h"
#include "records/batch.h"
#include "records/record.h"
#include "storage/compaction/cleaned_transactions.h"
#include "storage/compaction/key_offsets.h"

namespace barnabas::storage {

// Where an active producer stands: its last batch stays, emptied if need be, for the sequence numbers in it.
struct LastRecord {
  std::optional<std::int64_t> data_offset;  // none: a marker was the last
  std::int16_t epoch = -1;
};
using LastRecords = std::unordered_map<std::int64_t, LastRecord>;  // by producer id

struct FilterRules {
  const KeyOffsets& keys;
  const LastRecords& producers;
  std::int64_t now_ms = 0;
  std::int64_t delete_retention_ms = 0;
  // The offset after the last one that is cleaned this time: its batch stays, so that the end is not lost.
  std::int64_t round_end = 0;
};

struct FilterCounts {
  std::int64_t records_read = 0;
  std::int64_t records_kept = 0;
  std::int64_t records_without_key = 0;
};

enum class BatchFate : std::uint8_t {
  kGone,
  kWhole,      // as it was, byte by byte
  kRewritten,  // rewritten() has it
};

// Batches go in by rising offsets. One thread; the rules and the transactions outlive it.
class BatchFilter {
 public:
  BatchFilter(const FilterRules& rules, CleanedTransactions& transactions)
      : rules_(rules), transactions_(transactions) {}

  // A fault is a batch that cannot be read, or whose CRC is wrong where it would be written anew.
  Result<BatchFate, std::string_view> filter(const records::BatchView& batch);
  // After kRewritten; the caller may move it away.
  Buffer& rewritten() { return rewritten_; }
  const FilterCounts& counts() const { return counts_; }

 private:
  bool is_last_of_producer(const records::BatchView& batch) const;
  enum class Verdict : std::uint8_t { kGoes, kStays, kMapDecides };
  Verdict judge(const records::BatchView& batch, std::int64_t offset, const records::RecordView& record);
  void keep(std::size_t place, bool tombstone);
  void look_up(std::size_t place, std::int64_t offset, const records::RecordView& record);
  void decide_lookups();
  records::RecordFault mark_kept(const records::BatchView& batch, bool discards);
  records::RecordFault rewrite(const records::BatchView& batch, std::optional<std::int64_t> horizon_ms);
  void write_empty(const records::BatchView& batch);

  const FilterRules rules_;
  CleanedTransactions& transactions_;
  FilterCounts counts_;
  Buffer rewritten_;
  std::vector<bool> kept_;  // by place in the batch
  std::int64_t kept_count_ = 0;
  bool kept_tombstone_ = false;
  struct LookUp {
    KeyHash key;
    std::int64_t offset = 0;
    std::size_t place = 0;
    bool tombstone = false;
  };
  std::array<LookUp, KeyOffsets::kAtOnce> lookups_;
  std::size_t lookup_count_ = 0;
};

}  // namespace barnabas::storage
