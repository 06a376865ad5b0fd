#include "broker/share/state/coordinator.h"

#include <unordered_set>
#include <utility>

#include "broker/groups/java_text.h"
#include "broker/groups/log_errors.h"
#include "broker/internal_topics.h"
#include "broker/share/state/key_text.h"
#include "common/logging.h"
#include "common/text.h"

namespace barnabas::broker::share {
namespace {

using protocol::ErrorCode;

const Logger logger("kafka.coordinator.share.ShareCoordinatorService");

constexpr std::string_view kShareVersion = "share.version";

void set_result(StateResult& answer, StateResult result) {
  answer = std::move(result);
}

template <class Answer>
void set_result(Answer& answer, StateResult result) {
  answer.result = std::move(result);
}

template <class Answer>
Answer failed(std::string_view failure, ErrorCode log_error) {
  Answer answer;
  set_result(answer, {groups::coordinator_error(log_error),
                      concat(failure, ": ", protocol::error_message(log_error))});
  return answer;
}

}  // namespace

ShareStateCoordinator::ShareStateCoordinator(const ShareStateSettings& settings, const Clock& clock,
                                             Scheduler& scheduler, coordination::CoordinatorLog& log)
    : clock_(clock),
      log_(log),
      image_(std::make_shared<const controller::MetadataImage>()),
      shards_({std::string(kShareGroupStateTopic), settings.write_timeout_ms, clock, scheduler, log},
              settings.topic_partitions, [this, settings](std::int32_t partition) {
                ShareStatePorts& ports = *this;
                return std::make_unique<ShareStateShard>(settings, ports, partition);
              }) {}

void ShareStateCoordinator::set_partition_count(std::int32_t count) {
  shards_.set_partition_count(count);
  topic_exists_ = true;
}

std::int32_t ShareStateCoordinator::partition_for(const SharePartitionKey& key) const {
  return groups::coordinator_partition(key_text(key), shards_.partition_count());
}

void ShareStateCoordinator::on_topic_deleted() {
  topic_exists_ = false;
  shards_.resign_all();
  const std::lock_guard lock(pruned_mutex_);
  pruned_offsets_.clear();
}

template <class Answer, class Decide>
void ShareStateCoordinator::ask(const SharePartitionKey& key, std::string_view failure,
                                Answerer<Answer> answerer, Decide decide) {
  const auto host = shards_.host(partition_for(key));
  if (host == nullptr) return answerer(failed<Answer>(failure, ErrorCode::kNotCoordinator));
  const auto one = coordination::shared(std::move(answerer));
  const auto refuse = [one, failure](ErrorCode error) { (*one)(failed<Answer>(failure, error)); };
  host->run(
      [host, one, refuse, failure, decide = std::move(decide)](ShareStateShard& shard, Instant now,
                                                               ShareStateShard::Effects& effects) {
        Decision<Answer> decision = decide(shard, now);
        if (!decision.record) {
          // Told once the writes it rests on are committed.
          auto tell = [one, answer = std::move(decision.answer)](ShareStateShard&, Instant,
                                                                 ShareStateShard::Effects& told) mutable {
            told.answer(std::move(*one), std::move(answer));
          };
          effects.answers.emplace_back(
              [host, refuse, tell = std::move(tell)]() mutable { host->read(std::move(tell), refuse); });
          return;
        }
        auto& write = effects.add_write();
        write.records.push_back(std::move(*decision.record));
        write.done = [one, failure, answer = std::move(decision.answer)](
                         ErrorCode error, Instant, ShareStateShard::Effects& told) mutable {
          if (error != ErrorCode::kNone) answer = failed<Answer>(failure, error);
          told.answer(std::move(*one), std::move(answer));
        };
      },
      refuse);
}

void ShareStateCoordinator::initialize(SharePartitionKey key, std::int32_t state_epoch,
                                       std::int64_t start_offset, Answerer<StateResult> answerer) {
  ask(key, "Unable to initialize share group state", std::move(answerer),
      [key, state_epoch, start_offset](const ShareStateShard& shard, Instant now) {
        return shard.initialize(key, state_epoch, start_offset, now);
      });
}

void ShareStateCoordinator::read(SharePartitionKey key, std::int32_t leader_epoch,
                                 Answerer<PartitionState> answerer) {
  ask(key, "Unable to read share group state", std::move(answerer),
      [this, key, leader_epoch](const ShareStateShard& shard, Instant now) {
        auto decision = shard.read(key, leader_epoch, now);
        if (decision.record) counts_.writes.add();
        return decision;
      });
}

void ShareStateCoordinator::read_summary(SharePartitionKey key, std::int32_t,
                                         Answerer<StateSummary> answerer) {
  ask(key, "Unable to read share group state summary", std::move(answerer),
      [key](const ShareStateShard& shard, Instant) { return shard.read_summary(key); });
}

void ShareStateCoordinator::write(SharePartitionKey key, StateWrite state, Answerer<StateResult> answerer) {
  counts_.writes.add();
  auto timed = [this, asked_ms = clock_.monotonic_ms(),
                answerer = std::move(answerer)](StateResult&& answer) mutable {
    counts_.write_latency_ms.record(clock_.monotonic_ms() - asked_ms);
    answerer(std::move(answer));
  };
  ask<StateResult>(key, "Unable to write share group state", std::move(timed),
                   [key, state = std::move(state)](const ShareStateShard& shard, Instant now) {
                     return shard.write(key, state, now);
                   });
}

void ShareStateCoordinator::remove(SharePartitionKey key, Answerer<StateResult> answerer) {
  ask(key, "Unable to delete share group state", std::move(answerer),
      [key](const ShareStateShard& shard, Instant) { return shard.remove(key); });
}

void ShareStateCoordinator::on_topics_deleted(const std::vector<Uuid>& topic_ids) {
  const std::unordered_set<Uuid> gone(topic_ids.begin(), topic_ids.end());
  for (const auto& host : shards_.all()) {
    host->run(
        [&gone](ShareStateShard& shard, Instant, ShareStateShard::Effects& effects) {
          std::vector<ShareStateRecord> tombstones = shard.forget_topics(gone);
          if (tombstones.empty()) return;
          auto& write = effects.add_write();
          write.records = std::move(tombstones);
          write.atomic = false;
          write.done = [](ErrorCode error, Instant, ShareStateShard::Effects&) {
            if (error == ErrorCode::kNone) return;
            logger.error("Received error while trying to cleanup deleted topics: ",
                         protocol::error_name(error));
          };
        },
        [](ErrorCode) {});
  }
}

std::int32_t ShareStateCoordinator::partition_count(const Uuid& topic_id) const {
  const auto topic = image_.load()->topic(topic_id);
  return topic == nullptr ? 0 : topic->partition_count();
}

bool ShareStateCoordinator::share_groups_enabled() const {
  return image_.load()->feature(kShareVersion) > 0;
}

void ShareStateCoordinator::prune(std::int32_t shard) {
  const auto host = shards_.host(shard);
  if (host == nullptr) return;
  // Read: the snapshots that take the place of what goes have to be committed.
  host->read(
      [this, shard](ShareStateShard& core, Instant, ShareStateShard::Effects& effects) {
        const auto offset = core.take_redundant();
        if (!offset) return;
        effects.answers.emplace_back([this, shard, offset = *offset] {
          if (const auto pruned = log_.prune(shard, offset); !pruned) {
            logger.error("Exception while deleting records in ", kShareGroupStateTopic, "-", shard,
                         " till offset ", offset, ": ", protocol::error_name(pruned.error()));
            return;
          }
          const std::lock_guard lock(pruned_mutex_);
          pruned_offsets_[shard] = offset;
        });
      },
      [](ErrorCode) {});
}

std::map<std::int32_t, std::int64_t> ShareStateCoordinator::pruned_offsets() const {
  const std::lock_guard lock(pruned_mutex_);
  return pruned_offsets_;
}

}  // namespace barnabas::broker::share
