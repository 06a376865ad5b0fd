#include "storage/tests/support.h"

#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "common/assert.h"
#include "records/record.h"

namespace barnabas::storage {

Buffer make_batch(const BatchSpec& spec) {
  records::BatchBuilder builder(spec.options);
  for (int i = 0; i < spec.count; ++i) {
    std::string value = spec.text;
    value.resize(spec.text.size() + spec.value_bytes, 'v');
    builder.add(spec.timestamp + i * spec.timestamp_step, as_bytes("key"), as_bytes(value));
  }
  return builder.build();
}

Buffer data_batch(std::int64_t producer_id, std::int16_t epoch, std::int32_t sequence, int count,
                  bool transactional) {
  BatchSpec spec{.count = count};
  spec.options.producer_id = producer_id;
  spec.options.producer_epoch = epoch;
  spec.options.base_sequence = sequence;
  spec.options.transactional = transactional;
  return make_batch(spec);
}

Buffer marker_batch(std::int64_t producer_id, std::int16_t epoch, bool committed,
                    std::int32_t coordinator_epoch) {
  records::BatchOptions options;
  options.producer_id = producer_id;
  options.producer_epoch = epoch;
  return records::end_transaction_batch(options, 1'700'000'000'000, {committed, coordinator_epoch});
}

std::vector<records::BatchView> split_all(ByteView bytes) {
  std::vector<records::BatchView> batches;
  records::BatchSplitter splitter(bytes);
  records::BatchView batch;
  for (;;) {
    const auto outcome = splitter.next(batch);
    if (outcome == records::SplitOutcome::kEnd) return batches;
    ASSERT(outcome == records::SplitOutcome::kBatch);
    batches.push_back(batch);
  }
}

TemporaryDirectory::TemporaryDirectory() {
  const char* base = std::getenv("TMPDIR");
  std::string pattern = std::string(base != nullptr ? base : "/tmp") + "/barnabas-storage-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  (void)remove_tree(*posix_file_system(), path_);
}

StorageResult<std::shared_ptr<Log>> LogHarness::open(const LogOpenOptions& options) {
  if (auto made = make_directories(environment.files, directory); !made)
    return std::unexpected(to_storage_error(made.error()));
  return Log::open(environment, {{"topic", 0}, topic_id, directory}, config, options);
}

StorageResult<AppendInfo> append(Log& log, const Buffer& batch, const AppendOptions& options,
                                 std::int32_t leader_epoch) {
  const auto batches = split_all(batch);
  auto info = log.append_as_leader(batches, leader_epoch, options);
  if (info) log.set_high_watermark(log.log_end_offset());
  return info;
}

Buffer all_bytes(const Log& log) {
  Buffer all;
  for (std::int64_t offset = log.log_start_offset(); offset < log.log_end_offset();) {
    const auto read = log.read(offset, 1 << 20, true, ReadBound::kLogEnd);
    if (!read || read->records.empty()) return all;
    const Buffer bytes = read->records.to_buffer();
    all.insert(all.end(), bytes.begin(), bytes.end());
    offset = read->next_offset;
  }
  return all;
}

std::vector<std::int64_t> all_offsets(const Log& log) {
  std::vector<std::int64_t> offsets;
  const Buffer bytes = all_bytes(log);
  for (const records::BatchView& batch : split_all(bytes)) {
    records::BatchRecords walk(batch);
    while (walk.next() != nullptr)
      if (walk.offset() >= log.log_start_offset()) offsets.push_back(walk.offset());
  }
  return offsets;
}

}  // namespace barnabas::storage
