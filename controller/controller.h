// The controller of this node: the only writer of the cluster's metadata.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/random.h"
#include "common/result.h"
#include "common/uuid.h"
#include "controller/commands.h"
#include "controller/config_schema.h"
#include "controller/image/image_changes.h"
#include "controller/image/metadata_image.h"
#include "controller/managers/settings.h"
#include "controller/quorum/quorum_description.h"
#include "controller/quorum/voter_set.h"

namespace barnabas::storage {
struct LogEnvironment;
}

namespace barnabas::controller {

struct ControllerConfig {
  ControllerConfig() = default;

  std::string metadata_directory;  // metadata.log.dir; formatted already (controller/format.h)
  std::string cluster_id;
  std::int32_t node_id = -1;
  Uuid directory_id;  // of the metadata directory
  // controller.quorum.voters; empty when the voters are dynamic (KIP-853).
  std::vector<Voter> static_voters;
  std::vector<Endpoint> controller_endpoints;  // of this node's controller listeners
  ControllerSettings settings;
  std::int64_t segment_bytes = 1 << 30;                // metadata.log.segment.bytes
  std::int64_t segment_ms = 7LL * 24 * 3600 * 1000;    // metadata.log.segment.ms
  std::int64_t snapshot_after_bytes = 20 << 20;        // metadata.log.max.record.bytes.between.snapshots
  std::int64_t snapshot_after_ms = 3600 * 1000;        // metadata.log.max.snapshot.interval.ms, 0 never
  std::int64_t retention_bytes = 100 << 20;            // metadata.max.retention.bytes, -1 no limit
  std::int64_t retention_ms = 7LL * 24 * 3600 * 1000;  // metadata.max.retention.ms, -1 no limit
  // metadata.max.idle.interval.ms: a NoOp record after this long without another; 0 writes none. They exist
  // for the eyes of other nodes; a quorum of one needs none.
  std::int64_t no_op_after_ms = 0;
};

// Runs on one thread of its own, which owns all state and alone touches the metadata log; every method but
// start and stop may be called from any thread and returns at once. Commands queue; those that wait together
// share one fsync. A callback is called once, on the controller's thread, when what was asked for is
// committed and published; it must not block. After stop() callbacks get NOT_CONTROLLER.
//
// Lifetime: made, started and stopped by the program; log environment, clock, randomness and schema outlive
// it.
class Controller {
 public:
  // The newest committed image and what changed since the last call: everything at the first one.
  using Publisher = std::move_only_function<void(std::shared_ptr<const MetadataImage>, const ImageChanges&)>;
  template <class Reply>
  using Done = std::move_only_function<void(Reply)>;

  Controller(storage::LogEnvironment& environment, const Clock& clock, Random& random,
             const ConfigSchema& schema, ControllerConfig config);
  ~Controller();
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  // Reads snapshot and log, wins the election, writes a new cluster's first records, publishes the first
  // image and starts the thread. The error says why this directory cannot be served. `publisher` is called
  // here first, then on the controller's thread, in order, before the replies of what it shows.
  Result<void, std::string> start(Publisher publisher);
  // Answers what is queued, writes a snapshot if one is due, closes the log. Idempotent.
  void stop();

  // The newest published image; never null after start().
  std::shared_ptr<const MetadataImage> image() const;

  // --- this broker ---
  // Registers this process with a fresh incarnation, fenced; the reply is the broker epoch.
  void register_broker(BrokerDescription broker, Done<ApiResult<std::int64_t>> done);
  // Ready to serve: unfences and elects leaders for what waits for this broker.
  void unfence_broker(std::int32_t broker, std::int64_t broker_epoch, Done<ApiError> done);
  // About to stop: gives up leaderships, leaves the in-sync sets.
  void begin_controlled_shutdown(std::int32_t broker, std::int64_t broker_epoch, Done<ApiError> done);
  void unregister_broker(std::int32_t broker, Done<ApiError> done);
  // Directories of this broker that failed are left out of `online`.
  void change_directories(std::int32_t broker, std::int64_t broker_epoch, std::vector<Uuid> online,
                          Done<ApiError> done);
  // Where replicas lie, when a broker has several directories: topic id, partition, directory.
  void assign_directories(std::int32_t broker, std::int64_t broker_epoch,
                          std::vector<ReplicaDirectory> replicas, Done<ApiError> done);

  // --- topics ---
  void create_topics(CreateTopicsCommand command, Done<std::vector<CreatedTopic>> done);
  // Each by id if that is not zero, else by name.
  void delete_topics(std::vector<DeletedTopic> topics, Done<std::vector<DeletedTopic>> done);
  void create_partitions(CreatePartitionsCommand command, Done<std::vector<NamedResult>> done);
  void elect_leaders(ElectLeadersCommand command, Done<std::vector<ElectedPartition>> done);

  // --- security: stored and shown; nothing is enforced here ---
  // An answer for each entry, or for each filter, in order.
  void create_acls(std::vector<AclEntry> entries, Done<std::vector<ApiError>> done);
  void delete_acls(std::vector<AclFilter> filters, Done<std::vector<DeletedAcls>> done);
  // An answer for each user.
  void alter_scram_credentials(AlterScramCommand command, Done<std::vector<NamedResult>> done);

  // --- the rest ---
  void alter_configs(AlterConfigsCommand command, Done<std::vector<AlteredResource>> done);
  void update_features(UpdateFeaturesCommand command, Done<ApiResult<std::vector<NamedResult>>> done);
  void allocate_producer_ids(std::int32_t broker, std::int64_t broker_epoch,
                             Done<ApiResult<ProducerIdBlock>> done);
  // The quorum as DescribeQuorum shows it.
  void describe_quorum(Done<QuorumDescription> done);

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace barnabas::controller
