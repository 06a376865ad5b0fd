// A backend with a fixed little cluster, whose changes are recorded.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "admin/backend.h"
#include "common/text.h"

namespace barnabas::admin {

inline Buffer bytes(std::string_view text) {
  return Buffer(text.begin(), text.end());
}

class FakeBackend : public Backend {
 public:
  FakeBackend() {
    for (const char* name : {"__consumer_offsets", "orders", "payments"}) {
      TopicInfo topic{name, "AAAAAAAAAAAAAAAAAAAAAQ", name[0] == '_', {}};
      for (std::int32_t partition = 0; partition < 2; ++partition)
        topic.partitions.push_back({partition, 1, {1, 2}, {1}, {}, {}});
      all_topics.push_back(topic);
    }
    all_topics[2].partitions[1].adding_replicas = {3};
    all_topics[2].partitions[1].leader = -1;
    GroupMember member{
        "consumer-1-uuid", "static-1", "consumer-1", "/127.0.0.1", {{"orders", 0}, {"orders", 1}}};
    all_groups.push_back({"group/1", "Stable", "classic", "consumer", "range", 1, {member}});
    all_groups.push_back({"simple", "PreparingRebalance", "consumer", "", "", 2, {}});
    for (std::int64_t offset = 0; offset < 5; ++offset)
      records.push_back({offset,
                         1'700'000'000'000 + offset,
                         false,
                         bytes("k" + std::to_string(offset)),
                         bytes(R"({"n":)" + std::to_string(offset) + "}"),
                         {{"h", bytes("v")}}});
  }

  void cluster(Answer<ClusterInfo> answer) override { answer(ClusterInfo{"cluster-1", 1}); }
  void brokers(Answer<std::vector<BrokerInfo>> answer) override {
    answer(std::vector<BrokerInfo>{{1, "host-1", 9092, "rack-a"}, {2, "host-2", 9093}});
  }
  void topics(Answer<std::vector<TopicInfo>> answer) override { answer(all_topics); }
  void topic(const std::string& name, Answer<TopicInfo> answer) override {
    for (const TopicInfo& one : all_topics)
      if (one.name == name) return answer(one);
    answer(unknown_topic());
  }
  void create_topic(NewTopic topic, Answer<TopicInfo> answer) override {
    created = topic;
    if (topic.name == "orders") return answer(refused("Topic 'orders' already exists."));
    TopicInfo made{topic.name, "id", false, {}};
    for (std::int32_t partition = 0; partition < topic.partitions_count.value_or(1); ++partition)
      made.partitions.push_back({partition, 1, {1}, {1}});
    answer(made);
  }
  void delete_topic(const std::string& name, Answer<Done> answer) override {
    deleted.push_back(name);
    if (name == "absent") return answer(unknown_topic());
    answer(Done{});
  }
  void create_partitions(const std::string& name, std::int32_t count, Answer<Done> answer) override {
    if (count <= 2) return answer(refused("Topic already has 2 partitions."));
    for (TopicInfo& one : all_topics) {
      while (one.name == name && static_cast<std::int32_t>(one.partitions.size()) < count)
        one.partitions.push_back({static_cast<std::int32_t>(one.partitions.size()), 1, {1}, {1}});
    }
    answer(Done{});
  }
  void offsets(const TopicPartition&, Answer<OffsetRange> answer) override { answer(OffsetRange{3, 42}); }
  void configs(std::vector<ConfigResource> resources, Answer<std::vector<ResourceConfigs>> answer) override {
    std::vector<ResourceConfigs> all;
    for (const ConfigResource& resource : resources) {
      if (resource.name == "absent") return answer(unknown_topic());
      ConfigEntry set{"retention.ms",
                      "1000",
                      false,
                      false,
                      ConfigSource::kDynamicTopic,
                      {{"retention.ms", "1000", ConfigSource::kDynamicTopic},
                       {"log.retention.ms", std::nullopt, ConfigSource::kDefault}}};
      ConfigEntry secret{"ssl.key", std::nullopt, true, true, ConfigSource::kDefault, {}};
      all.push_back({resource, {set, secret}});
    }
    answer(all);
  }
  void alter_configs(ConfigResource resource, std::vector<ConfigChange> changes, bool validate_only,
                     Answer<Done> answer) override {
    altered = resource;
    altered_changes = changes;
    altered_validate_only = validate_only;
    for (const ConfigChange& change : changes)
      if (change.name == "bad") return answer(refused("Unknown topic config name: bad"));
    answer(Done{});
  }
  void groups(Answer<std::vector<GroupInfo>> answer) override { answer(all_groups); }
  void group(const std::string& id, Answer<GroupInfo> answer) override {
    for (const GroupInfo& one : all_groups)
      if (one.group_id == id) return answer(one);
    answer(unexpected(
        BackendError{BackendError::Kind::kNotFound, "Consumer Group " + id + " could not be found."}));
  }
  void group_offsets(const std::string& id, Answer<std::vector<GroupOffset>> answer) override {
    std::vector<GroupOffset> offsets;
    if (id == "group/1" || id == "words")
      offsets = {{{"orders", 0}, 10, 15}, {{"orders", 1}, 1, 100}, {{"payments", 0}, 9, 5}};
    answer(offsets);
  }
  void share_groups(Answer<std::vector<ShareGroupInfo>> answer) override { answer(all_share_groups); }
  void share_group(const std::string& id, Answer<ShareGroupInfo> answer) override {
    answer_one(all_share_groups, id, answer);
  }
  void share_offsets(const std::string& id, Answer<std::vector<ShareOffset>> answer) override {
    if (id != "shared") return answer(no_group(id));
    answer(std::vector<ShareOffset>{{{"orders", 0}, 3, 39}, {{"orders", 1}}});
  }
  void streams_groups(Answer<std::vector<StreamsGroupInfo>> answer) override { answer(all_streams_groups); }
  void streams_group(const std::string& id, Answer<StreamsGroupInfo> answer) override {
    answer_one(all_streams_groups, id, answer);
  }
  void delete_group(const std::string& id, Answer<Done> answer) override {
    deleted.push_back(id);
    if (id == "shared") return answer(refused("The group is not empty."));
    answer(Done{});
  }
  void read_records(RecordQuery query, Answer<RecordPage> answer) override {
    asked = query;
    if (query.partition.topic == "absent") return answer(unknown_topic());
    RecordPage page{{}, 0, 5, 5};
    for (const Record& record : records)
      if (static_cast<std::int32_t>(page.records.size()) < query.limit) page.records.push_back(record);
    page.next_offset = static_cast<std::int64_t>(page.records.size());
    answer(page);
  }
  // Answers from another thread, as a broker with several threads does.
  void produce(NewRecord record, Answer<ProducedRecord> answer) override {
    produced.push_back(record);
    const auto offset = static_cast<std::int64_t>(produced.size()) - 1;
    workers.emplace_back([record = std::move(record), offset, answer = std::move(answer)]() mutable {
      if (record.topic == "absent") return answer(unknown_topic());
      answer(ProducedRecord{record.partition.value_or(7), offset,
                            record.timestamp_ms.value_or(1'700'000'000'123)});
    });
  }
  void readiness(std::vector<std::string> topics, std::vector<std::string> groups,
                 Answer<Readiness> answer) override {
    if (std::find(topics.begin(), topics.end(), "absent") != topics.end())
      return answer(Readiness{false, "The topic absent does not exist."});
    answer(Readiness{true, concat(topics.size(), " topics, ", groups.size(), " groups")});
  }
  std::string metrics() override { return "# TYPE up gauge\nup 1\n"; }

