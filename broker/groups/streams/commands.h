// What goes into the rules of streams groups and what comes out (broker/groups/commands.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/groups/streams/internal_topics.h"
#include "broker/groups/streams/member.h"
#include "broker/groups/streams/tasks.h"
#include "broker/groups/streams/topology.h"
#include "protocol/error_code.h"

namespace barnabas::broker::groups::streams {

using protocol::ErrorCode;

struct HeartbeatCommand {
  HeartbeatCommand() = default;

  std::string group_id;
  std::string member_id;
  std::int32_t member_epoch = 0;
  std::int32_t endpoint_epoch = 0;  // of the endpoints that the member knows
  // What did not change since the last heartbeat may be missing.
  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  std::int32_t rebalance_timeout_ms = -1;
  std::optional<TopologyValue> topology;
  // What the member has; missing where it did not change.
  std::optional<TaskSet> active;
  std::optional<TaskSet> standby;
  std::optional<TaskSet> warmup;
  std::optional<std::string> process_id;
  std::optional<Endpoint> endpoint;
  std::optional<std::map<std::string, std::string>> client_tags;
  bool has_task_offsets = false;
  bool has_task_end_offsets = false;
  bool shuts_application_down = false;
  std::string client_id;
  std::string client_host;
};

struct EndpointTopic {
  std::string name;
  std::vector<std::int32_t> partitions;
};

// Which partitions the process behind an endpoint answers queries about.
struct EndpointPartitions {
  Endpoint endpoint;
  std::vector<EndpointTopic> active;
  std::vector<EndpointTopic> standby;
};

struct HeartbeatReply {
  HeartbeatReply() = default;
  HeartbeatReply(ErrorCode code, std::string message) : error(code), error_message(std::move(message)) {}

  ErrorCode error = ErrorCode::kNone;
  std::string error_message;
  std::string member_id;
  std::int32_t member_epoch = 0;
  std::int32_t heartbeat_interval_ms = 0;
  std::vector<Status> statuses;
  std::optional<Tasks> assignment;  // nullopt: as it was
  std::int32_t endpoint_epoch = 0;
  std::optional<std::vector<EndpointPartitions>> endpoints;  // nullopt: the member knows them
  std::vector<InternalTopic> missing_topics;                 // for the broker to create
};

struct DescribedMember {
  Member member;
  Tasks target;
};

struct DescribedSubtopology {
  std::string id;
  std::vector<std::string> source_topics;
  std::vector<std::string> repartition_sink_topics;
  std::vector<InternalTopic> changelogs;
  std::vector<InternalTopic> repartition_sources;
};

struct Description {
  std::string group_id = {};
  ErrorCode error = ErrorCode::kNone;
  std::string error_message = {};
  std::string state = {};
  std::int32_t epoch = 0;
  std::int32_t target_epoch = 0;
  std::optional<std::int32_t> topology_epoch = {};
  std::vector<DescribedSubtopology> subtopologies = {};
  std::vector<DescribedMember> members = {};
};

}  // namespace barnabas::broker::groups::streams
