// ActiveController: from the files to leadership.
#include <algorithm>

#include "common/logging.h"
#include "common/text.h"
#include "controller/active_controller.h"
#include "controller/features.h"
#include "controller/image/image_records.h"

namespace barnabas::controller {

namespace {

constexpr Logger logger("controller.Controller");
constexpr std::int16_t kMaxKraftVersion = 1;

}  // namespace

Result<void, std::string> ActiveController::start() {
  MetadataLogConfig log_config;
  log_config.metadata_directory = config_.metadata_directory;
  log_config.segment_bytes = config_.segment_bytes;
  log_config.segment_ms = config_.segment_ms;
  log_config.retention_bytes = config_.retention_bytes;
  log_config.retention_ms = config_.retention_ms;
  auto log = MetadataLog::open(environment_, std::move(log_config));
  if (!log) return unexpected(std::move(log.error()));
  log_ = std::move(*log);
  last_snapshot_ms_ = last_append_ms_ = clock_.monotonic_ms();
  if (auto done = load(); !done) return done;
  if (const std::string why = unsupported_reason(loader_->latest()->features()); !why.empty()) {
    return unexpected(why);
  }
  if (auto done = lead(); !done) return done;
  return write_first_records();
}

Result<void, std::string> ActiveController::load() {
  MetadataImage empty;
  ImageBuilder builder(empty);
  builder.set_cluster_id(config_.cluster_id);
  loader_ = std::make_unique<MetadataLoader>(builder.build(-1, -1, -1));
  std::int64_t from = log_->start_offset();
  if (const auto id = log_->newest_snapshot()) {
    if (auto done = load_snapshot(*id); !done) return done;
    from = std::max(from, id->end_offset);
  }
  return log_->for_each_batch(from, [this](const records::BatchView& batch) { return replay_batch(batch); });
}

Result<void, std::string> ActiveController::load_snapshot(const SnapshotId& id) {
  auto content = log_->load_snapshot(id);
  if (!content) return unexpected(std::move(content.error()));
  learn(content->facts, id.end_offset > 0);
  if (id.end_offset == 0) return {};  // the voters of a new cluster, nothing else
  const BatchPosition position(id.end_offset - 1, id.epoch, content->last_contained_ms);
  if (auto done = loader_->replay(content->records, position); !done) {
    return unexpected(concat(snapshot_name(id), ": ", done.error()));
  }
  return {};
}

Result<void, std::string> ActiveController::replay_batch(const records::BatchView& batch) {
  bytes_since_snapshot_ += static_cast<std::int64_t>(batch.size_in_bytes());
  if (batch.is_control()) {
    const ControlContent content = read_control_batch(batch);
    if (content.malformed) {
      return unexpected(
          concat("a malformed control record in the metadata log at offset ", batch.base_offset()));
    }
    learn(content.facts, true);
    if (content.leader_change_voters) knowledge_.last_leader_change = content.leader_change_voters;
    return {};
  }
  const auto records = read_records(batch);
  if (!records) return unexpected(concat("the metadata log: ", records.error()));
  const BatchPosition position(batch.last_offset(), batch.leader_epoch(), batch.max_timestamp());
  return loader_->replay(*records, position);
}

void ActiveController::learn(const QuorumFacts& facts, bool in_log) {
  if (facts.kraft_version) {
    knowledge_.kraft_version = *facts.kraft_version;
    loader_->set_kraft_version(*facts.kraft_version);
  }
  if (!facts.voters) return;
  knowledge_.voters = *facts.voters;
  knowledge_.voters_in_log = in_log;
}

// The voters in force: from the log under kraft.version 1, else those configured.
Result<VoterSet, std::string> ActiveController::choose_voters() const {
  const ReplicaKey self{config_.node_id, config_.directory_id};
  if (knowledge_.kraft_version > kMaxKraftVersion) {
    return unexpected(concat("The cluster's kraft.version is ", knowledge_.kraft_version,
                             ", and this version of Barnabas knows up to ", kMaxKraftVersion));
  }
  VoterSet voters = knowledge_.kraft_version >= 1 ? knowledge_.voters : VoterSet(config_.static_voters);
  if (voters.empty()) {
    // Without a list this node may be a quorum of its own only where no other node ever had a vote.
    const auto& last = knowledge_.last_leader_change;
    const bool alone = last ? *last == std::vector<std::int32_t>{self.id} : log_->end().offset == 0;
    if (!alone) {
      return unexpected(
          std::string("controller.quorum.voters is not set, and the metadata log was written by a "
                      "quorum of several nodes"));
    }
    Voter only;
    only.key.id = self.id;
    voters = VoterSet({only});
  }
  if (voters.is_only(self)) return voters;
  std::string names;
  for (const Voter& voter : voters.voters()) {
    names += concat(names.empty() ? "" : ", ", voter.key.id, " (directory ", voter.key.directory_id, ")");
  }
  return unexpected(concat("The voters of this cluster are ", names, ", this node is ", self.id,
                           " (directory ", self.directory_id,
                           "): Barnabas leads a quorum of one voter, itself"));
}

Result<void, std::string> ActiveController::lead() {
  auto voters = choose_voters();
  if (!voters) return unexpected(std::move(voters.error()));
  auto stored = log_->load_election_state();
  if (!stored) return unexpected(std::move(stored.error()));
  // Listeners may have moved since the voters were written.
  if (knowledge_.kraft_version >= 1 && !config_.controller_endpoints.empty()) {
    Voter self = voters->voters().front();
    self.key.directory_id = config_.directory_id;
    self.endpoints.clear();
    for (const Endpoint& at : config_.controller_endpoints) {
      VoterEndpoint& endpoint = self.endpoints.emplace_back();
      endpoint.listener = at.listener;
      endpoint.host = at.host;
      endpoint.port = at.port;
    }
    if (!(self == voters->voters().front())) {
      voters = VoterSet({self});
      knowledge_.voters_in_log = false;
    }
  }
  const ReplicaKey self{config_.node_id, knowledge_.kraft_version >= 1 ? config_.directory_id : Uuid()};
  core_ = std::make_unique<QuorumCore>(self, *voters, stored->value_or(ElectionState()), log_->end());
  // Made durable together with the first records.
  return perform(core_->start());
}

Result<void, std::string> ActiveController::append_leader_change(const AppendLeaderChange& change) {
  QuorumFacts facts;
  if (knowledge_.kraft_version >= 1 && !knowledge_.voters_in_log) {
    facts.kraft_version = knowledge_.kraft_version;
    facts.voters = core_->voters();
    knowledge_.voters_in_log = true;
  }
  const ControlBatchContext context{log_->end().offset, change.epoch, clock_.wall_ms()};
  const Buffer batch = leader_change_batch(context, config_.node_id, change.voters, change.granted_by, facts);
  if (auto done = log_->append(batch, change.epoch); !done) return done;
  core_->appended(log_->end().offset);
  bytes_since_snapshot_ += static_cast<std::int64_t>(batch.size());
  uncommitted_ = true;
  return {};
}

Result<MetadataRecords, std::string> ActiveController::bootstrap_records() const {
  const std::string path = storage::join_path(config_.metadata_directory, "bootstrap.checkpoint");
  const auto bytes = storage::read_file(environment_.files, path);
  if (!bytes && bytes.error().is_not_found()) return format_features();
  if (!bytes) return unexpected(bytes.error().to_string());
  auto content = read_snapshot(*bytes);
  if (!content) return unexpected(concat(path, ": ", content.error()));
  return std::move(content->records);
}

MetadataRecords ActiveController::controller_registration() const {
  ControllerRegistration registration;
  registration.id = config_.node_id;
  registration.incarnation_id = Uuid::random(random_);
  registration.endpoints = config_.controller_endpoints;
  registration.features = supported_features();
  return {to_record(registration)};
}

Result<void, std::string> ActiveController::write_first_records() {
  if (loader_->in_transaction()) {
    protocol::AbortTransactionRecord abort;
    abort.reason = "Controller failover";
    if (ApiError error = append({abort}); !error.ok()) return unexpected(error.message);
  }
  if (loader_->latest()->features().empty()) {
    auto bootstrap = bootstrap_records();
    if (!bootstrap) return unexpected(std::move(bootstrap.error()));
    // Seen before they are written: a level that cannot be read must not be made either.
    ImageBuilder trial{MetadataImage()};
    for (const MetadataRecord& record : *bootstrap) {
      if (auto done = trial.apply(record); !done)
        return unexpected(concat("bootstrap.checkpoint: ", done.error()));
    }
    const auto features = trial.build(0, 0, 0);
    if (const std::string why = unsupported_reason(features->features()); !why.empty())
      return unexpected(why);

    MetadataRecords first;
    const bool in_transaction = features->metadata_version() >= kLevelMetadataTransactions;
    if (in_transaction)
      first.emplace_back().emplace<protocol::BeginTransactionRecord>().name = "Bootstrap records";
    std::move(bootstrap->begin(), bootstrap->end(), std::back_inserter(first));
    if (features->elr_enabled()) {
      protocol::ConfigRecord min_isr;
      min_isr.resource_type = static_cast<std::int8_t>(ConfigResourceType::kBroker);
      min_isr.resource_name = "";
      min_isr.name = "min.insync.replicas";
      min_isr.value = concat(config_.settings.default_min_isr);
      first.emplace_back(std::move(min_isr));
    }
    if (in_transaction) first.emplace_back(protocol::EndTransactionRecord());
    if (ApiError error = append(std::move(first)); !error.ok()) return unexpected(error.message);
  }
  if (loader_->latest()->metadata_version() >= kLevelControllerRegistration) {
    if (ApiError error = append(controller_registration()); !error.ok()) return unexpected(error.message);
  }
  if (ApiError error = commit(); !error.ok()) return unexpected(error.message);
  logger.info("Active controller of cluster ", config_.cluster_id, ", metadata up to offset ",
              loader_->latest()->offset(), ", metadata.version ",
              metadata_version_name(loader_->latest()->metadata_version()));
  return {};
}

}  // namespace barnabas::controller
