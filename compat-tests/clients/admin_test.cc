// Admin calls through librdkafka's C API.
#include "common/text.h"
#include "compat-tests/clients/support.h"

namespace barnabas::compat {
namespace {

class AdminCalls : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { broker_ = BrokerProcess::started({{"num.partitions", "3"}}).release(); }
  static void TearDownTestSuite() {
    EXPECT_EQ(broker_->stop(), 0);
    delete broker_;
  }
  AdminCalls() : admin_(*broker_), name_(::testing::UnitTest::GetInstance()->current_test_info()->name()) {}

  void produce(int count, std::int32_t partition = 0) {
    TestProducer producer(*broker_, {{"linger.ms", "1"}});
    for (int i = 0; i < count; ++i) producer.send(name_, partition, concat(i));
    ASSERT_TRUE(producer.flush());
  }

  // Value and source of one entry of DescribeConfigs; ("", unknown) when there is no such entry.
  std::pair<std::string, rd_kafka_ConfigSource_t> config(rd_kafka_ResourceType_t type,
                                                         const std::string& resource,
                                                         const std::string& key) {
    rd_kafka_ConfigResource_t* request = rd_kafka_ConfigResource_new(type, resource.c_str());
    rd_kafka_DescribeConfigs(admin_.handle(), &request, 1, nullptr, admin_.queue());
    rd_kafka_ConfigResource_destroy(request);
    const auto event = admin_.outcome();
    std::size_t count = 0;
    const auto** resources =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    const auto** entries = rd_kafka_ConfigResource_configs(resources[0], &count);
    for (std::size_t i = 0; i < count; ++i) {
      if (key != rd_kafka_ConfigEntry_name(entries[i])) continue;
      const char* value = rd_kafka_ConfigEntry_value(entries[i]);
      return {value ? value : "(null)", rd_kafka_ConfigEntry_source(entries[i])};
    }
    return {"", RD_KAFKA_CONFIG_SOURCE_UNKNOWN_CONFIG};
  }

  rd_kafka_resp_err_t alter(rd_kafka_ResourceType_t type, const std::string& resource,
                            rd_kafka_AlterConfigOpType_t operation, const std::string& key,
                            const char* value) {
    rd_kafka_ConfigResource_t* request = rd_kafka_ConfigResource_new(type, resource.c_str());
    rd_kafka_error_destroy(
        rd_kafka_ConfigResource_add_incremental_config(request, key.c_str(), operation, value));
    rd_kafka_IncrementalAlterConfigs(admin_.handle(), &request, 1, nullptr, admin_.queue());
    rd_kafka_ConfigResource_destroy(request);
    const auto event = admin_.outcome();
    std::size_t count = 0;
    const auto** resources = rd_kafka_IncrementalAlterConfigs_result_resources(
        rd_kafka_event_IncrementalAlterConfigs_result(event.get()), &count);
    return rd_kafka_ConfigResource_error(resources[0]);
  }

  std::int64_t list_offset(std::int64_t spec) {
    rd_kafka_topic_partition_list_t* places = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(places, name_.c_str(), 0)->offset = spec;
    rd_kafka_ListOffsets(admin_.handle(), places, nullptr, admin_.queue());
    rd_kafka_topic_partition_list_destroy(places);
    const auto event = admin_.outcome();
    std::size_t count = 0;
    const auto** infos =
        rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(event.get()), &count);
    return rd_kafka_ListOffsetsResultInfo_topic_partition(infos[0])->offset;
  }

  static BrokerProcess* broker_;
  Admin admin_;
  std::string name_;
};
BrokerProcess* AdminCalls::broker_ = nullptr;

