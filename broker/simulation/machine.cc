#include "broker/simulation/machine.h"

#include <algorithm>

#include "broker/internal_topics.h"
#include "controller/image/image_builder.h"

namespace barnabas::broker::simulation {
namespace {

constexpr std::int32_t kBrokerId = 1;
const std::string kData = "t";
const std::string kState(kTransactionStateTopic);

std::shared_ptr<const TopicRules> make_rules(std::int32_t segment_bytes, bool compacted) {
  auto config = std::make_shared<storage::LogConfig>();
  config->segment_bytes = segment_bytes;
  config->index_interval_bytes = 200;
  config->file_delete_delay_ms = 1000;
  config->retention_ms = -1;
  config->cleanup_delete = !compacted;
  config->cleanup_compact = compacted;
  config->min_cleanable_dirty_ratio = 0.1;
  auto rules = std::make_shared<TopicRules>();
  rules->log = std::move(config);
  return rules;
}

}  // namespace

// --- scheduler ---

TimerId WorldScheduler::after(std::chrono::milliseconds delay, Task task) {
  const TimerId id = ++last_id_;
  timers_.emplace(std::pair(clock_.monotonic_ms() + delay.count(), id), std::move(task));
  return id;
}

bool WorldScheduler::cancel(TimerId timer) {
  return std::erase_if(timers_, [timer](const auto& entry) { return entry.first.second == timer; }) > 0;
}

void WorldScheduler::run_pending() {
  while (!blocking_.empty()) {
    Task task = std::move(blocking_.front());
    blocking_.pop_front();
    task();
  }
}

void WorldScheduler::advance_ms(std::int64_t ms) {
  const std::int64_t until = clock_.monotonic_ms() + ms;
  while (!timers_.empty() && timers_.begin()->first.first <= until) {
    auto first = timers_.extract(timers_.begin());
    clock_.advance_ms(std::max<std::int64_t>(0, first.key().first - clock_.monotonic_ms()));
    first.mapped()();
  }
  clock_.advance_ms(std::max<std::int64_t>(0, until - clock_.monotonic_ms()));
}

void WorldScheduler::forget() {
  timers_.clear();
  blocking_.clear();
}

// --- machine ---

Machine::Machine(std::uint64_t seed, std::int16_t transaction_version)
    : files(seed),
      version_(transaction_version),
      random_(seeded_random(seed ^ 0xdead)),
      state_rules_(make_rules(2'000, true)),
      data_rules_(make_rules(3'000, false)) {}

std::shared_ptr<const TopicRules> Machine::rules_of(const std::string& topic) const {
  return topic == kState ? state_rules_ : data_rules_;
}

std::shared_ptr<const controller::MetadataImage> Machine::image() const {
  controller::ImageBuilder builder{controller::MetadataImage()};
  std::uint8_t number = 0;
  for (const auto& [name, count] : {std::pair(kState, kStatePartitions), std::pair(kData, kDataPartitions)}) {
    protocol::TopicRecord topic;
    topic.name = name;
    topic.topic_id = Uuid::reserved(static_cast<std::uint8_t>(150 + number++));
    (void)builder.apply(topic);
    for (std::int32_t i = 0; i < count; ++i) {
      protocol::PartitionRecord partition;
      partition.partition_id = i;
      partition.topic_id = topic.topic_id;
      partition.replicas = {kBrokerId};
      partition.isr = {kBrokerId};
      partition.leader = kBrokerId;
      partition.leader_epoch = leader_epoch_;
      partition.partition_epoch = leader_epoch_;
      partition.directories = {controller::kDirectoryUnassigned};
      (void)builder.apply(partition);
    }
  }
  return builder.build(leader_epoch_ + 1, 1, clock.wall_ms());
}

std::string Machine::start() {
  storage::LogManagerConfig config;
  config.directories = {"/d1", "/d2"};
  config.open_files_max = 10;
  config.producer_expiration_ms = INT64_MAX / 2;
  logs_ = std::make_unique<storage::LogManager>(files, clock, *random_, config);
  if (const auto opened = logs_->open_directories("cluster", kBrokerId); !opened)
    return opened.error().to_string();
  storage::LoadPlan plan;
  plan.default_config = data_rules_->log;
  plan.config_of = [this](const std::string& topic) { return rules_of(topic)->log; };
  if (const auto loaded = logs_->load(plan); !loaded) return loaded.error().to_string();
  ++leader_epoch_;
  partitions_ = std::make_unique<PartitionManager>(
      kBrokerId, *logs_, [this](const std::string& topic) { return rules_of(topic); }, &scheduler);
  partitions_->apply_all(*image());
  for (std::int32_t i = 0; i < kDataPartitions; ++i)
    if (data(i) == nullptr) return "a partition is not there";
  state_log_ = std::make_unique<coordination::PartitionLog>(*partitions_, clock, kState, -1);
  producer_ids_ = std::make_unique<ProducerIds>([this](auto done) {
    const std::int64_t first = std::exchange(next_producer_id_, next_producer_id_ + 10);
    done(ProducerIds::Block{first, 10});
  });
  markers_ = std::make_unique<MarkerWriter>(
      *partitions_, clock, [](std::int32_t, const transactions::Marker&, MarkerWriter::Ended ended) {
        ended(protocol::ErrorCode::kUnknownTopicOrPartition);
      });
  transactions::TransactionSettings settings;
  settings.topic_partitions = kStatePartitions;
  settings.abort_check_interval_ms = 1'000;
  coordinator_ = std::make_unique<transactions::TransactionCoordinator>(
      settings,
      transactions::TransactionEnvironment{clock, scheduler, *state_log_, *producer_ids_, *markers_});
  coordinator_->set_transaction_version(version_);
  TransactionVerifier::Settings verification;
  verification.enabled = [] { return true; };
  verifier_ = std::make_unique<TransactionVerifier>(*coordinator_, clock, scheduler, std::move(verification));
  cleaner_ = std::make_unique<storage::LogCleaner>(*logs_, clock, *random_,
                                                   storage::LogCleanerConfig{.dedupe_buffer_bytes = 1 << 16});
  lead();
  return {};
}

std::shared_ptr<Partition> Machine::data(std::int32_t number) const {
  const auto found = partitions_->find(kData, number);
  return found ? *found : nullptr;
}

void Machine::lead() {
  for (std::int32_t i = 0; i < kStatePartitions; ++i) coordinator_->on_leader(i, leader_epoch_);
}

void Machine::move_leadership() {
  for (std::int32_t i = 0; i < kStatePartitions; ++i) coordinator_->on_resign(i);
  ++leader_epoch_;
  partitions_->apply_all(*image());
  lead();
}

void Machine::stop() {
  scheduler.forget();
  cleaner_.reset();
  verifier_.reset();
  coordinator_.reset();
  markers_.reset();
  producer_ids_.reset();
  state_log_.reset();
  partitions_.reset();
  logs_.reset();
  ++life_;
}

std::string Machine::crash(storage::CrashLoss loss) {
  stop();
  files.crash(loss);
  return start();
}

std::string Machine::clean_restart() {
  scheduler.run_pending();
  coordinator_->shut_down();
  scheduler.run_pending();
  cleaner_.reset();
  partitions_.reset();
  logs_->shutdown(7);
  const bool failed = any_offline();
  stop();
  files.crash(storage::CrashLoss::kAllUnsynced);
  return failed ? "a directory failed without a fault" : start();
}

}  // namespace barnabas::broker::simulation
