// What the HTTP endpoint shows and changes, as plain structs: neither Kafka's messages nor JSON.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/bytes.h"
#include "common/topic_partition.h"

namespace barnabas::admin {

// Why a question has no answer; `message` is Kafka's sentence where Kafka has one.
struct BackendError {
  enum class Kind : std::uint8_t {
    kBadRequest,               // refused by Kafka's rules: 400, code 40002
    kUnauthorized,             // 403, code 40301
    kUnknownTopicOrPartition,  // 404, code 40403
    kNotFound,                 // another thing that does not exist: 404, code 404
    kTooLarge,                 // 413, code 413
    kRetriable,                // not now: 503, code 50003
    kInternal                  // 500, code 50002
  };
  Kind kind = Kind::kInternal;
  std::string message;
};

struct ClusterInfo {
  std::string cluster_id;
  std::optional<std::int32_t> controller_id;
};

struct BrokerInfo {
  std::int32_t broker_id = 0;
  std::string host;
  std::int32_t port = 0;
  std::optional<std::string> rack = {};
};

struct PartitionInfo {
  std::int32_t partition = 0;
  std::int32_t leader = -1;  // -1: none
  std::vector<std::int32_t> replicas = {};
  std::vector<std::int32_t> in_sync_replicas = {};
  std::vector<std::int32_t> adding_replicas = {};
  std::vector<std::int32_t> removing_replicas = {};
};

struct TopicInfo {
  std::string name;
  std::string topic_id;  // as Uuid shows itself
  bool internal = false;
  std::vector<PartitionInfo> partitions = {};  // by number, from 0
};

struct NewTopic {
  std::string name;
  std::optional<std::int32_t> partitions_count = {};
  std::optional<std::int32_t> replication_factor = {};
  // Broker ids of partition 0, 1, ...; empty: the controller places them.
  std::vector<std::vector<std::int32_t>> replicas_assignments = {};
  std::vector<std::pair<std::string, std::string>> configs = {};
  bool validate_only = false;
};

// The first and the last stable offset that a consumer may see, and the one after it.
struct OffsetRange {
  std::int64_t earliest_offset = 0;
  std::int64_t latest_offset = 0;
};

struct ConfigResource {
  enum class Type : std::uint8_t { kTopic, kBroker, kBrokerDefaults };
  Type type = Type::kTopic;
  std::string name = {};  // topic name, broker id, or empty for the defaults of all brokers
  auto operator<=>(const ConfigResource&) const = default;
};

enum class ConfigSource : std::uint8_t {
  kDynamicTopic,
  kDynamicBroker,
  kDynamicBrokerDefault,
  kStaticBroker,
  kDefault,
  kUnknown
};

struct ConfigSynonym {
  std::string name;
  std::optional<std::string> value = {};
  ConfigSource source = ConfigSource::kUnknown;
};

struct ConfigEntry {
  std::string name;
  std::optional<std::string> value = {};  // none for sensitive ones
  bool is_read_only = false;
  bool is_sensitive = false;
  ConfigSource source = ConfigSource::kDefault;
  std::vector<ConfigSynonym> synonyms = {};  // the value in force first
};

struct ResourceConfigs {
  ConfigResource resource;
  std::vector<ConfigEntry> entries = {};
};

struct ConfigChange {
  std::string name;
  std::optional<std::string> value = {};  // none: delete, back to what stands below
};

struct GroupMember {
  std::string member_id;
  std::optional<std::string> instance_id = {};
  std::string client_id = {};
  std::string client_host = {};
  std::vector<TopicPartition> assignment = {};
};

struct GroupInfo {
  std::string group_id;
  std::string state;               // Kafka's name: "Stable", "PreparingRebalance", "Empty", ...
  std::string type = "classic";    // "classic", "consumer", ...
  std::string protocol_type = {};  // "consumer"; empty for a group that only commits
  std::string assignor = {};
  std::int32_t coordinator = -1;  // broker id
  std::vector<GroupMember> members = {};
};

struct GroupOffset {
  TopicPartition partition;
  std::int64_t committed_offset = 0;
  std::int64_t log_end_offset = 0;  // what lag is measured against
};

struct ShareGroupInfo {
  std::string group_id;
  std::string state;  // Kafka's name: "Stable", "Empty", ...
  std::int32_t coordinator = -1;
  std::vector<GroupMember> members = {};        // without instance ids
  std::vector<TopicPartition> partitions = {};  // which the group keeps a state of, read or not; sorted
};

struct ShareOffset {
  TopicPartition partition;
  std::optional<std::int64_t> start_offset = {};  // none: nobody has read it yet
  std::optional<std::int64_t> lag = {};           // records to be delivered yet, where that is known
};

// Partitions by subtopology, both ascending.
using StreamsTasks = std::map<std::string, std::vector<std::int32_t>>;

struct StreamsAssignment {
  StreamsTasks active = {};
  StreamsTasks standby = {};
  StreamsTasks warmup = {};
};

struct StreamsMember {
  std::string member_id;
  std::optional<std::string> instance_id = {};
  std::string client_id = {};
  std::string process_id = {};
  std::int32_t member_epoch = 0;
  std::int32_t topology_epoch = -1;
  StreamsAssignment assignment = {};
  StreamsAssignment target = {};
};

struct StreamsSubtopology {
  std::string subtopology_id;
  std::vector<std::string> source_topics = {};
};

struct StreamsGroupInfo {
  std::string group_id;
  std::string state;  // Kafka's name: "NotReady", "Stable", ...
  std::int32_t coordinator = -1;
  std::int32_t group_epoch = 0;
  std::int32_t target_assignment_epoch = 0;
  std::int32_t topology_epoch = -1;
  std::vector<StreamsSubtopology> subtopologies = {};
  std::vector<StreamsMember> members = {};
};

using RecordHeader = std::pair<std::string, std::optional<Buffer>>;

struct Record {
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
  bool log_append_time = false;
  std::optional<Buffer> key = {};
  std::optional<Buffer> value = {};
  std::vector<RecordHeader> headers = {};
};

struct FromOffset {
  std::int64_t offset = 0;  // before the first: from the first
};
struct FromTime {
  std::int64_t timestamp_ms = 0;  // the first record that is not older
};
struct FromTail {
  std::int64_t count = 0;  // so many offsets before the end
};

struct RecordQuery {
  TopicPartition partition;
  std::variant<FromOffset, FromTime, FromTail> start = FromOffset{};
  std::int32_t limit = 0;
  std::int64_t max_bytes = 0;  // of keys, values and headers; at least one record is given
};

struct RecordPage {
  std::vector<Record> records = {};
  std::int64_t earliest_offset = 0;
  std::int64_t latest_offset = 0;
  std::int64_t next_offset = 0;  // where to go on
};

struct NewRecord {
  std::string topic;
  std::optional<std::int32_t> partition = {};     // none: by the key's hash, or any
  std::optional<std::int64_t> timestamp_ms = {};  // none: now
  std::optional<Buffer> key = {};
  std::optional<Buffer> value = {};
  std::vector<RecordHeader> headers = {};
};

struct ProducedRecord {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
};

struct Readiness {
  bool ready = false;
  std::string reason = {};  // what is missing, when not ready
};

}  // namespace barnabas::admin
