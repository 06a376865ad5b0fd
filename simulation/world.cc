#include "simulation/world.h"

#include <algorithm>
#include <cerrno>

#include "common/text.h"
#include "records/batch_builder.h"

namespace barnabas::simulation {
namespace {

using storage::CrashLoss;
using storage::StorageErrorCode;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr int kKeys = 8;

std::size_t pick(Random& random, std::size_t count) {
  return static_cast<std::size_t>(random.below(count));
}

}  // namespace

void SimulatedPool::run() {
  while (!tasks_.empty()) {
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
  }
}

World::World(std::uint64_t seed)
    : files_(seed), begun_ms_(clock_.monotonic_ms()), random_(seeded_random(seed ^ 0x5eed)) {
  for (int i = 0; i < 4; ++i) {
    const bool compacted = i % 2 == 1;
    auto& partition =
        partitions_.emplace_back(PartitionModel({compacted ? "state" : "events", i / 2}, compacted));
    storage::LogConfig& config = *partition.config;
    config.segment_bytes = 1500 + 300 * i;
    config.index_interval_bytes = 200;
    config.file_delete_delay_ms = 1000;
    config.retention_ms = -1;
    config.cleanup_delete = !compacted;
    config.cleanup_compact = compacted;
    config.min_cleanable_dirty_ratio = 0.1;
    config.delete_retention_ms = kHourMs;
    if (i == 2) config.flush_ms = 5000;
  }
  for (int i = 0; i < 6; ++i) {
    Producer producer;
    producer.id = 100 + i;
    producer.partitions.resize(partitions_.size());
    producer.bumps_epoch = i % 2 == 0;
    (i < 3 ? idempotent_ : transactional_).push_back(std::move(producer));
  }
}

World::~World() {
  stop_machine();
}

std::int64_t World::passed_ms() const {
  return clock_.monotonic_ms() - begun_ms_;
}

void World::failed(Verdict verdict) {
  if (!verdict_) verdict_ = std::move(verdict);
}

bool World::any_offline() const {
  return !logs_->offline_directories().empty();
}

// --- lives ---

void World::stop_machine() {
  pool_.forget();
  cleaner_.reset();
  for (Partition& partition : partitions_) {
    partition.commit.reset();
    partition.log.reset();
  }
  logs_.reset();
  ++life_;
  fault_armed_ = false;
}

void World::crash(CrashLoss loss) {
  stop_machine();
  files_.crash(loss);
  ++counts_.crashes;
  start();
}

void World::clean_restart() {
  pool_.run();
  cleaner_.reset();
  for (Partition& partition : partitions_) {
    partition.commit.reset();
    if (!partition.log->is_offline()) partition.model.acknowledged(partition.log->log_end_offset());
  }
  logs_->shutdown(7);
  if (any_offline()) failed(Violation{"StopsCleanly", "a directory failed without a fault"});
  stop_machine();
  files_.crash(CrashLoss::kAllUnsynced);
  start();
}

void World::start() {
  storage::LogManagerConfig config;
  config.directories = {"/d1", "/d2"};
  config.open_files_max = 10;
  config.producer_expiration_ms = INT64_MAX / 2;
  logs_ = std::make_unique<storage::LogManager>(files_, clock_, *random_, config);
  if (const auto opened = logs_->open_directories("cluster", 1); !opened)
    return failed(Violation{"StartsAgain", opened.error().to_string()});
  storage::LoadPlan plan;
  plan.default_config = partitions_.front().config;
  plan.config_of = [this](const std::string& topic) -> std::shared_ptr<const storage::LogConfig> {
    for (const Partition& partition : partitions_)
      if (partition.model.name().topic == topic) return partition.config;
    return nullptr;
  };
  if (const auto loaded = logs_->load(plan); !loaded)
    return failed(Violation{"StartsAgain", loaded.error().to_string()});
  ++leader_epoch_;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    Partition& partition = partitions_[i];
    auto log = logs_->get_or_create(partition.model.name(),
                                    Uuid::reserved(static_cast<std::uint8_t>(150 + i / 2)), partition.config);
    if (!log) return failed(Violation{"StartsAgain", log.error().to_string()});
    partition.log = *log;
    partition.commit = std::make_shared<storage::GroupCommit>(*log, pool_, [] {});
    (void)partition.log->assign_epoch(leader_epoch_);
    (void)partition.commit->commit();
    if (auto found = partition.model.take_over(*partition.log)) return failed(std::move(found));
    partition.model.seen(partition.log->high_watermark());
  }
  for (auto* producers : {&idempotent_, &transactional_})
    for (Producer& producer : *producers)
      for (Writing& writing : producer.partitions) writing.waiting = false;
  cleaner_ = std::make_unique<storage::LogCleaner>(*logs_, clock_, *random_,
                                                   storage::LogCleanerConfig{.dedupe_buffer_bytes = 1 << 16});
}