TEST_F(AdminCalls, TopicsAreMadeGrownAndDeletedWithKafkasErrors) {
  EXPECT_EQ(admin_.create_topic(name_, 2), RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_EQ(admin_.create_topic(name_, 2), RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS);
  EXPECT_EQ(admin_.create_topic("no blanks", 1), RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION);
  EXPECT_EQ(admin_.create_topic(name_ + "3", 1, {}, 3), RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR);
  EXPECT_EQ(admin_.create_topic(name_ + "4", 1, {{"retention.ms", "soon"}}),
            RD_KAFKA_RESP_ERR_INVALID_CONFIG);
  EXPECT_EQ(admin_.create_partitions(name_, 5), RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_EQ(admin_.create_partitions(name_, 5), RD_KAFKA_RESP_ERR_INVALID_PARTITIONS);
  EXPECT_EQ(admin_.delete_topic(name_), RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_EQ(admin_.delete_topic(name_), RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
}

TEST_F(AdminCalls, ATopicMadeAgainUnderItsNameIsEmpty) {
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(admin_.create_topic(name_, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    produce(5);
    EXPECT_EQ(read_all(*broker_, name_, 1).size(), 5u) << "round " << round;
    ASSERT_EQ(admin_.delete_topic(name_), RD_KAFKA_RESP_ERR_NO_ERROR);
    broker_->settle();
  }
}

TEST_F(AdminCalls, ClusterIsDescribedWithThisBroker) {
  rd_kafka_DescribeCluster(admin_.handle(), nullptr, admin_.queue());
  const auto event = admin_.outcome();
  const auto* result = rd_kafka_event_DescribeCluster_result(event.get());
  std::size_t count = 0;
  const auto** nodes = rd_kafka_DescribeCluster_result_nodes(result, &count);
  ASSERT_EQ(count, 1u);
  EXPECT_EQ(rd_kafka_Node_id(nodes[0]), 1);
  EXPECT_EQ(rd_kafka_Node_port(nodes[0]), broker_->port());
  EXPECT_EQ(rd_kafka_Node_id(rd_kafka_DescribeCluster_result_controller(result)), 1);
  EXPECT_EQ(std::string(rd_kafka_DescribeCluster_result_cluster_id(result)).size(), 22u);
}

TEST_F(AdminCalls, TopicsAreDescribedWithIdsAndReplicas) {
  ASSERT_EQ(admin_.create_topic(name_, 2), RD_KAFKA_RESP_ERR_NO_ERROR);
  broker_->settle();
  const char* names[] = {name_.c_str(), "not-there"};
  rd_kafka_TopicCollection_t* topics = rd_kafka_TopicCollection_of_topic_names(names, 2);
  rd_kafka_DescribeTopics(admin_.handle(), topics, nullptr, admin_.queue());
  rd_kafka_TopicCollection_destroy(topics);
  const auto event = admin_.outcome();
  std::size_t count = 0;
  const auto** found =
      rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(event.get()), &count);
  ASSERT_EQ(count, 2u);
  std::size_t partitions = 0;
  const auto** parts = rd_kafka_TopicDescription_partitions(found[0], &partitions);
  ASSERT_EQ(partitions, 2u);
  EXPECT_EQ(rd_kafka_Node_id(rd_kafka_TopicPartitionInfo_leader(parts[0])), 1);
  std::size_t replicas = 0;
  rd_kafka_TopicPartitionInfo_isr(parts[1], &replicas);
  EXPECT_EQ(replicas, 1u);
  EXPECT_EQ(rd_kafka_error_code(rd_kafka_TopicDescription_error(found[1])),
            RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
}

TEST_F(AdminCalls, TopicConfigsKnowTheirSources) {
  ASSERT_EQ(admin_.create_topic(name_, 1, {{"retention.ms", "123456"}}), RD_KAFKA_RESP_ERR_NO_ERROR);
  const auto type = RD_KAFKA_RESOURCE_TOPIC;
  using Found = std::pair<std::string, rd_kafka_ConfigSource_t>;
  EXPECT_EQ(config(type, name_, "retention.ms"),
            Found("123456", RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG));
  EXPECT_EQ(config(type, name_, "segment.bytes"), Found("1073741824", RD_KAFKA_CONFIG_SOURCE_DEFAULT_CONFIG));

  EXPECT_EQ(alter(type, name_, RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET, "segment.bytes", "2000000"),
            RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_EQ(config(type, name_, "segment.bytes"),
            Found("2000000", RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG));
  EXPECT_EQ(alter(type, name_, RD_KAFKA_ALTER_CONFIG_OP_TYPE_APPEND, "cleanup.policy", "compact"),
            RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_EQ(config(type, name_, "cleanup.policy").first, "delete,compact");
  EXPECT_EQ(alter(type, name_, RD_KAFKA_ALTER_CONFIG_OP_TYPE_SUBTRACT, "cleanup.policy", "delete"),
            RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_EQ(config(type, name_, "cleanup.policy").first, "compact");
  EXPECT_EQ(alter(type, name_, RD_KAFKA_ALTER_CONFIG_OP_TYPE_DELETE, "segment.bytes", nullptr),
            RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_EQ(config(type, name_, "segment.bytes").second, RD_KAFKA_CONFIG_SOURCE_DEFAULT_CONFIG);

  EXPECT_EQ(alter(type, name_, RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET, "segment.bytes", "a lot"),
            RD_KAFKA_RESP_ERR_INVALID_CONFIG);
  EXPECT_EQ(alter(type, "not-there", RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET, "segment.bytes", "2000000"),
            RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
}

TEST_F(AdminCalls, BrokerConfigsKnowTheirSources) {
  const auto type = RD_KAFKA_RESOURCE_BROKER;
  using Found = std::pair<std::string, rd_kafka_ConfigSource_t>;
  EXPECT_EQ(config(type, "1", "num.partitions"), Found("3", RD_KAFKA_CONFIG_SOURCE_STATIC_BROKER_CONFIG));
  EXPECT_EQ(config(type, "1", "auto.create.topics.enable"),
            Found("true", RD_KAFKA_CONFIG_SOURCE_DEFAULT_CONFIG));
  EXPECT_EQ(alter(type, "1", RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET, "log.retention.ms", "777777777"),
            RD_KAFKA_RESP_ERR_NO_ERROR);
  broker_->settle();
  EXPECT_EQ(config(type, "1", "log.retention.ms"),
            Found("777777777", RD_KAFKA_CONFIG_SOURCE_DYNAMIC_BROKER_CONFIG));
  EXPECT_EQ(alter(type, "1", RD_KAFKA_ALTER_CONFIG_OP_TYPE_DELETE, "log.retention.ms", nullptr),
            RD_KAFKA_RESP_ERR_NO_ERROR);
}

TEST_F(AdminCalls, DeletedRecordsAreBelowTheLogStart) {
  ASSERT_EQ(admin_.create_topic(name_, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
  produce(10);
  rd_kafka_topic_partition_list_t* before = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(before, name_.c_str(), 0)->offset = 7;
  rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(before);
  rd_kafka_DeleteRecords(admin_.handle(), &request, 1, nullptr, admin_.queue());
  rd_kafka_DeleteRecords_destroy(request);
  rd_kafka_topic_partition_list_destroy(before);
  const auto event = admin_.outcome();
  const auto* offsets =
      rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event.get()));
  ASSERT_EQ(offsets->cnt, 1);
  EXPECT_EQ(offsets->elems[0].err, RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_EQ(offsets->elems[0].offset, 7);

  EXPECT_EQ(list_offset(RD_KAFKA_OFFSET_SPEC_EARLIEST), 7);
  EXPECT_EQ(list_offset(RD_KAFKA_OFFSET_SPEC_LATEST), 10);
  const auto rest = read_all(*broker_, name_, 1);
  ASSERT_EQ(rest.size(), 3u);  // offset 0 is out of range; the reset policy sends the reader to the start
  EXPECT_EQ(rest[0].offset, 7);
}

TEST_F(AdminCalls, OffsetOfTheLatestTimestampIsNotThatOfTheLastRecord) {
  ASSERT_EQ(admin_.create_topic(name_, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_EQ(list_offset(RD_KAFKA_OFFSET_SPEC_MAX_TIMESTAMP), -1);
  TestProducer producer(*broker_);
  for (const int time : {1000, 3000, 2000}) {
    producer.send(name_, 0, "v", std::nullopt, 1'700'000'000'000 + time);
    ASSERT_TRUE(producer.flush());
  }
  EXPECT_EQ(list_offset(RD_KAFKA_OFFSET_SPEC_MAX_TIMESTAMP), 1);
}

TEST_F(AdminCalls, GroupsAreListedDescribedAndDeleted) {
  ASSERT_EQ(admin_.create_topic(name_, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
  produce(3);
  const auto consumer = make_consumer(*broker_, {{"group.id", name_}, {"client.id", "reader"}});
  consumer->subscribe({name_});
  ASSERT_EQ(read_as_group(*consumer, 3).size(), 3u);
  ASSERT_EQ(consumer->commitSync(), RdKafka::ERR_NO_ERROR);

  const char* group = name_.c_str();
  const auto describe = [&] {
    rd_kafka_DescribeConsumerGroups(admin_.handle(), &group, 1, nullptr, admin_.queue());
    return admin_.outcome();
  };
  {
    const auto event = describe();
    std::size_t count = 0;
    const auto** groups = rd_kafka_DescribeConsumerGroups_result_groups(
        rd_kafka_event_DescribeConsumerGroups_result(event.get()), &count);
    ASSERT_EQ(count, 1u);
    EXPECT_EQ(rd_kafka_ConsumerGroupDescription_state(groups[0]), RD_KAFKA_CONSUMER_GROUP_STATE_STABLE);
    ASSERT_EQ(rd_kafka_ConsumerGroupDescription_member_count(groups[0]), 1u);
    const auto* member = rd_kafka_ConsumerGroupDescription_member(groups[0], 0);
    EXPECT_STREQ(rd_kafka_MemberDescription_client_id(member), "reader");
    const std::string id = rd_kafka_MemberDescription_consumer_id(member);
    EXPECT_EQ(id.substr(0, 7), "reader-");
    const auto* assignment =
        rd_kafka_MemberAssignment_partitions(rd_kafka_MemberDescription_assignment(member));
    EXPECT_EQ(assignment->cnt, 1);
  }
  const auto remove = [&] {
    rd_kafka_DeleteGroup_t* request = rd_kafka_DeleteGroup_new(group);
    rd_kafka_DeleteGroups(admin_.handle(), &request, 1, nullptr, admin_.queue());
    rd_kafka_DeleteGroup_destroy(request);
    const auto event = admin_.outcome();
    std::size_t count = 0;
    const auto** groups =
        rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event.get()), &count);
    const rd_kafka_error_t* error = rd_kafka_group_result_error(groups[0]);
    return error ? rd_kafka_error_code(error) : RD_KAFKA_RESP_ERR_NO_ERROR;
  };
  EXPECT_EQ(remove(), RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP);
  consumer->close();
  EXPECT_EQ(remove(), RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_EQ(remove(), RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND);
}

}  // namespace
}  // namespace barnabas::compat
