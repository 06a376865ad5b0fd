#include "broker/broker.h"

#include <future>
#include <set>

#include "broker/configs/build_topic_rules.h"
#include "broker/configs/component_settings.h"
#include "broker/configs/group_configs.h"
#include "broker/internal_topics.h"
#include "common/logging.h"
#include "controller/format.h"

namespace barnabas::broker {
namespace {

const Logger logger("kafka.server.BrokerServer");

std::set<std::string> listeners_without_host(const ListenerSettings& listeners) {
  std::set<std::string> names;
  for (const auto& endpoint : listeners.advertised) {
    if (endpoint.host.empty()) names.insert(endpoint.name);
  }
  return names;
}

// Waits for a callback of the controller. At start and stop only.
template <class Reply, class Ask>
Reply wait_for(Ask&& ask) {
  std::promise<Reply> promise;
  auto future = promise.get_future();
  ask([&promise](Reply reply) { promise.set_value(std::move(reply)); });
  return future.get();
}

std::int16_t protocol_number(const std::string& protocol) {
  if (protocol == "SSL") return 1;
  if (protocol == "SASL_PLAINTEXT") return 2;
  return protocol == "SASL_SSL" ? 3 : 0;
}

controller::Endpoint registered(const ListenerEndpoint& endpoint, const std::string& host_name) {
  return {endpoint.name, endpoint.host.empty() ? host_name : endpoint.host, endpoint.port,
          protocol_number(endpoint.protocol)};
}

}  // namespace

Broker::Broker(const BrokerEnvironment& environment, LiveConfigs& configs, BrokerIdentity identity,
               ListenerSettings listeners)
    : environment_(environment),
      configs_(configs),
      identity_(std::move(identity)),
      listeners_(std::move(listeners)),
      addresses_(identity_.node_id, listeners_without_host(listeners_)),
      schema_(configs_),
      logs_(std::make_unique<storage::LogManager>(environment.files, environment.clock, environment.random,
                                                  log_manager_config(*configs_.layers()))),
      partitions_(
          identity_.node_id, *logs_, [this](const std::string& topic) { return publisher_.rules_of(topic); },
          flushes_in_groups(*configs_.layers()) ? &environment.scheduler : nullptr),
      share_log_(partitions_, environment.clock, std::string(kShareGroupStateTopic), 0,
                 load_buffer_bytes(*configs_.layers(), "share.coordinator.load.buffer.size"),
                 share_state_codec(*configs_.layers())),
      share_states_(std::make_unique<share::ShareStateCoordinator>(
          share_state_settings(*configs_.layers()), environment.clock, environment.scheduler, share_log_)),
      persister_(persister_environment()),
      share_partitions_(partitions_, share_environment()),
      share_sessions_(static_cast<std::size_t>(configs_.layers()->integer("group.share.max.share.sessions"))),
      group_log_(partitions_, environment.clock, std::string(kGroupMetadataTopic), 0,
                 load_buffer_bytes(*configs_.layers(), "offsets.load.buffer.size")),
      groups_(std::make_unique<groups::GroupCoordinator>(group_settings(*configs_.layers()),
                                                         environment.clock, environment.random,
                                                         environment.scheduler, group_log_)),
      marker_writer_(partitions_, environment.clock,
                     [this](std::int32_t partition, const transactions::Marker& marker, auto ended) {
                       groups_->end_transaction(partition, marker, std::move(ended));
                     }),
      transaction_log_(partitions_, environment.clock, std::string(kTransactionStateTopic), -1,
                       load_buffer_bytes(*configs_.layers(), "transaction.state.log.load.buffer.size")),
      producer_ids_([this](auto done) { allocate_producer_ids(std::move(done)); }),
      transactions_(std::make_unique<transactions::TransactionCoordinator>(
          transaction_settings(*configs_.layers()),
          transactions::TransactionEnvironment{environment.clock, environment.scheduler, transaction_log_,
                                               producer_ids_, marker_writer_})),
      client_metrics_(client_metrics_limits(*configs_.layers()), environment.clock, system_random()),
      publisher_({identity_.node_id, metadata_, configs_, partitions_, *groups_, *transactions_,
                  *share_states_, client_metrics_, topic_metrics_}),
      fetch_sessions_(fetch_session_limits(*configs_.layers()), environment.clock, system_random()),
      request_metrics_(environment.metrics, environment.clock),
      topic_metrics_(environment.metrics),
      dispatcher_(apis_, environment.clock, &request_metrics_),
      controller_dispatcher_(controller_apis_, environment.clock, &request_metrics_) {}

Broker::~Broker() {
  stop();
}

// The creator of topics comes with the controller, after the coordinators.
share::LocalPersister::Environment Broker::persister_environment() {
  return {*share_states_, environment_.scheduler, [this] { return share_states_->topic_exists(); },
          [this](Task done) {
            if (topic_creator_ == nullptr) return done();
            topic_creator_->create(
                {std::string(kShareGroupStateTopic)},
                [done = std::move(done)](const TopicCreator::Outcome&) mutable { done(); });
          }};
}

share::HostEnvironment Broker::share_environment() {
  return {persister_, environment_.clock, environment_.scheduler, [this](const std::string& group_id) {
            return share_group_config(*configs_.layers(), *metadata_.get(), group_id);
          }};
}

// The threads of the cleaner end before it begins anew: not on the thread that publishes metadata.
void Broker::make_cleaner() {
  const auto config = log_cleaner_config(*configs_.layers());
  if (!config) return;
  cleaner_ = std::make_unique<storage::LogCleaner>(*logs_, environment_.clock, environment_.random, *config);
  configs_.observe([this](const ConfigLayers&, const ConfigLayers& now) {
    if (const auto changed = log_cleaner_config(now))
      environment_.scheduler.run_blocking([this, changed] { cleaner_->reconfigure(*changed); });
  });
}

Result<void, std::string> Broker::start() {
  make_cleaner();
  configs_.observe([this](const ConfigLayers&, const ConfigLayers& now) {
    logs_->set_producer_expiration_ms(now.integer("producer.id.expiration.ms"));
  });
  if (auto opened = open_directories(); !opened) return opened;
  if (auto started = start_controller(); !started) return started;
  if (auto loaded = load_logs(); !loaded) return loaded;
  if (auto entered = enter_cluster(); !entered) return entered;
  add_apis();
  request_metrics_.add(apis_);
  state_metrics_ = std::make_unique<StateMetrics>(
      environment_.metrics, StateMetrics::Sources{identity_.node_id, metadata_, partitions_, *groups_,
                                                  *transactions_, fetch_sessions_, share_sessions_,
                                                  share_partitions_, *share_states_, cleaner_.get()});
  maintenance_ = std::make_unique<storage::LogMaintenance>(*logs_, environment_.scheduler,
                                                           maintenance_intervals(*configs_.layers()));
  if (cleaner_) cleaner_->start();
  return {};
}

Result<void, std::string> Broker::open_directories() {
  const auto config = log_manager_config(*configs_.layers());
  std::vector<std::string> directories = config.directories;
  const std::string& metadata = logs_->metadata_directory();
  if (std::find(directories.begin(), directories.end(), metadata) == directories.end())
    directories.push_back(metadata);

  auto cluster_id = controller::choose_cluster_id(environment_.files, directories, identity_.cluster_id,
                                                  environment_.random);
  if (!cluster_id) return unexpected(std::move(cluster_id.error()));
  identity_.cluster_id = std::move(*cluster_id);
  if (auto opened = logs_->open_directories(identity_.cluster_id, identity_.node_id); !opened) {
    return unexpected(std::move(opened.error().message));
  }
  logs_->set_on_offline([this](const Uuid&, const std::string&) { directory_failed(); });

  auto voters = static_voters(*configs_.layers());
  if (!voters) return unexpected(std::move(voters.error()));
  static_voters_ = std::move(*voters);
  controller::FormatRequest format;
  format.directories = directories;
  format.metadata_directory = metadata;
  format.voter = own_voter();
  format.static_quorum = !static_voters_.empty();
  format.now_ms = environment_.clock.wall_ms();
  return controller::format_directories(environment_.files, format);
}

controller::Voter Broker::own_voter() const {
  controller::Voter voter;
  voter.key.id = identity_.node_id;
  voter.key.directory_id = logs_->metadata_directory_id();
  for (const auto& endpoint : listeners_.controller) {
    auto& added = voter.endpoints.emplace_back();
    added.listener = endpoint.name;
    added.host = endpoint.host.empty() ? identity_.host_name : endpoint.host;
    added.port = endpoint.port;
  }
  return voter;
}

Result<void, std::string> Broker::start_controller() {
  const auto layers = configs_.layers();
  controller::ControllerConfig config = controller_config(*layers);
  config.metadata_directory = logs_->metadata_directory();
  config.cluster_id = identity_.cluster_id;
  config.node_id = identity_.node_id;
  config.directory_id = logs_->metadata_directory_id();
  config.static_voters = static_voters_;
  for (const auto& endpoint : listeners_.controller) {
    config.controller_endpoints.push_back(registered(endpoint, identity_.host_name));
  }
  controller_ = std::make_unique<controller::Controller>(logs_->environment(), environment_.clock,
                                                         environment_.random, schema_, std::move(config));
  topic_creator_ = std::make_unique<AutoTopicCreator>(*controller_, configs_);
  return controller_->start([this](auto image, const auto& changes) {
    publisher_.publish(std::move(image), changes);
    share_partitions_.follow();
    if (!changes.topics.empty() && broker_epoch_ >= 0) assign_directories();
  });
}

Result<void, std::string> Broker::load_logs() {
  const auto image = publisher_.newest();
  storage::LoadPlan plan;
  plan.default_config = build_topic_rules(*configs_.layers(), {})->log;
  plan.config_of = [this](const std::string& topic) { return publisher_.rules_of(topic)->log; };
  plan.is_stray = [&image, id = identity_.node_id](const TopicPartition& name, const Uuid& topic_id) {
    const auto topic = image->topic(name.topic);
    const auto* partition = topic ? topic->partition(name.partition) : nullptr;
    return partition == nullptr || !partition->has_replica(id) ||
           (!topic_id.is_zero() && topic->id != topic_id);
  };
  const auto report = logs_->load(plan);
  if (!report) return unexpected(report.error().message);
  logger.info("Loaded ", report->logs, " logs in ", report->elapsed_ms, " ms, ", report->recovered,
              " of them recovered");
  publisher_.go_live();
  return {};
}

std::vector<controller::Endpoint> Broker::registered_endpoints() const {
  std::vector<controller::Endpoint> endpoints;
  for (const auto& endpoint : listeners_.advertised)
    endpoints.push_back(registered(endpoint, identity_.host_name));
  return endpoints;
}

Result<void, std::string> Broker::enter_cluster() {
  controller::BrokerDescription description;
  description.id = identity_.node_id;
  description.endpoints = registered_endpoints();
  description.rack = rack(*configs_.layers());
  description.directories = logs_->online_directory_ids();
  description.previous_broker_epoch = logs_->previous_broker_epoch().value_or(-1);
  using Registered = controller::ApiResult<std::int64_t>;
  const auto epoch =
      wait_for<Registered>([&](auto done) { controller_->register_broker(description, std::move(done)); });
  if (!epoch) return unexpected(epoch.error().message);
  broker_epoch_ = *epoch;
  assign_directories();
  const auto unfenced = wait_for<controller::ApiError>(
      [&](auto done) { controller_->unfence_broker(identity_.node_id, *epoch, std::move(done)); });
  if (!unfenced.ok()) return unexpected(unfenced.message);
  publisher_.enter_cluster();
  return {};
}

// With one directory the controller knows by itself where replicas lie.
void Broker::assign_directories() {
  if (logs_->online_directory_ids().size() < 2) return;
  std::vector<controller::ReplicaDirectory> assigned;
  const auto image = publisher_.newest();
  for (const auto& partition : partitions_.all()) {
    const auto topic = image->topic(partition->topic_id());
    const auto* known = topic ? topic->partition(partition->name().partition) : nullptr;
    const auto actual = logs_->directory_of(partition->name());
    if (known == nullptr || !actual || known->directory_of(identity_.node_id) == *actual) continue;
    auto& report = assigned.emplace_back();
    report.topic_id = partition->topic_id();
    report.partition = partition->name().partition;
    report.directory = *actual;
  }
  if (assigned.empty()) return;
  controller_->assign_directories(
      identity_.node_id, broker_epoch_, std::move(assigned), [](controller::ApiError error) {
        if (!error.ok()) logger.warn("Reporting the directories of replicas failed: ", error.message);
      });
}

// Comes from whoever met the error, perhaps in the middle of an append: the report is made on another thread.
void Broker::directory_failed() {
  environment_.scheduler.run_blocking([this] {
    if (!controller_ || broker_epoch_ < 0) return;
    controller_->change_directories(identity_.node_id, broker_epoch_, logs_->online_directory_ids(),
                                    [](const controller::ApiError& error) {
                                      if (!error.ok())
                                        logger.error("Reporting a failed directory failed: ", error.message);
                                    });
  });
}

void Broker::allocate_producer_ids(std::move_only_function<void(ProducerIds::BlockResult)> done) {
  controller_->allocate_producer_ids(
      identity_.node_id, broker_epoch_,
      [done = std::move(done)](controller::ApiResult<controller::ProducerIdBlock> block) mutable {
        if (!block) return done(unexpected(block.error().code));
        done(ProducerIds::Block{block->first, block->count});
      });
}

void Broker::stop() {
  if (std::exchange(stopped_, true)) return;
  state_metrics_.reset();
  if (maintenance_) maintenance_->stop();
  if (controller_ && broker_epoch_ >= 0) {
    wait_for<controller::ApiError>([&](auto done) {
      controller_->begin_controlled_shutdown(identity_.node_id, broker_epoch_, std::move(done));
    });
  }
  transactions_->shut_down();
  groups_->shut_down();
  share_partitions_.shut_down();
  persister_.shut_down();
  share_states_->shut_down();
  if (cleaner_) cleaner_->stop();
  // The metadata log closes last, outside the clean marker, as Kafka does it.
  logs_->shutdown(broker_epoch_, true);
  if (controller_) controller_->stop();
  logs_->release_locks();
}

}  // namespace barnabas::broker