Verdict World::run(std::span<const Step> steps) {
  start();
  for (const Step& step : steps) {
    if (verdict_) return verdict_;
    ++steps_done_;
    perform(step);
  }
  if (!verdict_) crash(CrashLoss::kAllUnsynced);
  return verdict_;
}

void World::perform(const Step& step) {
  const auto random = seeded_random(step.seed);
  clock_.advance_ms(static_cast<std::int64_t>(random->below(2000)));
  // A directory that failed is out of service for a while; the other one goes on.
  if (any_offline() && random->below(4) == 0)
    return crash(random->below(2) == 0 ? CrashLoss::kNothing : CrashLoss::kJournaled);
  switch (step.kind) {
    case StepKind::kProduce:
      produce(*random);
      break;
    case StepKind::kRepeat:
      repeat(*random);
      break;
    case StepKind::kTransactWrite:
      transact(*random);
      break;
    case StepKind::kTransactEnd:
      end_transaction(*random);
      break;
    case StepKind::kSync:
      pool_.run();
      break;
    case StepKind::kRead:
      read(*random);
      break;
    case StepKind::kRoll:
      (void)partitions_[pick(*random, partitions_.size())].log->roll();
      break;
    case StepKind::kDeleteRecords:
      delete_records(*random);
      break;
    case StepKind::kCheckpoint:
      checkpoint();
      break;
    case StepKind::kFlushDue:
      logs_->flush_due_logs();
      logs_->delete_pending_files();
      break;
    case StepKind::kCompact:
      counts_.cleanings += cleaner_->clean_one() ? 1 : 0;
      break;
    case StepKind::kExpireTime:
      clock_.advance_ms(kHourMs + static_cast<std::int64_t>(random->below(kHourMs)));
      break;
    case StepKind::kFault:
      arm_fault(*random);
      break;
    case StepKind::kKill:
      crash(CrashLoss::kNothing);
      break;
    case StepKind::kPowerLoss:
      crash(random->below(3) == 0 ? CrashLoss::kAllUnsynced : CrashLoss::kJournaled);
      break;
    case StepKind::kRestart:
      if (fault_armed_ || any_offline())
        crash(CrashLoss::kNothing);
      else
        clean_restart();
      break;
  }
  for (Partition& partition : partitions_)
    if (partition.log) partition.model.seen(partition.log->high_watermark());
}

void World::arm_fault(Random& random) {
  fault_armed_ = true;
  const std::uint64_t at = files_.operations() + 1 + random.below(60);
  switch (random.below(4)) {
    case 0:
      files_.fail_at(at, ENOSPC);
      break;
    case 1:
      files_.fail_at(at, EIO);
      break;
    default:
      files_.stop_at(at);
      break;
  }
}

// --- producers ---

