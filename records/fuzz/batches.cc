// Bytes as a run of record batches: the walk, every codec, and what a leader checks before it appends.
#include <cstddef>
#include <cstdint>

#include "records/batch.h"
#include "records/record.h"
#include "records/validation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace barnabas;           // NOLINT: one short program
  using namespace barnabas::records;  // NOLINT
  RecordLimits limits;
  limits.max_batch_bytes = 1 << 20;
  limits.max_record_bytes = 1 << 18;
  const ByteView run(data, size);

  BatchSplitter splitter(run);
  BatchView batch;
  while (splitter.next(batch) == SplitOutcome::kBatch) {
    BatchRecords walk(batch, limits);
    while (const RecordView* record = walk.next()) {
      record->headers.for_each([](const HeaderView&) {});
    }
  }

  ValidationOptions options;
  options.topic = "fuzz";
  options.limits = limits;
  options.compacted = size % 2 == 0;
  (void)validate_produce(run, options);
  return 0;
}
