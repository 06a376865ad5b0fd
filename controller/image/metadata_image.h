// Everything the cluster's metadata log says, as of one offset.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/bytes.h"
#include "common/uuid.h"
#include "controller/image/persistent_map.h"
#include "controller/image/registration.h"
#include "controller/image/topic_image.h"

namespace barnabas::controller {

// The numbers are those of ConfigRecord and of the config APIs.
enum class ConfigResourceType : std::int8_t {
  kUnknown = 0,
  kTopic = 2,
  kBroker = 4,  // the empty name is the default of the whole cluster
  kBrokerLogger = 8,
  kClientMetrics = 16,
  kGroup = 32,
};

struct ConfigResource {
  ConfigResource() = default;
  ConfigResource(ConfigResourceType resource_type, std::string resource_name)
      : type(resource_type), name(std::move(resource_name)) {}

  ConfigResourceType type = ConfigResourceType::kUnknown;
  std::string name;
  auto operator<=>(const ConfigResource&) const = default;
};

using ConfigMap = std::map<std::string, std::string, std::less<>>;

// Texts are looked up as std::string_view too.
struct TextHash {
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
struct ConfigResourceHash {
  std::size_t operator()(const ConfigResource& resource) const {
    return std::hash<std::string>()(resource.name) * 31 + static_cast<std::size_t>(resource.type);
  }
};

struct AclEntry {
  AclEntry() = default;

  std::int8_t resource_type = 0;
  std::string resource_name;
  std::int8_t pattern_type = 0;
  std::string principal;
  std::string host;
  std::int8_t operation = 0;
  std::int8_t permission_type = 0;
  bool operator==(const AclEntry&) const = default;
};

struct ScramCredential {
  ScramCredential() = default;

  Buffer salt;
  Buffer stored_key;
  Buffer server_key;
  std::int32_t iterations = 0;
  bool operator==(const ScramCredential&) const = default;
};
// User name and mechanism (1 SCRAM-SHA-256, 2 SCRAM-SHA-512).
using ScramKey = std::pair<std::string, std::int8_t>;

struct DelegationToken {
  DelegationToken() = default;

  std::string owner;
  std::string requester;
  std::vector<std::string> renewers;
  std::int64_t issue_ms = 0;
  std::int64_t max_ms = 0;
  std::int64_t expiration_ms = 0;
  bool operator==(const DelegationToken&) const = default;
};

// Entity type ("user", "client-id", "ip") to entity name; no name is the default entity.
using QuotaEntity = std::map<std::string, std::optional<std::string>>;
using QuotaValues = std::map<std::string, double>;

// Rarely changed kinds are plain maps behind one pointer: replaced as a whole, shared otherwise, never null.
template <class Map>
using Shared = std::shared_ptr<const Map>;

using BrokerMap = std::map<std::int32_t, std::shared_ptr<const BrokerRegistration>>;
using ControllerMap = std::map<std::int32_t, std::shared_ptr<const ControllerRegistration>>;
using FeatureLevels = std::map<std::string, std::int16_t, std::less<>>;
using ScramMap = std::map<ScramKey, ScramCredential>;
using QuotaMap = std::map<QuotaEntity, QuotaValues>;
using TokenMap = std::map<std::string, DelegationToken>;

inline constexpr std::string_view kMetadataVersionFeature = "metadata.version";
inline constexpr std::string_view kElrFeature = "eligible.leader.replicas.version";

// One state of the metadata. Published images are immutable, held by shared_ptr and read from any thread;
// only ImageBuilder (controller/image/image_builder.h) changes copies. Copying costs a few pointers.
class MetadataImage {
 public:
  MetadataImage();

  // Of the last record in it: -1, -1, -1 when there is none.
  std::int64_t offset() const { return offset_; }
  std::int32_t epoch() const { return epoch_; }
  std::int64_t timestamp_ms() const { return timestamp_ms_; }

  const std::string& cluster_id() const { return cluster_id_; }
  // The active controller, or -1.
  std::int32_t controller_id() const { return controller_id_; }