Buffer World::make_batch(Producer& producer, std::size_t to, Random& random, bool transactional) {
  Writing& writing = producer.partitions[to];
  records::BatchOptions options;
  options.producer_id = producer.id;
  options.producer_epoch = producer.epoch;
  options.base_sequence = writing.next_sequence;
  options.transactional = transactional;
  records::BatchBuilder builder(options);
  const std::uint64_t count = 1 + random.below(3);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string key = concat("k", random.below(kKeys));
    const std::string value = concat(producer.id, ':', writing.next_number++);
    const bool tombstone = partitions_[to].model.compacted() && random.below(8) == 0;
    builder.add(clock_.wall_ms(), as_bytes(key),
                tombstone ? std::nullopt : std::optional<ByteView>(as_bytes(value)));
  }
  return builder.build();
}

World::Outcome World::append(std::size_t to, const Buffer& batch, const storage::AppendOptions& options,
                             storage::AppendInfo& info) {
  Partition& partition = partitions_[to];
  if (partition.log->is_offline()) return Outcome::kLater;
  partition.model.writing(batch, partition.log->log_end_offset(), leader_epoch_);
  const records::BatchView view{ByteView(batch)};
  const auto written = partition.log->append_as_leader({&view, 1}, leader_epoch_, options);
  if (written) {
    info = *written;
    if (written->duplicate) partition.model.refused();
    counts_.batches += written->duplicate ? 0 : 1;
    return written->duplicate ? Outcome::kRepeated : Outcome::kAppended;
  }
  // After an I/O error the batch may be in the file, and come back with the next start.
  if (written.error().code == StorageErrorCode::kIo) return Outcome::kLater;
  partition.model.refused();
  if (written.error().code == StorageErrorCode::kNoSpace) return Outcome::kLater;
  failed(Violation{"ProducersAreServed",
                   concat(partition.model.name(), " refuses a batch: ", written.error().to_string())});
  return Outcome::kRefused;
}

void World::send(Producer& producer, std::size_t to, Random& random, bool transactional) {
  Writing& writing = producer.partitions[to];
  if (writing.waiting) return;
  if (!writing.unanswered) writing.unanswered = make_batch(producer, to, random, transactional);
  const records::BatchView batch{ByteView(*writing.unanswered)};
  storage::AppendInfo info;
  const Outcome outcome = append(to, *writing.unanswered, {}, info);
  if (outcome == Outcome::kLater) ++counts_.refused;
  if (outcome == Outcome::kLater || outcome == Outcome::kRefused) return;
  Partition& partition = partitions_[to];
  if (outcome == Outcome::kRepeated &&
      !partition.model.holds(producer.id, producer.epoch, batch.base_sequence(), info.first_offset))
    return failed(
        Violation{"RepetitionIsRecognised", concat(partition.model.name(), " takes a new batch of producer ",
                                                   producer.id, " for the one at ", info.first_offset)});
  writing.waiting = true;
  partition.commit->wait(info.last_offset + 1, [this, &writing, &partition, info, life = life_,
                                                sequence = batch.last_sequence()](const auto& synced) {
    if (life != life_ || !writing.waiting) return;
    writing.waiting = false;
    if (!synced || !writing.unanswered) return;
    partition.model.acknowledged(info.last_offset + 1);
    writing.last = std::move(*writing.unanswered);
    writing.last_offset = info.first_offset;
    writing.unanswered.reset();
    writing.next_sequence = sequence + 1;
  });
}

void World::produce(Random& random) {
  Producer& producer = idempotent_[pick(random, idempotent_.size())];
  const bool idle = std::none_of(producer.partitions.begin(), producer.partitions.end(),
                                 [](const Writing& writing) { return writing.unanswered.has_value(); });
  if (idle && random.below(40) == 0) {
    ++producer.epoch;
    for (Writing& writing : producer.partitions) {
      writing.next_sequence = 0;
      writing.last.reset();
    }
  }
  send(producer, pick(random, partitions_.size()), random, false);
}

void World::repeat(Random& random) {
  Producer& producer = idempotent_[pick(random, idempotent_.size())];
  const std::size_t to = pick(random, partitions_.size());
  Writing& writing = producer.partitions[to];
  if (!writing.last || writing.unanswered) return;
  storage::AppendInfo info;
  const Outcome outcome = append(to, *writing.last, {}, info);
  if (outcome == Outcome::kLater || outcome == Outcome::kRefused) return;
  if (outcome != Outcome::kRepeated || info.first_offset != writing.last_offset)
    failed(Violation{"RepetitionIsRecognised", concat(partitions_[to].model.name(), " holds the batch at ",
                                                      writing.last_offset, " again at ", info.first_offset)});
}

