#include "apps/admin_backend.h"

#include "apps/admin_backend/cluster.h"
#include "apps/admin_backend/configs.h"
#include "apps/admin_backend/groups.h"
#include "apps/admin_backend/readiness.h"
#include "apps/admin_backend/record_reader.h"
#include "apps/admin_backend/record_writer.h"
#include "apps/admin_backend/share_groups.h"
#include "apps/admin_backend/streams_groups.h"
#include "apps/admin_backend/topics.h"
#include "broker/broker.h"

namespace barnabas::apps {
namespace {

using admin::Answer;

// The questions of the endpoint, handed to the file of their subject. Any thread; as long as the endpoint.
class BrokerBackend final : public admin::Backend {
 public:
  explicit BrokerBackend(broker::Broker& broker) : broker_(broker), writer_(broker) {}

  void cluster(Answer<admin::ClusterInfo> answer) override {
    answer(cluster_info(*broker_.metadata().get(), broker_.identity().cluster_id));
  }
  void brokers(Answer<std::vector<admin::BrokerInfo>> answer) override {
    answer(broker_infos(*broker_.metadata().get()));
  }

  void topics(Answer<std::vector<admin::TopicInfo>> answer) override {
    answer(topic_infos(*broker_.metadata().get()));
  }
  void topic(const std::string& name, Answer<admin::TopicInfo> answer) override {
    answer(topic_info(*broker_.metadata().get(), name));
  }
  void create_topic(admin::NewTopic topic, Answer<admin::TopicInfo> answer) override {
    apps::create_topic(broker_, std::move(topic), std::move(answer));
  }
  void delete_topic(const std::string& name, Answer<admin::Done> answer) override {
    apps::delete_topic(broker_, name, std::move(answer));
  }
  void create_partitions(const std::string& name, std::int32_t count, Answer<admin::Done> answer) override {
    apps::create_partitions(broker_, name, count, std::move(answer));
  }
  void offsets(const TopicPartition& partition, Answer<admin::OffsetRange> answer) override {
    answer(offset_range(broker_.partitions(), partition));
  }

  void configs(std::vector<admin::ConfigResource> resources,
               Answer<std::vector<admin::ResourceConfigs>> answer) override {
    answer(describe_configs(broker_, std::move(resources)));
  }
  void alter_configs(admin::ConfigResource resource, std::vector<admin::ConfigChange> changes,
                     bool validate_only, Answer<admin::Done> answer) override {
    apps::alter_configs(broker_, std::move(resource), std::move(changes), validate_only, std::move(answer));
  }

  void groups(Answer<std::vector<admin::GroupInfo>> answer) override {
    group_infos(broker_, std::move(answer));
  }
  void group(const std::string& group_id, Answer<admin::GroupInfo> answer) override {
    group_info(broker_, group_id, std::move(answer));
  }
  void group_offsets(const std::string& group_id, Answer<std::vector<admin::GroupOffset>> answer) override {
    apps::group_offsets(broker_, group_id, std::move(answer));
  }

  void share_groups(Answer<std::vector<admin::ShareGroupInfo>> answer) override {
    share_group_infos(broker_, std::move(answer));
  }
  void share_group(const std::string& group_id, Answer<admin::ShareGroupInfo> answer) override {
    share_group_info(broker_, group_id, std::move(answer));
  }
  void share_offsets(const std::string& group_id, Answer<std::vector<admin::ShareOffset>> answer) override {
    share_group_offsets(broker_, group_id, std::move(answer));
  }
  void streams_groups(Answer<std::vector<admin::StreamsGroupInfo>> answer) override {
    streams_group_infos(broker_, std::move(answer));
  }
  void streams_group(const std::string& group_id, Answer<admin::StreamsGroupInfo> answer) override {
    streams_group_info(broker_, group_id, std::move(answer));
  }
  void delete_group(const std::string& group_id, Answer<admin::Done> answer) override {
    apps::delete_group(broker_, group_id, std::move(answer));
  }

  void read_records(admin::RecordQuery query, Answer<admin::RecordPage> answer) override {
    // Reads block: they go to the disk and decompress.
    broker_.environment().scheduler.run_blocking(
        [&partitions = broker_.partitions(), query = std::move(query), answer = std::move(answer)]() mutable {
          answer(read_page(partitions, query));
        });
  }
  // Here and now, so that records handed over one after the other stand in that order.
  void produce(admin::NewRecord record, Answer<admin::ProducedRecord> answer) override {
    writer_.write(std::move(record), std::move(answer));
  }

  void readiness(std::vector<std::string> topics, std::vector<std::string> groups,
                 Answer<admin::Readiness> answer) override {
    check_readiness(broker_, topics, std::move(groups), std::move(answer));
  }
  std::string metrics() override { return broker_.environment().metrics.text(); }

 private:
  broker::Broker& broker_;
  RecordWriter writer_;
};

}  // namespace

std::unique_ptr<admin::Backend> make_admin_backend(broker::Broker& broker) {
  return std::make_unique<BrokerBackend>(broker);
}

}  // namespace barnabas::apps
