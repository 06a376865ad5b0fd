// Bytes as the files of a partition's directory: opened after a clean stop or a crash, read to its end,
// written to, closed and opened again. What cannot be read is refused or cut off; nothing else may happen.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/clock.h"
#include "common/logging.h"
#include "records/batch_builder.h"
#include "records/fuzz/mend_checksums.h"
#include "storage/log.h"
#include "storage/simulation/simulated_file_system.h"

namespace barnabas::storage {
namespace {

constexpr std::string_view kDirectory = "/data/topic-0";
constexpr std::array<std::string_view, 16> kNames{
    "00000000000000000000.log",       "00000000000000000000.index",       "00000000000000000000.timeindex",
    "00000000000000000000.txnindex",  "00000000000000000002.log",         "00000000000000000002.index",
    "00000000000000000002.timeindex", "00000000000000000002.txnindex",    "00000000000000000002.snapshot",
    "00000000000000000004.snapshot",  "leader-epoch-checkpoint",          "partition.metadata",
    "00000000000000000000.log.swap",  "00000000000000000000.log.cleaned", "00000000000000000002.log.deleted",
    "00000000000000000000.index.swap"};

// The first byte says how the log is opened.
constexpr std::uint8_t kClean = 1, kMendChecksums = 2, kSeveralThreads = 4, kCompacted = 8;

void read_all(const Log& log) {
  for (const ReadBound bound : {ReadBound::kLogEnd, ReadBound::kLastStable}) {
    for (std::int64_t offset = log.log_start_offset(); offset < log.log_end_offset();) {
      const auto read = log.read(offset, 4096, true, bound);
      if (!read || read->records.empty()) break;
      if (read->next_offset <= offset) std::abort();
      offset = read->next_offset;
    }
  }
  (void)log.offset_for_timestamp(0);
  (void)log.offset_of_max_timestamp();
}

void live(LogEnvironment& environment, const LogOpenOptions& options,
          std::shared_ptr<const LogConfig> config) {
  auto opened =
      Log::open(environment, {{"topic", 0}, Uuid::reserved(200), std::string(kDirectory)}, config, options);
  if (!opened) return;
  Log& log = **opened;
  if (log.log_start_offset() > log.log_end_offset()) std::abort();
  log.set_high_watermark(log.log_end_offset());
  read_all(log);
  records::BatchBuilder builder;
  builder.add(1'700'000'000'000, as_bytes("key"), as_bytes("value"));
  const Buffer batch = builder.build();
  const records::BatchView view{ByteView(batch)};
  const std::int64_t end = log.log_end_offset();
  const auto written = log.append_as_leader({&view, 1}, log.latest_epoch() + 1);
  if (written && (written->first_offset != end || log.log_end_offset() != end + 1)) std::abort();
  if (written) log.set_high_watermark(log.log_end_offset());
  read_all(log);
  (void)log.close();
}

}  // namespace
}  // namespace barnabas::storage

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace barnabas;           // NOLINT: one short program
  using namespace barnabas::storage;  // NOLINT
  if (size < 2) return 0;
  set_log_level(LogLevel::kOff);
  const std::uint8_t flags = data[0];
  LogOpenOptions options{.clean = (flags & kClean) != 0, .recovery_point = data[1] & 15};
  options.log_start_offset = data[1] >> 6;
  options.recovery_threads = (flags & kSeveralThreads) != 0 ? 3 : 1;
  auto config = std::make_shared<LogConfig>();
  config->segment_bytes = 4096;
  config->cleanup_compact = (flags & kCompacted) != 0;

  SimulatedFileSystem files;
  // A file after the other: a name, a length of two bytes, the bytes.
  for (std::size_t at = 2; size - at >= 3;) {
    const std::string_view name = kNames[data[at] % kNames.size()];
    const std::size_t length = std::min<std::size_t>(data[at + 1] | data[at + 2] << 8, size - at - 3);
    Buffer bytes(data + at + 3, data + at + 3 + length);
    if ((flags & kMendChecksums) != 0 && name.find(".log") != std::string_view::npos)
      records::mend_checksums(bytes);
    files.put(join_path(kDirectory, name), bytes);
    at += 3 + length;
  }
  (void)make_directories(files, std::string(kDirectory));
  {
    ManualClock clock;
    FileCache descriptors(files, 20);
    PendingDeletions deletions;
    LogEnvironment environment{files, descriptors, deletions, clock, 86'400'000, {}};
    live(environment, options, config);
    options.clean = true;
    live(environment, options, config);
  }
  return 0;
}
