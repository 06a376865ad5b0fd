// __cluster_metadata-0: the log, the snapshots and quorum-state.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "common/result.h"
#include "controller/log/snapshot_file.h"
#include "controller/quorum/election_state.h"
#include "controller/quorum/quorum_core.h"
#include "records/batch.h"
#include "storage/log_environment.h"

namespace barnabas::storage {
class Log;
}

namespace barnabas::controller {

struct MetadataLogConfig {
  std::string metadata_directory;  // holds __cluster_metadata-0
  std::int64_t segment_bytes = 1 << 30;
  std::int64_t segment_ms = 7LL * 24 * 3600 * 1000;
  std::int64_t retention_bytes = 100 << 20;            // -1 no limit
  std::int64_t retention_ms = 7LL * 24 * 3600 * 1000;  // -1 no limit
};

inline constexpr std::string_view kMetadataPartitionDirectory = "__cluster_metadata-0";

// One thread: the controller's. Errors are sentences; after one of a write the log's end is unknown and the
// process must not go on. Environment outlives it.
class MetadataLog {
 public:
  // Creates what is missing, recovers the log from its first byte, removes leftovers of interrupted
  // snapshots.
  static Result<std::unique_ptr<MetadataLog>, std::string> open(storage::LogEnvironment& environment,
                                                                MetadataLogConfig config);
  ~MetadataLog();
  MetadataLog(const MetadataLog&) = delete;
  MetadataLog& operator=(const MetadataLog&) = delete;

  // nullopt if there is no file.
  Result<std::optional<ElectionState>, std::string> load_election_state() const;
  Result<void, std::string> store_election_state(const ElectionState& state, std::int16_t kraft_version,
                                                 const VoterSet& voters);

  // Appends one batch, which gets the log's next offsets. In memory until flush().
  Result<void, std::string> append(ByteView batch, std::int32_t epoch);
  Result<void, std::string> flush();
  std::int64_t start_offset() const;
  LogEnd end() const;  // epoch of the newest snapshot when the log is empty
  void set_high_watermark(std::int64_t offset);
  // Calls see(batch) for every batch from `offset` to the end; an error of `see` ends it.
  using See = std::function<Result<void, std::string>(const records::BatchView&)>;
  Result<void, std::string> for_each_batch(std::int64_t offset, const See& see) const;

  // The newest one, 0-0 included.
  std::optional<SnapshotId> newest_snapshot() const;
  Result<SnapshotContent, std::string> load_snapshot(const SnapshotId& id) const;
  Result<void, std::string> write_snapshot(const SnapshotId& id, ByteView content);
  // Removes the oldest snapshots, and what of the log lies before the next one, while the rest is too large
  // or too old.
  Result<void, std::string> clean(std::int64_t now_ms);
  std::int64_t size_bytes() const;

  Result<void, std::string> close();

 private:
  MetadataLog(storage::LogEnvironment& environment, MetadataLogConfig config);
  Result<void, std::string> prepare_directory();
  Result<void, std::string> open_log();
  Result<void, std::string> check_snapshots();
  Result<void, std::string> remove_snapshot(const SnapshotId& id);
  Result<bool, std::string> is_expired(const SnapshotId& oldest, std::int64_t now_ms) const;
  std::string path_of(const SnapshotId& id) const;

  storage::LogEnvironment& environment_;
  const MetadataLogConfig config_;
  const std::string directory_;
  std::shared_ptr<storage::Log> log_;
  std::vector<SnapshotId> snapshots_;  // ascending
};

}  // namespace barnabas::controller
