// A stretch of a log: one .log file with its offset, time and transaction index.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "records/batch.h"
#include "storage/batch_scanner.h"
#include "storage/file_cache.h"
#include "storage/index_file.h"
#include "storage/transaction_index.h"

namespace barnabas::storage {

// "00000000000000000042" of 42.
std::string offset_name(std::int64_t offset);
// The offset that a file name begins with: 20 digits; nullopt otherwise.
std::optional<std::int64_t> offset_of_name(std::string_view name);

struct TimestampMark {
  std::int64_t timestamp = -1;
  std::int64_t offset = -1;  // last offset of the batch that first had it
};

// A batch found by a look-up: where it starts and what its header says.
struct FoundBatch {
  std::int64_t position = 0;
  std::int64_t size = 0;
  std::int64_t base_offset = 0;
  std::int64_t next_offset = 0;
  std::int64_t max_timestamp = -1;
  std::int32_t leader_epoch = -1;
};

// Owned by its Log and by reads in flight. One writer at a time (the Log's writer mutex); look-ups from any
// thread, which see what was published. The indexes are guarded by a mutex of the segment's own; files open
// on demand and may be closed by the FileCache at any time between two uses.
class Segment {
 public:
  // `suffix`: what its file names end with, behind the extension; a literal.
  Segment(FileSystem& files, FileCache& cache, std::shared_ptr<const std::string> directory,
          std::int64_t base_offset, std::int32_t index_interval_bytes, std::int64_t opened_ms,
          std::string_view suffix = "");

  std::int64_t base_offset() const { return base_offset_; }
  // Published bytes: whole batches that readers may see.
  std::int64_t size() const { return size_.load(std::memory_order_acquire); }
  // `size` is what the file is known to hold.
  void set_size(std::int64_t size) { size_.store(size, std::memory_order_release); }
  std::int64_t opened_ms() const { return opened_ms_; }
  std::string path(std::string_view extension) const;

  // A new segment: index files that may lie there do not count.
  void start_empty();

  // --- the writer ---
  IoResult<std::shared_ptr<File>> file() const;   // must exist
  IoResult<std::shared_ptr<File>> create_file();  // created and empty
  // Notes a batch written at `position` in the indexes. Call in order, before set_size.
  IoResult<void> note_batch(std::int64_t position, std::int64_t size, std::int64_t last_offset,
                            std::int64_t max_timestamp);
  IoResult<void> note_aborted(const AbortedEntry& entry);
  bool index_full(std::int64_t index_bytes) const;
  // Completes the time index and writes both indexes out.
  IoResult<void> store_indexes();
  // Makes what is stored durable. Any thread.
  IoResult<void> sync_indexes();
  // Forgets the indexes' content, for rebuilding.
  void reset_indexes();
  // Cuts at `position`, which begins the batch of `offset`; drops index entries at and above.
  IoResult<void> truncate(std::int64_t offset, std::int64_t position);

  // --- look-ups ---
  // The first batch with a last offset >= `offset` that begins below `end`; nullopt if there is none.
  IoResult<std::optional<FoundBatch>> find(std::int64_t offset, std::int64_t end) const;
  // The batch that begins at `position`.
  IoResult<std::optional<FoundBatch>> batch_at(std::int64_t position, std::int64_t end) const;
  // The first batch boundary that the batch after it would carry beyond `limit`, seen from the boundary
  // `start`: nullopt if all of [start, end) fits. position == start when not even one batch does.
  IoResult<std::optional<FoundBatch>> first_beyond(std::int64_t start, std::int64_t limit,
                                                   std::int64_t end) const;
  // The largest timestamp; -1 if the segment has none. Reads the time index once.
  IoResult<TimestampMark> largest_timestamp() const;
  // Where to begin looking for `timestamp`: an offset at or below the first record that has at least it.
  IoResult<std::int64_t> offset_before_timestamp(std::int64_t timestamp) const;
  // The largest timestamp of the first batch; -1 if there is none. Read once.
  IoResult<std::int64_t> first_batch_timestamp() const;
  IoResult<std::vector<AbortedEntry>> aborted() const;
  // The offset after the last batch, found from the last index entry on; nullopt if the file does not end
  // with a whole batch.
  IoResult<std::optional<std::int64_t>> find_end_offset() const;
  // When the .log file was last written.
  IoResult<std::int64_t> modified_ms() const;
  IoResult<void> set_modified_ms(std::int64_t modified_ms);
  struct IndexBytes {
    std::int64_t offsets = 0;
    std::int64_t times = 0;
  };
  IoResult<IndexBytes> index_bytes() const;

  // --- life ---
  // Makes the published bytes durable. Any thread.
  IoResult<void> sync_log() const;
  // Renames all files to end with ".deleted". Returns their new paths.
  IoResult<std::vector<std::string>> mark_deleted();
  // Renames all files to end with `suffix` instead of what they end with, the .log first.
  IoResult<std::vector<std::string>> change_suffix(std::string_view suffix);
  // True once log and indexes of a closed segment were made durable.
  bool is_durable() const { return durable_.load(std::memory_order_acquire); }
  void set_durable(bool durable) { durable_.store(durable, std::memory_order_release); }
  bool is_deleted() const { return deleted_.load(std::memory_order_acquire); }
  IoResult<void> remove_files();
  void set_directory(std::shared_ptr<const std::string> directory);
  void close_files();

 private:
  std::string path_locked(std::string_view extension) const;
  IoResult<std::vector<std::string>> rename_files(std::string_view suffix);  // mutex held
  IoResult<std::int64_t> position_before(std::int64_t offset) const;
  // The position that an index entry names, or 0 where a damaged entry names none of this file.
  std::int64_t usable(std::int64_t position) const;
  IoResult<void> append_time_entry();   // mutex held
  IoResult<void> load_largest() const;  // mutex held

  FileSystem& files_;
  const std::int64_t base_offset_;
  const std::int32_t index_interval_bytes_;
  const std::int64_t opened_ms_;
  std::atomic<std::int64_t> size_{0};
  std::atomic<bool> deleted_{false};
  std::atomic<bool> durable_{false};
  mutable CachedFile log_;

  mutable std::mutex mutex_;  // all below
  std::shared_ptr<const std::string> directory_;
  std::string_view suffix_;
  mutable IndexFile<OffsetEntry> offsets_;
  mutable IndexFile<TimeEntry> times_;
  mutable TransactionIndex transactions_;
  std::int64_t bytes_since_entry_ = 0;
  mutable TimestampMark largest_;
  mutable bool largest_known_ = false;
  mutable std::optional<std::int64_t> first_timestamp_;
  bool indexes_changed_ = false;
};

}  // namespace barnabas::storage
