// Bytes as a file of the metadata log: a snapshot, or the log itself, whose records are read and applied to
// an empty image. With an odd first byte the checksums are mended first.
#include <cstddef>
#include <cstdint>
#include <string>

#include "controller/image/image_builder.h"
#include "controller/log/control_records.h"
#include "controller/log/snapshot_file.h"
#include "records/batch.h"
#include "records/fuzz/mend_checksums.h"

namespace barnabas::controller {
namespace {

void apply(ImageBuilder& builder, const MetadataRecords& records) {
  for (const MetadataRecord& record : records)
    if (!builder.apply(record)) return;
}

}  // namespace
}  // namespace barnabas::controller

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace barnabas;              // NOLINT: one short program
  using namespace barnabas::controller;  // NOLINT
  if (size < 1) return 0;
  Buffer bytes(data + 1, data + size);
  if (data[0] % 2 == 1) records::mend_checksums(bytes);

  const MetadataImage empty;
  ImageBuilder from_snapshot(empty);
  if (const auto snapshot = read_snapshot(bytes)) apply(from_snapshot, snapshot->records);
  (void)from_snapshot.build(1, 1, 0);

  ImageBuilder from_log(empty);
  records::BatchSplitter splitter(bytes);
  records::BatchView batch;
  while (splitter.next(batch) == records::SplitOutcome::kBatch) {
    if (batch.is_control())
      (void)read_control_batch(batch);
    else if (const auto records = read_records(batch))
      apply(from_log, *records);
  }
  (void)from_log.build(1, 1, 0);
  return 0;
}
