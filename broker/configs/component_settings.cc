#include "broker/configs/component_settings.h"

#include <algorithm>

#include "broker/groups/consumer/assignor.h"
#include "common/text.h"

namespace barnabas::broker {
namespace {

std::chrono::milliseconds milliseconds(const ConfigLayers& layers, std::string_view key) {
  return std::chrono::milliseconds(layers.integer(key));
}

std::int32_t integer32(const ConfigLayers& layers, std::string_view key) {
  return static_cast<std::int32_t>(layers.integer(key));
}

OptionList list_or_empty(const ConfigLayers& layers, std::string_view key) {
  const auto value = layers.find(key);
  return value ? std::get<OptionList>(*value) : OptionList{};
}

std::optional<std::string> text_if_set(const ConfigLayers& layers, std::string_view key) {
  const auto value = layers.find(key);
  if (!value) return std::nullopt;
  return std::get<std::string>(*value);
}

std::optional<controller::Voter> parse_voter(std::string_view text, std::string_view listener) {
  const auto at = text.find('@');
  const auto colon = text.rfind(':');
  if (at == std::string_view::npos || colon == std::string_view::npos || colon < at) return std::nullopt;
  const auto id = parse_number<std::int32_t>(text.substr(0, at));
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!id || *id < 0 || !port) return std::nullopt;
  controller::Voter voter;
  voter.key.id = *id;
  auto& endpoint = voter.endpoints.emplace_back();
  endpoint.listener = std::string(listener);
  endpoint.host = std::string(text.substr(at + 1, colon - at - 1));
  endpoint.port = *port;
  return voter;
}

}  // namespace

storage::LogManagerConfig log_manager_config(const ConfigLayers& layers) {
  storage::LogManagerConfig config;
  config.directories = list_or_empty(layers, "log.dirs");
  if (config.directories.empty()) config.directories = layers.list("log.dir");
  config.metadata_directory = text_if_set(layers, "metadata.log.dir").value_or("");
  config.recovery_threads_per_directory =
      static_cast<int>(layers.integer("num.recovery.threads.per.data.dir"));
  config.producer_expiration_ms = layers.integer("producer.id.expiration.ms");
  return config;
}

std::optional<storage::LogCleanerConfig> log_cleaner_config(const ConfigLayers& layers) {
  const auto fraction = [&](std::string_view key) { return std::get<double>(*layers.find(key)); };
  if (!std::get<bool>(*layers.find("log.cleaner.enable"))) return std::nullopt;
  storage::LogCleanerConfig config;
  config.threads = integer32(layers, "log.cleaner.threads");
  config.dedupe_buffer_bytes = layers.integer("log.cleaner.dedupe.buffer.size");
  config.load_factor = fraction("log.cleaner.io.buffer.load.factor");
  config.io_buffer_bytes = layers.integer("log.cleaner.io.buffer.size");
  config.io_max_bytes_per_second = fraction("log.cleaner.io.max.bytes.per.second");
  config.backoff_ms = layers.integer("log.cleaner.backoff.ms");
  return config;
}

bool flushes_in_groups(const ConfigLayers& layers) {
  return layers.text("barnabas.flush") == "group";
}

storage::MaintenanceIntervals maintenance_intervals(const ConfigLayers& layers) {
  storage::MaintenanceIntervals intervals;
  // Never later than a flush.ms promises: with Kafka's default nobody would ever look.
  intervals.flush = std::clamp(milliseconds(layers, "log.flush.scheduler.interval.ms"),
                               std::chrono::milliseconds(1), intervals.flush);
  intervals.recovery_points = milliseconds(layers, "log.flush.offset.checkpoint.interval.ms");
  intervals.high_watermarks = milliseconds(layers, "replica.high.watermark.checkpoint.interval.ms");
  intervals.retention = milliseconds(layers, "log.retention.check.interval.ms");
  intervals.producers = milliseconds(layers, "producer.id.expiration.check.interval.ms");
  return intervals;
}

