// What may be asked of the controller, and its answers. No type of the wire: handlers translate.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/bytes.h"
#include "common/uuid.h"
#include "controller/acl_filter.h"
#include "controller/api_error.h"
#include "controller/image/metadata_image.h"

namespace barnabas::controller {

// --- topics ---

struct ReplicaAssignment {
  ReplicaAssignment() = default;
  std::int32_t partition = 0;
  std::vector<std::int32_t> brokers;
};

struct ConfigEntry {
  ConfigEntry() = default;
  ConfigEntry(std::string entry_name, std::optional<std::string> entry_value)
      : name(std::move(entry_name)), value(std::move(entry_value)) {}

  std::string name;
  std::optional<std::string> value;
};

struct CreateTopic {
  CreateTopic() = default;

  std::string name;
  std::int32_t partitions = -1;          // -1: num.partitions
  std::int16_t replication_factor = -1;  // -1: default.replication.factor
  std::vector<ReplicaAssignment> assignments;
  std::vector<ConfigEntry> configs;
  // Fewer replicas rather than a refusal when there are not enough brokers.
  bool cap_replication_factor = false;
};

struct CreatedTopic {
  CreatedTopic() = default;

  std::string name;
  ApiError error;
  Uuid id;  // zero when it was only validated
  std::int32_t partitions = -1;
  std::int16_t replication_factor = -1;
  ConfigMap configs;  // of the topic's own
};

struct CreateTopicsCommand {
  CreateTopicsCommand() = default;
  std::vector<CreateTopic> topics;  // names are different
  bool validate_only = false;
};

struct DeletedTopic {
  DeletedTopic() = default;
  std::string name;  // empty if the id is unknown
  Uuid id;
  ApiError error;
};

struct GrowTopic {
  GrowTopic() = default;

  std::string name;
  std::int32_t partitions = 0;                                        // in all, afterwards
  std::optional<std::vector<std::vector<std::int32_t>>> assignments;  // brokers of each new partition
};

struct CreatePartitionsCommand {
  CreatePartitionsCommand() = default;
  std::vector<GrowTopic> topics;  // names are different
  bool validate_only = false;
};

struct NamedResult {
  NamedResult() = default;
  NamedResult(std::string result_name, ApiError result_error)
      : name(std::move(result_name)), error(std::move(result_error)) {}
  std::string name;
  ApiError error;
};

// --- elections ---

enum class ElectionType : std::int8_t { kPreferred = 0, kUnclean = 1 };

struct ElectLeadersCommand {
  ElectLeadersCommand() = default;
  ElectionType type = ElectionType::kPreferred;
  // None: every partition that needs it.
  std::optional<std::vector<std::pair<std::string, std::vector<std::int32_t>>>> topics;
};

struct ElectedPartition {
  ElectedPartition() = default;
  std::string topic;
  std::int32_t partition = 0;
  ApiError error;
};

// --- configs ---

enum class ConfigOperation : std::int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

struct ConfigChange {
  ConfigChange() = default;
  ConfigChange(std::string config_name, ConfigOperation config_operation,
               std::optional<std::string> config_value)
      : name(std::move(config_name)), operation(config_operation), value(std::move(config_value)) {}

  std::string name;
  ConfigOperation operation = ConfigOperation::kSet;
  std::optional<std::string> value;
};

struct AlterResource {
  AlterResource() = default;
  ConfigResource resource;
  std::vector<ConfigChange> changes;
};

struct AlterConfigsCommand {
  AlterConfigsCommand() = default;
  std::vector<AlterResource> resources;  // different ones
  // The old AlterConfigs: the changes, all kSet, are the whole configuration; what they do not name goes.
  bool replace = false;
  bool validate_only = false;
};

struct AlteredResource {
  AlteredResource() = default;
  ConfigResource resource;
  ApiError error;
};

// --- features ---

enum class FeatureUpgrade : std::int8_t {
  kUnknown = 0,
  kUpgrade = 1,
  kSafeDowngrade = 2,
  kUnsafeDowngrade = 3
};

struct FeatureUpdate {
  FeatureUpdate() = default;
  std::string name;
  std::int16_t level = 0;  // 0 removes it
  FeatureUpgrade type = FeatureUpgrade::kUpgrade;
};

struct UpdateFeaturesCommand {
  UpdateFeaturesCommand() = default;
  std::vector<FeatureUpdate> updates;  // different names
  bool validate_only = false;
};

// --- brokers ---

// What this node says of itself as a broker.
struct BrokerDescription {
  BrokerDescription() = default;

  std::int32_t id = -1;
  std::vector<Endpoint> endpoints;
  std::optional<std::string> rack;
  std::vector<Uuid> directories;  // online ones
  // From .kafka_cleanshutdown: tells an ELR cluster that nothing was lost; -1 after an unclean stop.
  std::int64_t previous_broker_epoch = -1;
};

struct ReplicaDirectory {
  ReplicaDirectory() = default;
  Uuid topic_id;
  std::int32_t partition = 0;
  Uuid directory;
};

// --- security ---

// What became of one filter of DeleteAcls.
struct DeletedAcls {
  DeletedAcls() = default;
  ApiError error;
  std::vector<AclEntry> entries;
};

struct ScramDeletion {
  ScramDeletion() = default;
  std::string user;
  std::int8_t mechanism = 0;  // 1 SCRAM-SHA-256, 2 SCRAM-SHA-512
};

struct ScramUpsertion {
  ScramUpsertion() = default;
  std::string user;
  std::int8_t mechanism = 0;
  std::int32_t iterations = 0;
  Buffer salt;
  Buffer salted_password;
};

struct AlterScramCommand {
  AlterScramCommand() = default;
  std::vector<ScramDeletion> deletions;
  std::vector<ScramUpsertion> upsertions;
};

// --- producer ids ---

struct ProducerIdBlock {
  ProducerIdBlock() = default;
  std::int64_t first = -1;
  std::int32_t count = 0;
};

}  // namespace barnabas::controller
