#include <algorithm>

#include "admin/routes/call.h"
#include "admin/routes/routes.h"
#include "common/text.h"

namespace barnabas::admin {
namespace {

constexpr std::string_view kNoPartition = "This server does not host this topic-partition.";

bool holds(const std::vector<std::int32_t>& ids, std::int32_t id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

Json partition_json(const Call& call, const TopicInfo& topic, const PartitionInfo& partition) {
  const std::string number = std::to_string(partition.partition);
  Json json = call.item("KafkaPartition", {"topics", topic.name, "partitions", number},
                        concat("/topic=", topic.name, "/partition=", number));
  json["topic_name"] = topic.name;
  json["partition_id"] = partition.partition;
  if (partition.leader >= 0) {
    json["leader"] = call.related(
        {"topics", topic.name, "partitions", number, "replicas", std::to_string(partition.leader)});
  }
  json["replicas"] = call.related({"topics", topic.name, "partitions", number, "replicas"});
  json["reassignment"] = call.related({"topics", topic.name, "partitions", number, "reassignment"});
  return json;
}

Json replica_json(const Call& call, const std::string& topic, const PartitionInfo& partition,
                  std::int32_t broker) {
  const std::string number = std::to_string(partition.partition), id = std::to_string(broker);
  Json json = call.item("KafkaReplica", {"topics", topic, "partitions", number, "replicas", id},
                        concat("/topic=", topic, "/partition=", number, "/replica=", id));
  json["topic_name"] = topic;
  json["partition_id"] = partition.partition;
  json["broker_id"] = broker;
  json["is_leader"] = partition.leader == broker;
  json["is_in_sync"] = holds(partition.in_sync_replicas, broker);
  json["broker"] = call.related({"brokers", id});
  return json;
}

Json reassignment_json(const Call& call, const std::string& topic, const PartitionInfo& partition) {
  const std::string number = std::to_string(partition.partition);
  Json json = call.item("KafkaReassignment", {"topics", topic, "partitions", number, "reassignment"},
                        concat("/topic=", topic, "/partition=", number, "/reassignment"));
  json["topic_name"] = topic;
  json["partition_id"] = partition.partition;
  json["adding_replicas"] = partition.adding_replicas;
  json["removing_replicas"] = partition.removing_replicas;
  json["replicas"] = call.related({"topics", topic, "partitions", number, "replicas"});
  return json;
}

bool moves(const PartitionInfo& partition) {
  return !partition.adding_replicas.empty() || !partition.removing_replicas.empty();
}

// Goes on with the partition of the path, or answers 404.
template <class Next>
void with_partition(Call call, Next next) {
  const auto number = call.number("partition_id");
  if (!number) return;
  Backend& backend = call.backend;
  const std::string name = call.parameter("topic_name");
  backend.topic(
      name, then<TopicInfo>(std::move(call), [number, next](Call asked, const TopicInfo& topic) {
        if (static_cast<std::size_t>(*number) >= topic.partitions.size())
          return asked.fail({BackendError::Kind::kUnknownTopicOrPartition, std::string(kNoPartition)});
        next(std::move(asked), topic, topic.partitions[static_cast<std::size_t>(*number)]);
      }));
}

void list_partitions(Call call) {
  Backend& backend = call.backend;
  const std::string name = call.parameter("topic_name");
  backend.topic(name, then<TopicInfo>(std::move(call), [](Call asked, const TopicInfo& topic) {
                  Json data = Json::array();
                  for (const PartitionInfo& partition : topic.partitions)
                    data.push_back(partition_json(asked, topic, partition));
                  asked.send(200, asked.list("KafkaPartitionList", {"topics", topic.name, "partitions"},
                                             std::move(data)));
                }));
}

void get_partition(Call call) {
  with_partition(std::move(call), [](Call asked, const TopicInfo& topic, const PartitionInfo& partition) {
    asked.send(200, partition_json(asked, topic, partition));
  });
}

void get_offsets(Call call) {
  with_partition(std::move(call), [](Call asked, const TopicInfo& topic, const PartitionInfo& partition) {
    Backend& backend = asked.backend;
    const TopicPartition which{topic.name, partition.partition};
    backend.offsets(which, then<OffsetRange>(std::move(asked), [which](Call last, OffsetRange range) {
                      const std::string number = std::to_string(which.partition);
                      Json json =
                          last.item("KafkaPartition", {"topics", which.topic, "partitions", number, "offset"},
                                    concat("/topic=", which.topic, "/partition=", number));
                      json["topic_name"] = which.topic;
                      json["partition_id"] = which.partition;
                      json["earliest_offset"] = range.earliest_offset;
                      json["latest_offset"] = range.latest_offset;
                      last.send(200, json);
                    }));
  });
}

void list_replicas(Call call) {
  with_partition(std::move(call), [](Call asked, const TopicInfo& topic, const PartitionInfo& partition) {
    Json data = Json::array();
    for (const std::int32_t broker : partition.replicas)
      data.push_back(replica_json(asked, topic.name, partition, broker));
    asked.send(
        200, asked.list("KafkaReplicaList",
                        {"topics", topic.name, "partitions", std::to_string(partition.partition), "replicas"},
                        std::move(data)));
  });
}

void get_replica(Call call) {
  const auto broker = call.number("broker_id");
  if (!broker) return;
  with_partition(std::move(call),
                 [broker](Call asked, const TopicInfo& topic, const PartitionInfo& partition) {
                   if (!holds(partition.replicas, *broker))
                     return asked.not_found(concat("Replica ", *broker, " cannot be found."));
                   asked.send(200, replica_json(asked, topic.name, partition, *broker));
                 });
}

void get_reassignment(Call call) {
  with_partition(std::move(call), [](Call asked, const TopicInfo& topic, const PartitionInfo& partition) {
    if (!moves(partition)) return asked.not_found("The partition is not being reassigned.");
    asked.send(200, reassignment_json(asked, topic.name, partition));
  });
}

void list_reassignments(Call call) {
  Backend& backend = call.backend;
  const std::string name = call.parameter("topic_name");
  backend.topic(name, then<TopicInfo>(std::move(call), [](Call asked, const TopicInfo& topic) {
                  Json data = Json::array();
                  for (const PartitionInfo& partition : topic.partitions)
                    if (moves(partition)) data.push_back(reassignment_json(asked, topic.name, partition));
                  asked.send(200, asked.list("KafkaReassignmentList",
                                             {"topics", topic.name, "partitions", "-", "reassignment"},
                                             std::move(data)));
                }));
}

void list_all_reassignments(Call call) {
  Backend& backend = call.backend;
  backend.topics(
      then<std::vector<TopicInfo>>(std::move(call), [](Call asked, const std::vector<TopicInfo>& topics) {
        Json data = Json::array();
        for (const TopicInfo& topic : topics)
          for (const PartitionInfo& partition : topic.partitions)
            if (moves(partition)) data.push_back(reassignment_json(asked, topic.name, partition));
        asked.send(200, asked.list("KafkaReassignmentList",
                                   {"topics", "-", "partitions", "-", "reassignment"}, std::move(data)));
      }));
}

void list_replicas_of_broker(Call call) {
  const auto broker = call.number("broker_id");
  if (!broker) return;
  Backend& backend = call.backend;
  backend.topics(then<std::vector<TopicInfo>>(
      std::move(call), [broker](Call asked, const std::vector<TopicInfo>& topics) {
        Json data = Json::array();
        for (const TopicInfo& topic : topics)
          for (const PartitionInfo& partition : topic.partitions)
            if (holds(partition.replicas, *broker))
              data.push_back(replica_json(asked, topic.name, partition, *broker));
        asked.send(200,
                   asked.list("KafkaReplicaList", {"brokers", std::to_string(*broker), "partition-replicas"},
                              std::move(data)));
      }));
}

}  // namespace

void add_partition_routes(Router& router, Backend& backend) {
  const auto get = [&](std::string_view path, std::string_view id, std::string_view summary,
                       std::string_view schema, std::function<void(Call)> handler) {
    router.add({.method = "GET",
                .path = path,
                .operation_id = id,
                .summary = summary,
                .handler = in_cluster(backend, std::move(handler)),
                .response_schema = schema});
  };
  get("/v3/clusters/{cluster_id}/topics/{topic_name}/partitions", "listPartitions",
      "The partitions of a topic.", "PartitionDataList", list_partitions);
  get("/v3/clusters/{cluster_id}/topics/{topic_name}/partitions/{partition_id}", "getPartition",
      "One partition.", "PartitionData", get_partition);
  get("/v3/clusters/{cluster_id}/topics/{topic_name}/partitions/{partition_id}/offset",
      "listPartitionOffsets", "The offset of the first record and the one after the last.",
      "PartitionWithOffsetsData", get_offsets);
  get("/v3/clusters/{cluster_id}/topics/{topic_name}/partitions/{partition_id}/replicas", "listReplicas",
      "The replicas of a partition.", "ReplicaDataList", list_replicas);
  get("/v3/clusters/{cluster_id}/topics/{topic_name}/partitions/{partition_id}/replicas/{broker_id}",
      "getReplica", "One replica.", "ReplicaData", get_replica);
  get("/v3/clusters/{cluster_id}/topics/{topic_name}/partitions/{partition_id}/reassignment",
      "getReassignment", "The running reassignment of a partition.", "ReassignmentData", get_reassignment);
  get("/v3/clusters/{cluster_id}/topics/{topic_name}/partitions/-/reassignment", "listTopicReassignments",
      "The running reassignments of a topic.", "ReassignmentDataList", list_reassignments);
  get("/v3/clusters/{cluster_id}/topics/-/partitions/-/reassignment", "listReassignments",
      "All running reassignments.", "ReassignmentDataList", list_all_reassignments);
  get("/v3/clusters/{cluster_id}/brokers/{broker_id}/partition-replicas", "listBrokerReplicas",
      "The replicas that a broker holds.", "ReplicaDataList", list_replicas_of_broker);
}

}  // namespace barnabas::admin