// --- transactions ---

void World::transact(Random& random) {
  Producer& producer = transactional_[pick(random, transactional_.size())];
  if (producer.decision) return;
  const std::size_t to = pick(random, partitions_.size());
  producer.joined.insert(to);
  send(producer, to, random, true);
}

void World::end_transaction(Random& random) {
  Producer& producer = transactional_[pick(random, transactional_.size())];
  if (producer.joined.empty()) return;
  if (!producer.decision) {
    bool unanswered = false;
    for (const std::size_t to : producer.joined) unanswered |= producer.partitions[to].unanswered.has_value();
    // Only a new epoch lets a producer give a batch up whose fate it does not know.
    if (unanswered && (!producer.bumps_epoch || random.below(3) > 0)) return;
    for (const std::size_t to : producer.joined) {
      producer.partitions[to].unanswered.reset();
      producer.partitions[to].waiting = false;
    }
    producer.decision = !unanswered && random.below(3) > 0;
    producer.unmarked = producer.joined;
  }
  for (const std::size_t to : std::set<std::size_t>(producer.unmarked))
    if (producer.decision && random.below(2) == 0) write_marker(producer, to);
}

void World::write_marker(Producer& producer, std::size_t to) {
  Writing& writing = producer.partitions[to];
  if (writing.waiting) return;
  records::BatchOptions batch;
  batch.producer_id = producer.id;
  batch.producer_epoch = static_cast<std::int16_t>(producer.epoch + (producer.bumps_epoch ? 1 : 0));
  const Buffer marker = records::end_transaction_batch(batch, clock_.wall_ms(), {*producer.decision, 0});
  storage::AppendOptions options;
  options.origin = storage::AppendOrigin::kCoordinator;
  options.transaction_version = producer.bumps_epoch ? 2 : 0;
  storage::AppendInfo info;
  if (append(to, marker, options, info) != Outcome::kAppended) return;
  writing.waiting = true;
  Partition& partition = partitions_[to];
  partition.commit->wait(info.last_offset + 1,
                         [this, &producer, &writing, &partition, to, info, life = life_](const auto& synced) {
                           if (life != life_ || !writing.waiting) return;
                           writing.waiting = false;
                           if (!synced) return;
                           partition.model.acknowledged(info.last_offset + 1);
                           producer.unmarked.erase(to);
                           if (!producer.unmarked.empty()) return;
                           ++counts_.transactions;
                           producer.decision.reset();
                           producer.joined.clear();
                           if (!producer.bumps_epoch) return;
                           ++producer.epoch;
                           for (Writing& one : producer.partitions) one.next_sequence = 0;
                         });
}

// --- the rest ---

void World::delete_records(Random& random) {
  Partition& partition = partitions_[pick(random, partitions_.size())];
  if (partition.model.compacted() || partition.log->is_offline()) return;
  const std::int64_t limit = std::min(partition.model.deletable(), partition.log->high_watermark());
  const std::int64_t start = partition.log->log_start_offset();
  if (limit <= start) return;
  (void)partition.log->delete_records_before(
      start + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(limit - start + 1))));
  (void)partition.log->enforce_retention();
}

void World::checkpoint() {
  logs_->checkpoint_recovery_points();
  logs_->checkpoint_high_watermarks();
  if (fault_armed_ || any_offline()) return;
  for (Partition& partition : partitions_)
    partition.model.start_is_durable(partition.log->log_start_offset());
}

void World::read(Random& random) {
  check(partitions_[pick(random, partitions_.size())]);
}

void World::check(const Partition& partition) {
  if (partition.log->is_offline()) return;
  failed(partition.model.check(*partition.log));
}

}  // namespace barnabas::simulation
