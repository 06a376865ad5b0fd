// What the tests of compaction share: batches of keys and values, one cleaning, what a log holds afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/compaction/log_cleaning.h"
#include "storage/tests/support.h"

namespace barnabas::storage {

struct KeyValue {
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::int64_t timestamp = 1'700'000'000'000;
};

Buffer keyed_batch(const std::vector<KeyValue>& records, const records::BatchOptions& options = {});
// One record in a batch of its own.
Buffer keyed(const std::string& key, std::optional<std::string> value);
// Of a transaction.
Buffer transactional(std::int64_t producer_id, std::int32_t sequence, const std::string& key,
                     std::optional<std::string> value);

struct StoredRecord {
  std::int64_t offset = -1;
  std::optional<std::string> key;
  std::optional<std::string> value;
  bool operator==(const StoredRecord&) const = default;
};

// Of data batches alone, from the log start on.
std::vector<StoredRecord> stored_records(const Log& log);
// The last value of each key, no value where it is a tombstone; records above the last are not looked at.
std::map<std::string, std::optional<std::string>> last_values(const Log& log);
// "5:key=value 6:key=" of the records, "[7]" of a batch without records, "<8 commit>" of a marker.
std::string picture(const Log& log);

struct CompactionOptions {
  std::int64_t first_dirty = 0;
  std::int64_t now_ms = 1'700'000'000'000;
  std::size_t key_bytes = 1 << 20;
  std::size_t io_bytes = 4096;
  CleaningPace pace = [](std::int64_t) { return true; };
};

// Cleans [first_dirty, the active segment or last stable offset).
StorageResult<CleaningReport> compact(Log& log, const CompactionOptions& options = {});

}  // namespace barnabas::storage
