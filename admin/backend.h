// Where the HTTP endpoint gets its data and sends its changes. The broker implements it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "admin/model.h"
#include "common/result.h"

namespace barnabas::admin {

// Called once, from any thread, possibly before the question returns.
template <class T>
using Answer = std::move_only_function<void(Result<T, BackendError>)>;

struct Done {};

// All methods are called on the HTTP server's threads, must not block, and answer through the callback. The
// server outlives no backend: it is stopped first, and answers that come later are dropped.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual void cluster(Answer<ClusterInfo> answer) = 0;
  virtual void brokers(Answer<std::vector<BrokerInfo>> answer) = 0;

  virtual void topics(Answer<std::vector<TopicInfo>> answer) = 0;  // sorted by name
  virtual void topic(const std::string& name, Answer<TopicInfo> answer) = 0;
  virtual void create_topic(NewTopic topic, Answer<TopicInfo> answer) = 0;
  virtual void delete_topic(const std::string& name, Answer<Done> answer) = 0;
  // Raises the number of partitions to `count`.
  virtual void create_partitions(const std::string& name, std::int32_t count, Answer<Done> answer) = 0;
  virtual void offsets(const TopicPartition& partition, Answer<OffsetRange> answer) = 0;

  // In the order asked for; an unknown resource fails the whole question.
  virtual void configs(std::vector<ConfigResource> resources,
                       Answer<std::vector<ResourceConfigs>> answer) = 0;
  // All changes or none.
  virtual void alter_configs(ConfigResource resource, std::vector<ConfigChange> changes, bool validate_only,
                             Answer<Done> answer) = 0;

  // Classic and consumer groups, sorted by id.
  virtual void groups(Answer<std::vector<GroupInfo>> answer) = 0;
  // kNotFound for a group that does not exist.
  virtual void group(const std::string& group_id, Answer<GroupInfo> answer) = 0;
  // Every partition the group, which may be a streams group, has committed for, sorted.
  virtual void group_offsets(const std::string& group_id, Answer<std::vector<GroupOffset>> answer) = 0;

  // Share and streams groups, sorted by id; of one, kNotFound if there is none of that kind.
  virtual void share_groups(Answer<std::vector<ShareGroupInfo>> answer) = 0;
  virtual void share_group(const std::string& group_id, Answer<ShareGroupInfo> answer) = 0;
  // Where the group goes on in each of its partitions, sorted.
  virtual void share_offsets(const std::string& group_id, Answer<std::vector<ShareOffset>> answer) = 0;
  virtual void streams_groups(Answer<std::vector<StreamsGroupInfo>> answer) = 0;
  virtual void streams_group(const std::string& group_id, Answer<StreamsGroupInfo> answer) = 0;
  // Of any kind. kBadRequest while it has members.
  virtual void delete_group(const std::string& group_id, Answer<Done> answer) = 0;

  virtual void read_records(RecordQuery query, Answer<RecordPage> answer) = 0;
  virtual void produce(NewRecord record, Answer<ProducedRecord> answer) = 0;

  // Ready for clients: started, unfenced, and each topic has leaders and each group a coordinator that has
  // loaded it.
  virtual void readiness(std::vector<std::string> topics, std::vector<std::string> groups,
                         Answer<Readiness> answer) = 0;
  // Prometheus' text format.
  virtual std::string metrics() = 0;
};

}  // namespace barnabas::admin
