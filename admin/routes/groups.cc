#include <algorithm>
#include <map>

#include "admin/routes/call.h"
#include "admin/routes/routes.h"
#include "common/text.h"

namespace barnabas::admin {
namespace {

constexpr std::string_view kGroups = "consumer-groups";

Json group_json(const Call& call, const GroupInfo& group) {
  Json json = call.item("KafkaConsumerGroup", {kGroups, group.group_id}, "/consumer-group=" + group.group_id);
  json["consumer_group_id"] = group.group_id;
  json["is_simple"] = group.protocol_type.empty();
  json["partition_assignor"] = group.assignor;
  json["state"] = upper_snake(group.state);
  json["type"] = upper_snake(group.type);
  json["is_mixed_consumer_group"] = false;
  json["coordinator"] = call.related({"brokers", std::to_string(group.coordinator)});
  json["consumers"] = call.related({kGroups, group.group_id, "consumers"});
  json["lag_summary"] = call.related({kGroups, group.group_id, "lag-summary"});
  return json;
}

Json consumer_json(const Call& call, const std::string& group, const GroupMember& member) {
  Json json = call.item("KafkaConsumer", {kGroups, group, "consumers", member.member_id},
                        concat("/consumer-group=", group, "/consumer=", member.member_id));
  json["consumer_group_id"] = group;
  json["consumer_id"] = member.member_id;
  json["instance_id"] = text_or_null(member.instance_id);
  json["client_id"] = member.client_id;
  json["assignments"] = call.related({kGroups, group, "consumers", member.member_id, "assignments"});
  return json;
}

Json assignment_json(const Call& call, const std::string& group, const std::string& member,
                     const TopicPartition& partition) {
  const std::string number = std::to_string(partition.partition);
  Json json =
      call.item("KafkaConsumerAssignment",
                {kGroups, group, "consumers", member, "assignments", partition.topic, "partitions", number},
                concat("/consumer-group=", group, "/consumer=", member, "/assignment=", partition.topic,
                       "/partition=", number));
  json["consumer_group_id"] = group;
  json["consumer_id"] = member;
  json["topic_name"] = partition.topic;
  json["partition_id"] = partition.partition;
  json["partition"] = call.related({"topics", partition.topic, "partitions", number});
  json["lag"] = call.related({kGroups, group, "lags", partition.topic, "partitions", number});
  return json;
}

// A committed offset together with whoever reads the partition.
struct Lag {
  GroupOffset offset;
  GroupMember member;  // no id: nobody
  // An offset beyond the end (the topic was made anew) is no lag.
  std::int64_t count() const {
    return std::max<std::int64_t>(0, offset.log_end_offset - offset.committed_offset);
  }
};

Json lag_json(const Call& call, const std::string& group, const Lag& lag) {
  const TopicPartition& partition = lag.offset.partition;
  const std::string number = std::to_string(partition.partition);
  Json json = call.item("KafkaConsumerLag", {kGroups, group, "lags", partition.topic, "partitions", number},
                        concat("/consumer-group=", group, "/lag=", partition.topic, "/partition=", number));
  json["consumer_group_id"] = group;
  json["topic_name"] = partition.topic;
  json["partition_id"] = partition.partition;
  json["consumer_id"] = lag.member.member_id;
  json["instance_id"] = text_or_null(lag.member.instance_id);
  json["client_id"] = lag.member.client_id;
  json["current_offset"] = lag.offset.committed_offset;
  json["log_end_offset"] = lag.offset.log_end_offset;
  json["lag"] = lag.count();
  return json;
}

std::vector<Lag> join_lags(const GroupInfo& group, std::vector<GroupOffset> offsets) {
  std::map<TopicPartition, const GroupMember*> readers;
  for (const GroupMember& member : group.members)
    for (const TopicPartition& partition : member.assignment) readers[partition] = &member;
  std::vector<Lag> lags;
  for (GroupOffset& offset : offsets) {
    const auto reader = readers.find(offset.partition);
    lags.push_back({std::move(offset), reader == readers.end() ? GroupMember() : *reader->second});
  }
  return lags;
}

template <class Next>
void with_group(Call call, Next next) {
  Backend& backend = call.backend;
  const std::string id = call.parameter("consumer_group_id");
  backend.group(id, then<GroupInfo>(std::move(call), std::move(next)));
}

template <class Next>
void with_member(Call call, Next next) {
  with_group(std::move(call), [next](Call asked, const GroupInfo& group) {
    const std::string& id = asked.parameter("consumer_id");
    for (const GroupMember& member : group.members)
      if (member.member_id == id) return next(std::move(asked), group.group_id, member);
    asked.not_found(concat("Consumer ", id, " cannot be found."));
  });
}

template <class Next>
void with_lags(Call call, Next next) {
  with_group(std::move(call), [next](Call asked, GroupInfo group) {
    Backend& backend = asked.backend;
    const std::string id = group.group_id;
    backend.group_offsets(
        id,
        then<std::vector<GroupOffset>>(
            std::move(asked), [next, group = std::move(group)](Call last, std::vector<GroupOffset> offsets) {
              next(std::move(last), group.group_id, join_lags(group, std::move(offsets)));
            }));
  });
}

void list_groups(Call call) {
  Backend& backend = call.backend;
  backend.groups(
      then<std::vector<GroupInfo>>(std::move(call), [](Call asked, const std::vector<GroupInfo>& groups) {
        Json data = Json::array();
        for (const GroupInfo& group : groups) data.push_back(group_json(asked, group));
        asked.send(200, asked.list("KafkaConsumerGroupList", {kGroups}, std::move(data)));
      }));
}

void list_consumers(Call call) {
  with_group(std::move(call), [](Call asked, const GroupInfo& group) {
    Json data = Json::array();
    for (const GroupMember& member : group.members)
      data.push_back(consumer_json(asked, group.group_id, member));
    asked.send(200, asked.list("KafkaConsumerList", {kGroups, group.group_id, "consumers"}, std::move(data)));
  });
}

void list_assignments(Call call) {
  with_member(std::move(call), [](Call asked, const std::string& group, const GroupMember& member) {
    Json data = Json::array();
    for (const TopicPartition& partition : member.assignment)
      data.push_back(assignment_json(asked, group, member.member_id, partition));
    asked.send(200,
               asked.list("KafkaConsumerAssignmentList",
                          {kGroups, group, "consumers", member.member_id, "assignments"}, std::move(data)));
  });
}

void get_assignment(Call call) {
  const auto number = call.number("partition_id");
  if (!number) return;
  with_member(std::move(call), [number](Call asked, const std::string& group, const GroupMember& member) {
    const TopicPartition wanted{asked.parameter("topic_name"), *number};
    if (std::find(member.assignment.begin(), member.assignment.end(), wanted) == member.assignment.end())
      return asked.not_found(concat("Assignment ", wanted, " cannot be found."));
    asked.send(200, assignment_json(asked, group, member.member_id, wanted));
  });
}

void list_lags(Call call) {
  with_lags(std::move(call), [](Call asked, const std::string& group, const std::vector<Lag>& lags) {
    Json data = Json::array();
    for (const Lag& lag : lags) data.push_back(lag_json(asked, group, lag));
    asked.send(200, asked.list("KafkaConsumerLagList", {kGroups, group, "lags"}, std::move(data)));
  });
}

void get_lag(Call call) {
  const auto number = call.number("partition_id");
  if (!number) return;
  with_lags(std::move(call), [number](Call asked, const std::string& group, const std::vector<Lag>& lags) {
    const TopicPartition wanted{asked.parameter("topic_name"), *number};
    for (const Lag& lag : lags)
      if (lag.offset.partition == wanted) return asked.send(200, lag_json(asked, group, lag));
    asked.not_found(concat("The group has no offset for ", wanted, "."));
  });
}

void get_lag_summary(Call call) {
  with_lags(std::move(call), [](Call asked, const std::string& group, const std::vector<Lag>& lags) {
    Json json = asked.item("KafkaConsumerGroupLagSummary", {kGroups, group, "lag-summary"},
                           concat("/consumer-group=", group, "/lag-summary"));
    Lag none;
    const Lag* most = lags.empty() ? &none : &lags.front();
    std::int64_t total = 0;
    for (const Lag& lag : lags) {
      total += lag.count();
      if (lag.count() > most->count()) most = &lag;
    }
    const TopicPartition& partition = most->offset.partition;
    json["consumer_group_id"] = group;
    json["max_lag_consumer_id"] = most->member.member_id;
    json["max_lag_instance_id"] = text_or_null(most->member.instance_id);
    json["max_lag_client_id"] = most->member.client_id;
    json["max_lag_topic_name"] = partition.topic;
    json["max_lag_partition_id"] = partition.partition;
    json["max_lag"] = most->count();
    json["total_lag"] = total;
    json["max_lag_consumer"] = asked.related({kGroups, group, "consumers", most->member.member_id});
    json["max_lag_partition"] =
        asked.related({"topics", partition.topic, "partitions", std::to_string(partition.partition)});
    asked.send(200, json);
  });
}

}  // namespace

void add_group_routes(Router& router, Backend& backend) {
  const auto get = [&](std::string_view path, std::string_view id, std::string_view summary,
                       std::string_view schema, std::function<void(Call)> handler) {
    router.add({.method = "GET",
                .path = path,
                .operation_id = id,
                .summary = summary,
                .handler = in_cluster(backend, std::move(handler)),
                .response_schema = schema});
  };
  get("/v3/clusters/{cluster_id}/consumer-groups", "listConsumerGroups", "All consumer groups.",
      "ConsumerGroupDataList", list_groups);
  get("/v3/clusters/{cluster_id}/consumer-groups/{consumer_group_id}", "getConsumerGroup",
      "One consumer group.", "ConsumerGroupData", [](Call call) {
        with_group(std::move(call),
                   [](Call asked, const GroupInfo& group) { asked.send(200, group_json(asked, group)); });
      });
  get("/v3/clusters/{cluster_id}/consumer-groups/{consumer_group_id}/consumers", "listConsumers",
      "The members of a group.", "ConsumerDataList", list_consumers);
  get("/v3/clusters/{cluster_id}/consumer-groups/{consumer_group_id}/consumers/{consumer_id}", "getConsumer",
      "One member.", "ConsumerData", [](Call call) {
        with_member(std::move(call), [](Call asked, const std::string& group, const GroupMember& member) {
          asked.send(200, consumer_json(asked, group, member));
        });
      });
  get("/v3/clusters/{cluster_id}/consumer-groups/{consumer_group_id}/consumers/{consumer_id}/assignments",
      "listConsumerAssignments", "The partitions of a member.", "ConsumerAssignmentDataList",
      list_assignments);
  get("/v3/clusters/{cluster_id}/consumer-groups/{consumer_group_id}/consumers/{consumer_id}/assignments/"
      "{topic_name}"
      "/partitions/{partition_id}",
      "getConsumerAssignment", "One partition of a member.", "ConsumerAssignmentData", get_assignment);
  get("/v3/clusters/{cluster_id}/consumer-groups/{consumer_group_id}/lags", "listConsumerLags",
      "Committed offsets and how far they are behind.", "ConsumerLagDataList", list_lags);
  get("/v3/clusters/{cluster_id}/consumer-groups/{consumer_group_id}/lags/{topic_name}/partitions/"
      "{partition_id}",
      "getConsumerLag", "The lag of one partition.", "ConsumerLagData", get_lag);
  get("/v3/clusters/{cluster_id}/consumer-groups/{consumer_group_id}/lag-summary",
      "getConsumerGroupLagSummary", "The largest lag and the sum.", "ConsumerGroupLagSummaryData",
      get_lag_summary);
}

}  // namespace barnabas::admin
