// Share groups (KIP-932): /v3/.../share-groups as the Confluent REST API has them, and their offsets.
#include <algorithm>

#include "admin/routes/call.h"
#include "admin/routes/routes.h"
#include "common/text.h"

namespace barnabas::admin {
namespace {

constexpr std::string_view kGroups = "share-groups";

Json partition_json(const Call& call, const std::string& group, const TopicPartition& partition) {
  const std::string number = std::to_string(partition.partition);
  Json json = call.item("KafkaShareGroupTopicPartition", {kGroups, group},
                        concat("/share-group=", group, "/topic=", partition.topic, "/partition=", number));
  json["topic_name"] = partition.topic;
  json["partition_id"] = partition.partition;
  json["partition"] = call.related({"topics", partition.topic, "partitions", number});
  return json;
}

Json group_json(const Call& call, const ShareGroupInfo& group) {
  Json json = call.item("KafkaShareGroup", {kGroups, group.group_id}, "/share-group=" + group.group_id);
  Json partitions = Json::array();
  for (const TopicPartition& partition : group.partitions) {
    partitions.push_back(partition_json(call, group.group_id, partition));
  }
  json["share_group_id"] = group.group_id;
  json["state"] = upper_snake(group.state);
  json["coordinator"] = call.related({"brokers", std::to_string(group.coordinator)});
  json["consumers"] = call.related({kGroups, group.group_id, "consumers"});
  json["consumer_count"] = group.members.size();
  json["partition_count"] = group.partitions.size();
  json["assigned_topic_partitions"] = std::move(partitions);
  return json;
}

Json consumer_json(const Call& call, const std::string& group, const GroupMember& member) {
  Json json = call.item("KafkaShareGroupConsumer", {kGroups, group, "consumers", member.member_id},
                        concat("/share-group=", group, "/consumer=", member.member_id));
  json["group_id"] = group;
  json["consumer_id"] = member.member_id;
  json["client_id"] = member.client_id;
  json["assignments"] = call.related({kGroups, group, "consumers", member.member_id, "assignments"});
  return json;
}

Json assignment_json(const Call& call, const std::string& group, const std::string& member,
                     const TopicPartition& partition) {
  const std::string number = std::to_string(partition.partition);
  Json json =
      call.item("KafkaShareGroupConsumerAssignment", {kGroups, group, "consumers", member, "assignments"},
                concat("/share-group=", group, "/consumer=", member, "/assignment=", partition.topic,
                       "/partition=", number));
  json["group_id"] = group;
  json["consumer_id"] = member;
  json["topic_name"] = partition.topic;
  json["partition_id"] = partition.partition;
  json["partition"] = call.related({"topics", partition.topic, "partitions", number});
  return json;
}

template <class Next>
void with_group(Call call, Next next) {
  Backend& backend = call.backend;
  const std::string id = call.parameter("group_id");
  backend.share_group(id, then<ShareGroupInfo>(std::move(call), std::move(next)));
}

template <class Next>
void with_member(Call call, Next next) {
  with_group(std::move(call), [next](Call asked, const ShareGroupInfo& group) {
    const std::string& id = asked.parameter("consumer_id");
    for (const GroupMember& member : group.members) {
      if (member.member_id == id) return next(std::move(asked), group.group_id, member);
    }
    asked.not_found(concat("Consumer ", id, " cannot be found."));
  });
}

void list_groups(Call call) {
  Backend& backend = call.backend;
  backend.share_groups(then<std::vector<ShareGroupInfo>>(
      std::move(call), [](Call asked, const std::vector<ShareGroupInfo>& groups) {
        Json data = Json::array();
        for (const ShareGroupInfo& group : groups) data.push_back(group_json(asked, group));
        asked.send(200, asked.list("KafkaShareGroupList", {kGroups}, std::move(data)));
      }));
}

// A group of another kind is none of these, and stays.
void delete_group(Call call) {
  with_group(std::move(call), [](Call asked, const ShareGroupInfo& group) {
    Backend& backend = asked.backend;
    backend.delete_group(group.group_id,
                         then<Done>(std::move(asked), [](Call last, Done) { last.send_nothing(); }));
  });
}

void list_consumers(Call call) {
  with_group(std::move(call), [](Call asked, const ShareGroupInfo& group) {
    Json data = Json::array();
    for (const GroupMember& member : group.members) {
      data.push_back(consumer_json(asked, group.group_id, member));
    }
    asked.send(200, asked.list("KafkaShareGroupConsumerList", {kGroups, group.group_id, "consumers"},
                               std::move(data)));
  });
}

void list_assignments(Call call) {
  with_member(std::move(call), [](Call asked, const std::string& group, const GroupMember& member) {
    Json data = Json::array();
    for (const TopicPartition& partition : member.assignment) {
      data.push_back(assignment_json(asked, group, member.member_id, partition));
    }
    asked.send(200,
               asked.list("KafkaShareGroupConsumerAssignmentList",
                          {kGroups, group, "consumers", member.member_id, "assignments"}, std::move(data)));
  });
}

Json offset_json(const Call& call, const std::string& group, const ShareOffset& offset) {
  Json json = partition_json(call, group, offset.partition);
  json["kind"] = "BarnabasShareGroupOffset";
  json["group_id"] = group;
  json["start_offset"] = offset.start_offset ? Json(*offset.start_offset) : Json();
  json["lag"] = offset.lag ? Json(*offset.lag) : Json();
  return json;
}

void list_offsets(Call call) {
  Backend& backend = call.backend;
  const std::string id = call.parameter("group_id");
  backend.share_offsets(id, then<std::vector<ShareOffset>>(
                                std::move(call), [id](Call asked, const std::vector<ShareOffset>& offsets) {
                                  Json data = Json::array();
                                  for (const ShareOffset& one : offsets) {
                                    data.push_back(offset_json(asked, id, one));
                                  }
                                  Json json = asked.list("BarnabasShareGroupOffsetList", {kGroups, id},
                                                         std::move(data));
                                  json["metadata"]["self"] = asked.request->base_url + asked.request->path;
                                  asked.send(200, json);
                                }));
}

}  // namespace

void add_share_group_routes(Router& router, Backend& backend) {
  const auto add = [&](std::string_view method, std::string_view path, std::string_view id,
                       std::string_view summary, std::string_view schema, std::function<void(Call)> handler) {
    router.add({.method = method,
                .path = path,
                .operation_id = id,
                .summary = summary,
                .handler = in_cluster(backend, std::move(handler)),
                .response_schema = schema});
  };
  add("GET", "/v3/clusters/{cluster_id}/share-groups", "listShareGroups", "All share groups.",
      "ShareGroupDataList", list_groups);
  add("GET", "/v3/clusters/{cluster_id}/share-groups/{group_id}", "getShareGroup", "One share group.",
      "ShareGroupData", [](Call call) {
        with_group(std::move(call), [](Call asked, const ShareGroupInfo& group) {
          asked.send(200, group_json(asked, group));
        });
      });
  add("DELETE", "/v3/clusters/{cluster_id}/share-groups/{group_id}", "deleteShareGroup",
      "Deletes a share group without members.", "", delete_group);
  add("GET", "/v3/clusters/{cluster_id}/share-groups/{group_id}/consumers", "listShareGroupConsumers",
      "The members of a share group.", "ShareGroupConsumerDataList", list_consumers);
  add("GET", "/v3/clusters/{cluster_id}/share-groups/{group_id}/consumers/{consumer_id}",
      "getShareGroupConsumer", "One member of a share group.", "ShareGroupConsumerData", [](Call call) {
        with_member(std::move(call), [](Call asked, const std::string& group, const GroupMember& member) {
          asked.send(200, consumer_json(asked, group, member));
        });
      });
  add("GET", "/v3/clusters/{cluster_id}/share-groups/{group_id}/consumers/{consumer_id}/assignments",
      "listShareGroupConsumerAssignments", "The partitions of a member of a share group.",
      "ShareGroupConsumerAssignmentDataList", list_assignments);
  add("GET", "/barnabas/v1/clusters/{cluster_id}/share-groups/{group_id}/offsets", "listShareGroupOffsets",
      "Where a share group goes on, and how many records are still to come.", "ShareGroupOffsetDataList",
      list_offsets);
}

}  // namespace barnabas::admin