  ~FakeBackend() override {
    for (std::thread& worker : workers) worker.join();
  }

  template <class Group>
  static void answer_one(const std::vector<Group>& all, const std::string& id, Answer<Group>& answer) {
    for (const Group& one : all)
      if (one.group_id == id) return answer(one);
    answer(no_group(id));
  }
  static unexpected<BackendError> no_group(const std::string& id) {
    return unexpected(BackendError{BackendError::Kind::kNotFound, "Group " + id + " not found."});
  }
  static unexpected<BackendError> unknown_topic() {
    return unexpected(BackendError{BackendError::Kind::kUnknownTopicOrPartition,
                                   "This server does not host this topic-partition."});
  }
  static unexpected<BackendError> refused(std::string message) {
    return unexpected(BackendError{BackendError::Kind::kBadRequest, std::move(message)});
  }

  std::vector<TopicInfo> all_topics;
  std::vector<GroupInfo> all_groups;
  std::vector<ShareGroupInfo> all_share_groups = {
      {"shared",
       "Stable",
       1,
       {{"m-1", std::nullopt, "client-1", "/127.0.0.1", {{"orders", 0}}}},
       {{"orders", 0}, {"orders", 1}}},
      {"unread", "Empty", 2}};
  std::vector<StreamsGroupInfo> all_streams_groups = {{"words",
                                                       "NotReady",
                                                       1,
                                                       4,
                                                       3,
                                                       2,
                                                       {{"0", {"orders"}}, {"1", {"payments"}}},
                                                       {{"s-1",
                                                         "static-1",
                                                         "client-1",
                                                         "process-1",
                                                         3,
                                                         2,
                                                         {{{"0", {0, 1}}}, {{"1", {0}}}, {}},
                                                         {{{"0", {0}}, {"1", {1}}}, {}, {{"1", {0}}}}}}}};
  std::vector<Record> records;
  std::optional<NewTopic> created;
  std::vector<std::string> deleted;
  std::optional<ConfigResource> altered;
  std::vector<ConfigChange> altered_changes;
  bool altered_validate_only = false;
  std::optional<RecordQuery> asked;
  std::vector<NewRecord> produced;
  std::vector<std::thread> workers;
};

}  // namespace barnabas::admin
