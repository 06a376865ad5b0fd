// Streams groups (KIP-1071): /v3/.../streams-groups as the Confluent REST API has them, and their lags.
#include <algorithm>
#include <optional>

#include "admin/routes/call.h"
#include "admin/routes/routes.h"
#include "common/text.h"

namespace barnabas::admin {
namespace {

constexpr std::string_view kGroups = "streams-groups";

Json group_json(const Call& call, const StreamsGroupInfo& group) {
  Json json = call.item("KafkaStreamsGroup", {kGroups, group.group_id}, "/streams-group=" + group.group_id);
  json["group_id"] = group.group_id;
  json["state"] = upper_snake(group.state);
  json["coordinator"] = call.related({"brokers", std::to_string(group.coordinator)});
  json["group_epoch"] = group.group_epoch;
  json["target_assignment_epoch"] = group.target_assignment_epoch;
  json["topology_epoch"] = group.topology_epoch;
  json["member_count"] = group.members.size();
  json["subtopology_count"] = group.subtopologies.size();
  json["members"] = call.related({kGroups, group.group_id, "members"});
  json["subtopologies"] = call.related({kGroups, group.group_id, "subtopologies"});
  return json;
}

Json subtopology_json(const Call& call, const std::string& group, const StreamsSubtopology& one) {
  Json json = call.item("KafkaStreamsGroupSubtopology", {kGroups, group, "subtopologies", one.subtopology_id},
                        concat("/streams-group=", group, "/subtopology=", one.subtopology_id));
  json["group_id"] = group;
  json["subtopology_id"] = one.subtopology_id;
  json["source_topics"] = one.source_topics;
  return json;
}

Json member_json(const Call& call, const std::string& group, const StreamsMember& member) {
  const std::string& id = member.member_id;
  Json json = call.item("KafkaStreamsGroupMember", {kGroups, group, "members", id},
                        concat("/streams-group=", group, "/member=", id));
  json["group_id"] = group;
  json["member_id"] = id;
  json["process_id"] = member.process_id;
  json["client_id"] = member.client_id;
  json["instance_id"] = text_or_null(member.instance_id);
  json["member_epoch"] = member.member_epoch;
  json["topology_epoch"] = member.topology_epoch;
  json["is_classic"] = false;
  json["assignments"] = call.related({kGroups, group, "members", id, "assignments"});
  json["target_assignment"] = call.related({kGroups, group, "members", id, "target-assignments"});
  return json;
}

// What a member has, or should have.
struct Which {
  std::string_view segment;  // of the path
  std::string_view kind;
  const StreamsAssignment& (*of)(const StreamsMember& member);
};
constexpr Which kPresent = {
    "assignments", "KafkaStreamsGroupMemberAssignments",
    [](const StreamsMember& member) -> const StreamsAssignment& { return member.assignment; }};
constexpr Which kTarget = {
    "target-assignments", "KafkaStreamsGroupMemberTargetAssignments",
    [](const StreamsMember& member) -> const StreamsAssignment& { return member.target; }};

// Null for a type of tasks that there is not.
const StreamsTasks* tasks_of(const StreamsAssignment& assignment, std::string_view type) {
  if (type == "active") return &assignment.active;
  if (type == "standby") return &assignment.standby;
  if (type == "warmup") return &assignment.warmup;
  return nullptr;
}

Json assignments_json(const Call& call, const std::string& group, const StreamsMember& member,
                      const Which& which) {
  const std::string& id = member.member_id;
  Json json = call.item(which.kind, {kGroups, group, "members", id, which.segment},
                        concat("/streams-group=", group, "/member=", id, "/", which.segment));
  json["group_id"] = group;
  json["member_id"] = id;
  for (const std::string_view type : {"active", "standby", "warmup"}) {
    json[concat(type, "_tasks")] = call.related({kGroups, group, "members", id, which.segment, type});
  }
  return json;
}

Json task_json(const Call& call, const std::string& group, const std::string& member, const Which& which,
               const std::string& type, const StreamsTasks::value_type& task) {
  Json json = call.item("KafkaStreamsTask",
                        {kGroups, group, "members", member, which.segment, type, "subtopologies", task.first},
                        concat("/streams-group=", group, "/member=", member, "/", which.segment, "=", type,
                               "/subtopology=", task.first));
  json["subtopology_id"] = task.first;
  json["partition_ids"] = task.second;
  return json;
}

template <class Next>
void with_group(Call call, Next next) {
  Backend& backend = call.backend;
  const std::string id = call.parameter("group_id");
  backend.streams_group(id, then<StreamsGroupInfo>(std::move(call), std::move(next)));
}

template <class Next>
void with_member(Call call, Next next) {
  with_group(std::move(call), [next](Call asked, const StreamsGroupInfo& group) {
    const std::string& id = asked.parameter("member_id");
    for (const StreamsMember& member : group.members) {
      if (member.member_id == id) return next(std::move(asked), group.group_id, member);
    }
    asked.not_found(concat("Member ", id, " cannot be found."));
  });
}

template <class Next>
void with_tasks(Call call, const Which& which, Next next) {
  with_member(std::move(call),
              [&which, next](Call asked, const std::string& group, const StreamsMember& member) {
                const std::string type = asked.parameter("assignments_type");
                const StreamsTasks* tasks = tasks_of(which.of(member), type);
                if (tasks == nullptr)
                  return asked.not_found(concat("Tasks of type ", type, " cannot be found."));
                next(std::move(asked), group, member.member_id, type, *tasks);
              });
}

void list_groups(Call call) {
  Backend& backend = call.backend;
  backend.streams_groups(then<std::vector<StreamsGroupInfo>>(
      std::move(call), [](Call asked, const std::vector<StreamsGroupInfo>& groups) {
        Json data = Json::array();
        for (const StreamsGroupInfo& group : groups) data.push_back(group_json(asked, group));
        asked.send(200, asked.list("KafkaStreamsGroupList", {kGroups}, std::move(data)));
      }));
}

void list_members(Call call) {
  with_group(std::move(call), [](Call asked, const StreamsGroupInfo& group) {
    Json data = Json::array();
    for (const StreamsMember& member : group.members) {
      data.push_back(member_json(asked, group.group_id, member));
    }
    asked.send(200, asked.list("KafkaStreamsGroupMemberList", {kGroups, group.group_id, "members"},
                               std::move(data)));
  });
}

void list_subtopologies(Call call) {
  with_group(std::move(call), [](Call asked, const StreamsGroupInfo& group) {
    Json data = Json::array();
    for (const StreamsSubtopology& one : group.subtopologies) {
      data.push_back(subtopology_json(asked, group.group_id, one));
    }
    asked.send(200, asked.list("KafkaStreamsGroupSubtopologyList", {kGroups, group.group_id, "subtopologies"},
                               std::move(data)));
  });
}

void get_subtopology(Call call) {
  with_group(std::move(call), [](Call asked, const StreamsGroupInfo& group) {
    const std::string& id = asked.parameter("subtopology_id");
    for (const StreamsSubtopology& one : group.subtopologies) {
      if (one.subtopology_id == id) return asked.send(200, subtopology_json(asked, group.group_id, one));
    }
    asked.not_found(concat("Subtopology ", id, " cannot be found."));
  });
}

void list_tasks(Call call, const Which& which) {
  with_tasks(std::move(call), which,
             [&which](Call asked, const std::string& group, const std::string& member,
                      const std::string& type, const StreamsTasks& tasks) {
               Json data = Json::array();
               for (const auto& task : tasks) {
                 data.push_back(task_json(asked, group, member, which, type, task));
               }
               asked.send(200, asked.list("KafkaStreamsTaskList",
                                          {kGroups, group, "members", member, which.segment, type},
                                          std::move(data)));
             });
}

void get_task(Call call, const Which& which) {
  with_tasks(std::move(call), which,
             [&which](Call asked, const std::string& group, const std::string& member,
                      const std::string& type, const StreamsTasks& tasks) {
               const std::string& id = asked.parameter("subtopology_id");
               const auto task = tasks.find(id);
               if (task == tasks.end()) {
                 return asked.not_found(concat("Subtopology ", id, " cannot be found."));
               }
               asked.send(200, task_json(asked, group, member, which, type, *task));
             });
}

Json lag_json(const Call& call, const std::string& group, const GroupOffset& offset) {
  const TopicPartition& partition = offset.partition;
  Json json = call.item(
      "BarnabasStreamsGroupLag", {kGroups, group},
      concat("/streams-group=", group, "/lag=", partition.topic, "/partition=", partition.partition));
  json["group_id"] = group;
  json["topic_name"] = partition.topic;
  json["partition_id"] = partition.partition;
  json["current_offset"] = offset.committed_offset;
  json["log_end_offset"] = offset.log_end_offset;
  json["lag"] = std::max<std::int64_t>(0, offset.log_end_offset - offset.committed_offset);
  return json;
}

void list_lags(Call call) {
  with_group(std::move(call), [](Call asked, const StreamsGroupInfo& group) {
    Backend& backend = asked.backend;
    const std::string id = group.group_id;
    backend.group_offsets(id, then<std::vector<GroupOffset>>(
                                  std::move(asked), [id](Call last, const std::vector<GroupOffset>& offsets) {
                                    Json data = Json::array();
                                    for (const GroupOffset& offset : offsets)
                                      data.push_back(lag_json(last, id, offset));
                                    Json json = last.list("BarnabasStreamsGroupLagList", {kGroups, id},
                                                          std::move(data));
                                    json["metadata"]["self"] = last.request->base_url + last.request->path;
                                    last.send(200, json);
                                  }));
  });
}

}  // namespace

void add_streams_group_routes(Router& router, Backend& backend) {
  const auto get = [&](std::string_view path, std::string_view id, std::string_view summary,
                       std::string_view schema, std::function<void(Call)> handler) {
    router.add({.method = "GET",
                .path = path,
                .operation_id = id,
                .summary = summary,
                .handler = in_cluster(backend, std::move(handler)),
                .response_schema = schema});
  };
  get("/v3/clusters/{cluster_id}/streams-groups", "listStreamsGroups", "All streams groups.",
      "StreamsGroupDataList", list_groups);
  get("/v3/clusters/{cluster_id}/streams-groups/{group_id}", "getStreamsGroup", "One streams group.",
      "StreamsGroupData", [](Call call) {
        with_group(std::move(call), [](Call asked, const StreamsGroupInfo& group) {
          asked.send(200, group_json(asked, group));
        });
      });
  get("/v3/clusters/{cluster_id}/streams-groups/{group_id}/subtopologies", "listStreamsGroupSubtopologies",
      "The parts of the application.", "StreamsGroupSubtopologyDataList", list_subtopologies);
  get("/v3/clusters/{cluster_id}/streams-groups/{group_id}/subtopologies/{subtopology_id}",
      "getStreamsGroupSubtopology", "One part of the application.", "StreamsGroupSubtopologyData",
      get_subtopology);
  get("/v3/clusters/{cluster_id}/streams-groups/{group_id}/members", "listStreamsGroupMembers",
      "The members of a streams group.", "StreamsGroupMemberDataList", list_members);
  get("/v3/clusters/{cluster_id}/streams-groups/{group_id}/members/{member_id}", "getStreamsGroupMember",
      "One member of a streams group.", "StreamsGroupMemberData", [](Call call) {
        with_member(std::move(call), [](Call asked, const std::string& group, const StreamsMember& member) {
          asked.send(200, member_json(asked, group, member));
        });
      });
  const auto get_assigned = [&](const Which& which, std::string_view path, std::string_view id,
                                std::string_view list_id, std::string_view task_id,
                                std::string_view list_path, std::string_view task_path) {
    get(path, id, "Links to the tasks of a member, by type.", "StreamsGroupMemberAssignmentData",
        [&which](Call call) {
          with_member(std::move(call),
                      [&which](Call asked, const std::string& group, const StreamsMember& member) {
                        asked.send(200, assignments_json(asked, group, member, which));
                      });
        });
    get(list_path, list_id, "The tasks of a member of one type: active, standby or warmup.",
        "StreamsTaskDataList", [&which](Call call) { list_tasks(std::move(call), which); });
    get(task_path, task_id, "The partitions of one subtopology that a member works on.", "StreamsTaskData",
        [&which](Call call) { get_task(std::move(call), which); });
  };
  get_assigned(kPresent,
               "/v3/clusters/{cluster_id}/streams-groups/{group_id}/members/{member_id}/assignments",
               "getStreamsGroupMemberAssignments", "listStreamsGroupMemberTasks", "getStreamsGroupMemberTask",
               "/v3/clusters/{cluster_id}/streams-groups/{group_id}/members/{member_id}/assignments/"
               "{assignments_type}",
               "/v3/clusters/{cluster_id}/streams-groups/{group_id}/members/{member_id}/assignments/"
               "{assignments_type}/subtopologies/{subtopology_id}");
  get_assigned(kTarget,
               "/v3/clusters/{cluster_id}/streams-groups/{group_id}/members/{member_id}/target-assignments",
               "getStreamsGroupMemberTargetAssignments", "listStreamsGroupMemberTargetTasks",
               "getStreamsGroupMemberTargetTask",
               "/v3/clusters/{cluster_id}/streams-groups/{group_id}/members/{member_id}/target-assignments/"
               "{assignments_type}",
               "/v3/clusters/{cluster_id}/streams-groups/{group_id}/members/{member_id}/target-assignments/"
               "{assignments_type}/subtopologies/{subtopology_id}");
  get("/barnabas/v1/clusters/{cluster_id}/streams-groups/{group_id}/lags", "listStreamsGroupLags",
      "Committed offsets of a streams group and how far they are behind.", "StreamsGroupLagDataList",
      list_lags);
}

}  // namespace barnabas::admin