  std::shared_ptr<const TopicImage> topic(std::string_view name) const;
  std::shared_ptr<const TopicImage> topic(const Uuid& id) const;
  std::size_t topic_count() const { return topics_by_name_.size(); }
  std::size_t partition_count() const { return partition_count_; }
  // Calls see(const std::shared_ptr<const TopicImage>&), in no order.
  template <class See>
  void for_each_topic(See&& see) const {
    topics_by_name_.for_each([&](const std::string&, const auto& topic) { see(topic); });
  }
  // A topic that would share its metrics' names with `name` ('.' and '_' are the same there), or none.
  std::optional<std::string> colliding_topic(std::string_view name) const;

  const BrokerMap& brokers() const { return *brokers_; }
  const BrokerRegistration* broker(std::int32_t id) const;
  bool broker_active(std::int32_t id) const;
  const ControllerMap& controllers() const { return *controllers_; }

  // Never null; empty for a resource without settings of its own.
  std::shared_ptr<const ConfigMap> configs(const ConfigResource& resource) const;
  std::optional<std::string> config(const ConfigResource& resource, std::string_view name) const;
  template <class See>
  void for_each_config(See&& see) const {  // see(const ConfigResource&, const ConfigMap&)
    configs_.for_each([&](const ConfigResource& resource, const auto& map) { see(resource, *map); });
  }

  // Finalized features, metadata.version among them; 0 for those without a record.
  const FeatureLevels& features() const { return *features_; }
  std::int16_t feature(std::string_view name) const;
  std::int16_t metadata_version() const { return feature(kMetadataVersionFeature); }
  bool elr_enabled() const { return feature(kElrFeature) > 0; }
  // 0 until a quorum with dynamic voters says 1 (KIP-853); no record of the state machine holds it.
  std::int16_t kraft_version() const { return kraft_version_; }

  // The first producer id that no block holds.
  std::int64_t next_producer_id() const { return next_producer_id_; }
  // Id and epoch of the broker that took the last block.
  std::pair<std::int32_t, std::int64_t> producer_id_broker() const { return producer_id_broker_; }

  const PersistentMap<Uuid, AclEntry, std::hash<Uuid>>& acls() const { return acls_; }
  const ScramMap& scram_credentials() const { return *scram_; }
  const QuotaMap& quotas() const { return *quotas_; }
  const TokenMap& delegation_tokens() const { return *tokens_; }
  // What a migration from ZooKeeper left behind: 0 none.
  std::optional<std::int8_t> zk_migration_state() const { return zk_migration_state_; }

  // Same content; offsets, epoch, time and the active controller do not count.
  bool same_content(const MetadataImage& other) const;

 private:
  friend class ImageBuilder;

  using TopicPointer = std::shared_ptr<const TopicImage>;

  std::int64_t offset_ = -1;
  std::int32_t epoch_ = -1;
  std::int64_t timestamp_ms_ = -1;
  std::string cluster_id_;
  std::int32_t controller_id_ = -1;
  std::int16_t kraft_version_ = 0;
  PersistentMap<std::string, TopicPointer, TextHash> topics_by_name_;
  PersistentMap<Uuid, TopicPointer, std::hash<Uuid>> topics_by_id_;
  // Names that hold '.' or '_', by their form with '_' alone.
  PersistentMap<std::string, std::vector<std::string>, TextHash> colliding_;
  std::size_t partition_count_ = 0;
  PersistentMap<ConfigResource, Shared<ConfigMap>, ConfigResourceHash> configs_;
  Shared<BrokerMap> brokers_;
  Shared<ControllerMap> controllers_;
  Shared<FeatureLevels> features_;
  std::int64_t next_producer_id_ = 0;
  std::pair<std::int32_t, std::int64_t> producer_id_broker_{-1, -1};  // who took the last block: id, epoch
  PersistentMap<Uuid, AclEntry, std::hash<Uuid>> acls_;
  Shared<ScramMap> scram_;
  Shared<QuotaMap> quotas_;
  Shared<TokenMap> tokens_;
  std::optional<std::int8_t> zk_migration_state_;
};

// '.' turned into '_', as metric names do.
std::string collision_form(std::string_view topic);

}  // namespace barnabas::controller
