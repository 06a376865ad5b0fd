// Bytes as the log of an internal topic, whose records are replayed into the coordinators of groups (classic,
// consumer, share and streams) and of share state; each is asked then what it knows. With an odd first byte
// the checksums are mended first.
#include <cstddef>
#include <cstdint>
#include <optional>

#include "broker/groups/group_shard.h"
#include "broker/share/state/shard.h"
#include "common/random.h"
#include "records/batch.h"
#include "records/fuzz/mend_checksums.h"
#include "records/record.h"

namespace barnabas::broker {
namespace {

constexpr coordination::Instant kNow{1'700'000'000'000, 1'000};

class AnyTopic final : public share::ShareStatePorts {
 public:
  std::int32_t partition_count(const Uuid&) const override { return 1'000'000; }
  bool share_groups_enabled() const override { return true; }
  void prune(std::int32_t) override {}
};

// Gives every record to `core`, as a host does when it loads.
template <class Core>
void replay(ByteView log, Core& core) {
  records::BatchSplitter splitter(log);
  records::BatchView batch;
  while (splitter.next(batch) == records::SplitOutcome::kBatch) {
    records::BatchRecords walk(batch);
    const bool transactional = batch.is_transactional() && !batch.is_control();
    while (const auto* record = walk.next()) {
      if (batch.is_control()) {
        const auto marker = records::parse_end_transaction(*record);
        if (marker) core.replay_end_transaction(batch.producer_id(), marker->committed);
        continue;
      }
      if (!record->key) continue;
      const auto decoded = Core::decode(*record->key, record->value);
      coordination::Effects<typename Core::Record> none;
      if (decoded) core.replay(*decoded, walk.offset(), transactional ? batch.producer_id() : -1, kNow, none);
    }
  }
  coordination::Effects<typename Core::Record> effects;
  core.loaded(kNow, effects);
}

void ask(const groups::GroupShard& shard) {
  for (const auto& group : shard.list({})) {
    (void)shard.describe(group.group_id);
    (void)shard.describe_consumer(group.group_id);
    (void)shard.describe_share(group.group_id);
    (void)shard.describe_streams(group.group_id);
  }
  (void)shard.counts();
}

// About every key that the log names: what it knows, a write, and how that would be recorded.
void ask(ByteView log, share::ShareStateShard& shard) {
  records::BatchSplitter splitter(log);
  records::BatchView batch;
  while (splitter.next(batch) == records::SplitOutcome::kBatch) {
    records::BatchRecords walk(batch);
    while (const auto* record = walk.next()) {
      if (!record->key) continue;
      const auto decoded = share::decode_record(*record->key, std::nullopt);
      if (!decoded) continue;
      const share::SharePartitionKey& key = decoded->key;
      (void)shard.read_summary(key);
      const auto read = shard.read(key, 7, kNow);
      if (read.record) (void)share::encode_record(*read.record);
      share::StateWrite write;
      write.batches = read.answer.batches;
      write.state_epoch = write.leader_epoch = -1;
      const auto written = shard.write(key, write, kNow);
      if (written.record) (void)share::encode_record(*written.record);
      (void)shard.initialize(key, -1, 5, kNow);
    }
  }
  (void)shard.take_redundant();
}

}  // namespace
}  // namespace barnabas::broker

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace barnabas;          // NOLINT: one short program
  using namespace barnabas::broker;  // NOLINT
  if (size < 1) return 0;
  Buffer log(data + 1, data + size);
  if (data[0] % 2 == 1) records::mend_checksums(log);

  const auto random = seeded_random(1);
  groups::GroupShard groups({}, *random);
  replay(log, groups);
  ask(groups);

  AnyTopic ports;
  share::ShareStateShard states({.updates_per_snapshot = 2}, ports, 0);
  replay(log, states);
  ask(log, states);
  return 0;
}
