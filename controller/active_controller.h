// The controller without its thread: loads the metadata, leads the quorum, decides, writes, replays,
// publishes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controller/controller.h"
#include "controller/image/metadata_loader.h"
#include "controller/log/metadata_log.h"
#include "controller/managers/acls.h"
#include "controller/managers/brokers.h"
#include "controller/managers/configs.h"
#include "controller/managers/decision.h"
#include "controller/managers/features_manager.h"
#include "controller/managers/scram.h"
#include "controller/managers/topics.h"
#include "controller/quorum/quorum_core.h"

namespace barnabas::controller {

// One thread at a time: Controller's worker, or a test. Decisions are computed against the state with
// everything appended so far, committed or not; nothing is shown or answered before commit() made it durable.
// After a failure of the log every further write is refused with KAFKA_STORAGE_ERROR.
class ActiveController {
 public:
  ActiveController(storage::LogEnvironment& environment, const Clock& clock, Random& random,
                   const ConfigSchema& schema, const ControllerConfig& config);
  ~ActiveController();

  // Everything up to being the leader of a cluster whose first records are committed.
  Result<void, std::string> start();
  // Gives up leadership and closes the log.
  void stop();

  // Appends what `decide(image)` says and replays it. The reply may be sent after the next commit(), unless
  // the error says that nothing was written.
  template <class Decide>
  auto decide(Decide&& decide_on) {
    auto decision = decide_on(*loader_->latest());
    ApiError error = append(std::move(decision.records));
    return std::pair(std::move(decision.reply), std::move(error));
  }
  ApiError append(MetadataRecords records);
  // Makes everything appended durable, and so committed.
  ApiError commit();
  bool has_uncommitted() const { return uncommitted_; }
  // Bytes appended and not yet durable.
  std::int64_t uncommitted_bytes() const { return uncommitted_bytes_; }

  // NoOp records and snapshots that are due. Returns how long nothing will be, in milliseconds; none: for
  // good.
  std::optional<std::int64_t> housekeep();
  // Now, whether it is due or not.
  Result<void, std::string> write_snapshot();

  // Committed.
  std::shared_ptr<const MetadataImage> image() const { return loader_->stable(); }
  ImageChanges take_changes() { return loader_->take_changes(); }
  // Where the next record will land.
  std::int64_t next_offset() const { return log_->end().offset; }
  QuorumDescription describe_quorum() const;

  const TopicManager& topics() const { return topics_; }
  const ConfigManager& configs() const { return configs_; }
  const FeatureManager& features() const { return features_; }
  const BrokerManager& brokers() const { return brokers_; }
  const AclManager& acls() const { return acls_; }
  const ScramManager& scram() const { return scram_; }

 private:
  // What the log says beside records of the state machine.
  struct QuorumKnowledge {
    std::int16_t kraft_version = 0;
    VoterSet voters;
    bool voters_in_log = false;  // not only in the 0-0 snapshot
    std::optional<std::vector<std::int32_t>> last_leader_change;
  };

  Result<void, std::string> load();
  Result<void, std::string> load_snapshot(const SnapshotId& id);
  Result<void, std::string> replay_batch(const records::BatchView& batch);
  void learn(const QuorumFacts& facts, bool in_log);
  Result<VoterSet, std::string> choose_voters() const;
  Result<void, std::string> lead();
  Result<void, std::string> write_first_records();
  Result<MetadataRecords, std::string> bootstrap_records() const;
  MetadataRecords controller_registration() const;
  Result<void, std::string> perform(QuorumActions actions);
  Result<void, std::string> append_leader_change(const AppendLeaderChange& change);
  ApiError append_batch(const MetadataRecords& records);
  ApiError fail(std::string_view what, const std::string& why);
  bool snapshot_due() const;

  const Clock& clock_;
  Random& random_;
  const ControllerConfig config_;
  storage::LogEnvironment& environment_;
  const TopicManager topics_;
  const ConfigManager configs_;
  const FeatureManager features_;
  const BrokerManager brokers_;
  const AclManager acls_;
  const ScramManager scram_;

  std::unique_ptr<MetadataLog> log_;
  std::unique_ptr<MetadataLoader> loader_;
  QuorumKnowledge knowledge_;
  std::unique_ptr<QuorumCore> core_;
  bool failed_ = false;
  bool uncommitted_ = false;
  std::int64_t uncommitted_bytes_ = 0;
  std::int64_t bytes_since_snapshot_ = 0;
  std::int64_t last_snapshot_ms_ = 0;  // monotonic
  std::int64_t last_append_ms_ = 0;    // monotonic
};

}  // namespace barnabas::controller