namespace {

groups::consumer::Settings consumer_group_settings(const ConfigLayers& layers) {
  using groups::consumer::MigrationPolicy;
  groups::consumer::Settings settings;
  const OptionList protocols = layers.list("group.coordinator.rebalance.protocols");
  settings.enabled = std::find(protocols.begin(), protocols.end(), "consumer") != protocols.end();
  settings.assignors.clear();
  for (std::string& name : layers.list("group.consumer.assignors")) {
    // Kafka also takes class names, of its own assignors among others.
    const std::size_t dot = name.rfind('.');
    const std::string plain = dot == std::string::npos ? name : name.substr(dot + 1);
    if (plain == "UniformAssignor") name = "uniform";
    if (plain == "RangeAssignor") name = "range";
    if (groups::consumer::find_assignor(name) != nullptr) settings.assignors.push_back(std::move(name));
  }
  if (settings.assignors.empty()) settings.assignors = {"uniform", "range"};
  settings.max_size = integer32(layers, "group.consumer.max.size");
  settings.max_classic_size = integer32(layers, "group.max.size");
  settings.regex_refresh_interval_ms = integer32(layers, "group.consumer.regex.refresh.interval.ms");
  std::string policy = layers.text("group.consumer.migration.policy");
  for (char& c : policy) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  settings.migration = policy == "disabled"    ? MigrationPolicy::kDisabled
                       : policy == "downgrade" ? MigrationPolicy::kDowngrade
                       : policy == "upgrade"   ? MigrationPolicy::kUpgrade
                                               : MigrationPolicy::kBidirectional;
  return settings;
}

groups::streams::Settings streams_group_settings(const ConfigLayers& layers) {
  groups::streams::Settings settings;
  const OptionList protocols = layers.list("group.coordinator.rebalance.protocols");
  settings.enabled = std::find(protocols.begin(), protocols.end(), "streams") != protocols.end();
  settings.max_size = integer32(layers, "group.streams.max.size");
  return settings;
}

}  // namespace

groups::GroupSettings group_settings(const ConfigLayers& layers) {
  groups::GroupSettings settings;
  settings.min_session_timeout_ms = integer32(layers, "group.min.session.timeout.ms");
  settings.max_session_timeout_ms = integer32(layers, "group.max.session.timeout.ms");
  settings.initial_rebalance_delay_ms = integer32(layers, "group.initial.rebalance.delay.ms");
  settings.max_group_size = integer32(layers, "group.max.size");
  settings.consumer = consumer_group_settings(layers);
  settings.streams = streams_group_settings(layers);
  settings.share.max_size = integer32(layers, "group.share.max.size");
  settings.share.initialize_retry_interval_ms = integer32(layers, "group.share.initialize.retry.interval.ms");
  settings.offset_metadata_max_units = integer32(layers, "offset.metadata.max.bytes");
  settings.offsets_retention_ms = layers.integer("offsets.retention.minutes") * 60 * 1000;
  settings.offsets_retention_check_interval_ms = layers.integer("offsets.retention.check.interval.ms");
  settings.offsets_topic_partitions = integer32(layers, "offsets.topic.num.partitions");
  settings.commit_timeout_ms = integer32(layers, "offsets.commit.timeout.ms");
  return settings;
}

TransactionVerifier::Settings verifier_settings(const LiveConfigs& configs) {
  TransactionVerifier::Settings settings;
  settings.enabled = [&configs] {
    return configs.layers()->flag("transaction.partition.verification.enable");
  };
  const auto layers = configs.layers();
  settings.retry_backoff_ms = layers->integer("add.partitions.to.txn.retry.backoff.ms");
  settings.retry_max_ms = layers->integer("add.partitions.to.txn.retry.backoff.max.ms");
  return settings;
}

