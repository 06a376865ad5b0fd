// A broker and its controller: everything between the listeners above and the files below.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/advertised_addresses.h"
#include "broker/api/dispatcher.h"
#include "broker/auto_topic_creator.h"
#include "broker/configs/config_schema.h"
#include "broker/configs/listeners.h"
#include "broker/configs/live_configs.h"
#include "broker/coordination/partition_log.h"
#include "broker/fetch/fetch_session.h"
#include "broker/groups/group_coordinator.h"
#include "broker/handlers/admin_service.h"
#include "broker/handlers/config_service.h"
#include "broker/handlers/fetch.h"
#include "broker/handlers/find_coordinator.h"
#include "broker/handlers/metadata.h"
#include "broker/handlers/produce.h"
#include "broker/handlers/share_group_offsets.h"
#include "broker/handlers/share_service.h"
#include "broker/handlers/streams_groups.h"
#include "broker/handlers/txn_offset_commit.h"
#include "broker/metadata_cache.h"
#include "broker/metadata_publisher.h"
#include "broker/metrics/request_metrics.h"
#include "broker/metrics/state_metrics.h"
#include "broker/metrics/topic_metrics.h"
#include "broker/partition/marker_writer.h"
#include "broker/partition/partition_manager.h"
#include "broker/partition/transaction_verifier.h"
#include "broker/producer_ids.h"
#include "broker/share/partition/share_partition_manager.h"
#include "broker/share/partition/share_session.h"
#include "broker/share/state/coordinator.h"
#include "broker/share/state/local_persister.h"
#include "broker/streams_topic_creator.h"
#include "broker/telemetry/client_metrics.h"
#include "broker/transactions/transaction_coordinator.h"
#include "common/clock.h"
#include "common/metrics.h"
#include "common/random.h"
#include "common/scheduler.h"
#include "controller/controller.h"
#include "storage/compaction/log_cleaner.h"
#include "storage/log_maintenance.h"
#include "storage/log_manager.h"

namespace barnabas::broker {

// What comes in from outside. All outlive the broker and the last callback of its scheduler.
struct BrokerEnvironment {
  storage::FileSystem& files;
  const Clock& clock;
  Random& random;
  Scheduler& scheduler;
  MetricsRegistry& metrics;
};

struct BrokerIdentity {
  std::int32_t node_id = 1;
  std::string cluster_id;  // empty: that of the directories, or a new one
  std::string host_name;   // registered for listeners that nobody gave a name to the world
};

// Several may live in one process: there are no globals. Made, started and stopped by one thread; in between
// everything is reached through the accessors, from any thread. An object with the lifetime of a server run.
class Broker {
 public:
  // `configs` holds the static configuration and outlives the broker. `listeners` has the ports that were
  // really bound.
  Broker(const BrokerEnvironment& environment, LiveConfigs& configs, BrokerIdentity identity,
         ListenerSettings listeners);
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  // Opens directories and metadata, loads the logs, registers and unfences. Afterwards requests can be
  // answered. The error is a sentence for the operator.
  Result<void, std::string> start();
  // A clean stop: leaderships given up, coordinators closed, logs flushed and marked. Listeners have stopped
  // reading before. Idempotent.
  void stop();

  const Dispatcher& dispatcher() const { return dispatcher_; }
  // What controller listeners serve: the part of the same APIs that Kafka serves there.
  const Dispatcher& controller_dispatcher() const { return controller_dispatcher_; }
  const ApiTable& apis() const { return apis_; }
  const BrokerIdentity& identity() const { return identity_; }

  // For the HTTP endpoint.
  MetadataCache& metadata() { return metadata_; }
  PartitionManager& partitions() { return partitions_; }
  groups::GroupCoordinator& groups() { return *groups_; }
  transactions::TransactionCoordinator& transactions() { return *transactions_; }
  share::ShareStateCoordinator& share_states() { return *share_states_; }
  share::Persister& persister() { return persister_; }
  share::SharePartitionManager& share_partitions() { return share_partitions_; }
  controller::Controller& controller() { return *controller_; }
  storage::LogManager& logs() { return *logs_; }
  LiveConfigs& configs() { return configs_; }
  const BrokerEnvironment& environment() const { return environment_; }
  const AdvertisedAddresses& addresses() const { return addresses_; }
  TopicCreator& topic_creator() { return *topic_creator_; }
  TopicTraffic& traffic() { return topic_metrics_; }

 private:
  Result<void, std::string> open_directories();
  Result<void, std::string> start_controller();
  Result<void, std::string> load_logs();
  Result<void, std::string> enter_cluster();
  void add_apis();
  void add_log_apis();
  void add_cluster_apis();
  std::vector<controller::Endpoint> registered_endpoints() const;
  controller::Voter own_voter() const;
  void allocate_producer_ids(std::move_only_function<void(ProducerIds::BlockResult)> done);
  void assign_directories();
  void directory_failed();
  void make_cleaner();
  share::LocalPersister::Environment persister_environment();
  share::HostEnvironment share_environment();

  const BrokerEnvironment environment_;
  LiveConfigs& configs_;
  BrokerIdentity identity_;
  const ListenerSettings listeners_;
  const AdvertisedAddresses addresses_;

  std::vector<controller::Voter> static_voters_;
  BrokerConfigSchema schema_;
  MetadataCache metadata_;
  std::unique_ptr<storage::LogManager> logs_;
  std::unique_ptr<controller::Controller> controller_;
  PartitionManager partitions_;
  coordination::PartitionLog share_log_;
  std::unique_ptr<share::ShareStateCoordinator> share_states_;
  share::LocalPersister persister_;
  share::SharePartitionManager share_partitions_;
  share::ShareSessions share_sessions_;
  coordination::PartitionLog group_log_;
  std::unique_ptr<groups::GroupCoordinator> groups_;
  MarkerWriter marker_writer_;
  coordination::PartitionLog transaction_log_;
  ProducerIds producer_ids_;
  std::unique_ptr<transactions::TransactionCoordinator> transactions_;
  ClientMetrics client_metrics_;
  MetadataPublisher publisher_;
  std::unique_ptr<AutoTopicCreator> topic_creator_;
  std::unique_ptr<StreamsTopicCreator> streams_topic_creator_;
  std::unique_ptr<storage::LogMaintenance> maintenance_;
  std::unique_ptr<storage::LogCleaner> cleaner_;
  FetchSessionCache fetch_sessions_;
  RequestMetrics request_metrics_;
  TopicMetrics topic_metrics_;

  std::unique_ptr<TransactionVerifier> transaction_verifier_;
  std::unique_ptr<ProduceService> produce_service_;
  std::unique_ptr<TxnOffsetCommitService> txn_offset_commit_service_;
  std::unique_ptr<ShareGroupService> share_group_service_;
  std::unique_ptr<FetchService> fetch_service_;
  std::unique_ptr<ShareService> share_service_;
  std::unique_ptr<MetadataService> metadata_service_;
  std::unique_ptr<ConfigService> config_service_;
  std::unique_ptr<CoordinatorLookup> coordinator_lookup_;
  std::unique_ptr<StreamsGroupService> streams_group_service_;
  std::unique_ptr<AdminService> admin_service_;
  ApiTable apis_;
  ApiTable controller_apis_;
  Dispatcher dispatcher_;
  Dispatcher controller_dispatcher_;
  std::unique_ptr<StateMetrics> state_metrics_;
  std::atomic<std::int64_t> broker_epoch_{-1};
  bool stopped_ = false;
};

}  // namespace barnabas::broker