transactions::TransactionSettings transaction_settings(const ConfigLayers& layers) {
  transactions::TransactionSettings settings;
  settings.topic_partitions = integer32(layers, "transaction.state.log.num.partitions");
  settings.max_timeout_ms = integer32(layers, "transaction.max.timeout.ms");
  settings.abort_check_interval_ms =
      integer32(layers, "transaction.abort.timed.out.transaction.cleanup.interval.ms");
  settings.id_expiration_ms = layers.integer("transactional.id.expiration.ms");
  settings.expiration_check_interval_ms =
      integer32(layers, "transaction.remove.expired.transaction.cleanup.interval.ms");
  settings.two_phase_commit = layers.flag("transaction.two.phase.commit.enable");
  return settings;
}

std::int32_t load_buffer_bytes(const ConfigLayers& layers, std::string_view key) {
  return integer32(layers, key);
}

share::ShareStateSettings share_state_settings(const ConfigLayers& layers) {
  share::ShareStateSettings settings;
  settings.topic_partitions = integer32(layers, "share.coordinator.state.topic.num.partitions");
  settings.write_timeout_ms = integer32(layers, "share.coordinator.write.timeout.ms");
  settings.updates_per_snapshot = integer32(layers, "share.coordinator.snapshot.update.records.per.snapshot");
  settings.cold_snapshot_interval_ms =
      layers.integer("share.coordinator.cold.partition.snapshot.interval.ms");
  settings.prune_interval_ms = layers.integer("share.coordinator.state.topic.prune.interval.ms");
  return settings;
}

records::Codec share_state_codec(const ConfigLayers& layers) {
  return static_cast<records::Codec>(layers.integer("share.coordinator.state.topic.compression.codec"));
}

FetchSessionCache::Limits fetch_session_limits(const ConfigLayers& layers) {
  FetchSessionCache::Limits limits;
  limits.slots = static_cast<std::size_t>(layers.integer("max.incremental.fetch.session.cache.slots"));
  return limits;
}

ClientMetrics::Limits client_metrics_limits(const ConfigLayers& layers) {
  ClientMetrics::Limits limits;
  limits.max_push_bytes = integer32(layers, "telemetry.max.bytes");
  return limits;
}

controller::ControllerConfig controller_config(const ConfigLayers& layers) {
  controller::ControllerConfig config;
  config.settings.default_partitions = integer32(layers, "num.partitions");
  config.settings.default_replication_factor =
      static_cast<std::int16_t>(layers.integer("default.replication.factor"));
  config.settings.default_min_isr = integer32(layers, "min.insync.replicas");
  config.settings.unclean_leader_election = layers.flag("unclean.leader.election.enable");
  config.settings.delete_topic_enable = layers.flag("delete.topic.enable");
  config.segment_bytes = layers.integer("metadata.log.segment.bytes");
  config.segment_ms = layers.integer("metadata.log.segment.ms");
  config.snapshot_after_bytes = layers.integer("metadata.log.max.record.bytes.between.snapshots");
  config.snapshot_after_ms = layers.integer("metadata.log.max.snapshot.interval.ms");
  config.retention_bytes = layers.integer("metadata.max.retention.bytes");
  config.retention_ms = layers.integer("metadata.max.retention.ms");
  return config;
}

Result<std::vector<controller::Voter>, std::string> static_voters(const ConfigLayers& layers) {
  const OptionList names = list_or_empty(layers, "controller.listener.names");
  const std::string_view listener = names.empty() ? "CONTROLLER" : std::string_view(names.front());
  std::vector<controller::Voter> voters;
  for (const auto& text : list_or_empty(layers, "controller.quorum.voters")) {
    auto voter = parse_voter(text, listener);
    if (!voter) {
      return unexpected(
          concat("Invalid value ", text,
                 " for configuration controller.quorum.voters: it should look like id@host:port"));
    }
    voters.push_back(std::move(*voter));
  }
  return voters;
}

std::optional<std::string> rack(const ConfigLayers& layers) {
  return text_if_set(layers, "broker.rack");
}

}  // namespace barnabas::broker
