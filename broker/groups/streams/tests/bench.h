// Streams groups on the bench: virtual time, a cluster made by hand, a log in memory, and members that do as
// Kafka Streams does.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "broker/groups/consumer/tests/bench.h"
#include "broker/groups/streams/protocol.h"

namespace barnabas::broker::groups::streams {

// Topics of the consumer groups' bench, with options for streams groups.
class TestCluster final : public consumer::ClusterView {
 public:
  std::optional<consumer::TopicInfo> topic(std::string_view name) const override {
    return topics_.topic(name);
  }
  std::optional<consumer::TopicInfo> topic(const Uuid& id) const override { return topics_.topic(id); }
  void for_each_topic_name(const std::function<void(const std::string&)>& see) const override {
    topics_.for_each_topic_name(see);
  }
  std::vector<std::string> racks(const Uuid& id, std::int32_t partition) const override {
    return topics_.racks(id, partition);
  }
  std::int64_t version() const override { return topics_.version(); }
  std::int64_t newest_topic_version() const override { return topics_.newest_topic_version(); }
  consumer::Timing timing(const std::string&) const override { return {}; }
  consumer::Timing share_timing(const std::string&) const override { return {}; }
  GroupConfig streams_config(const std::string&) const override { return config; }

  void add(const std::string& name, std::int32_t partitions) { topics_.add(name, partitions); }
  void remove(const std::string& name) { topics_.remove(name); }

  GroupConfig config{.assignment_interval_ms = 0, .initial_rebalance_delay_ms = 0};

 private:
  consumer::TestCluster topics_;
};

class Bench {
 public:
  explicit Bench(Settings with = {});

  HeartbeatReply heartbeat(const HeartbeatCommand& command);
  // Creates the topics that the last answer missed, as the broker does.
  void create_missing();
  void advance(std::int64_t ms);  // through every deadline on the way
  const Group& group(const std::string& id = "g") const { return *protocol->find(id); }
  const Member& member(const std::string& id) const { return *group().find(id); }
  std::string state(const std::string& id = "g") const { return protocol->describe(group(id)).state; }
  // Loads the log into new rules, which take the place of the old.
  void restart();
  // What the groups are, in words, to compare.
  static std::string picture(const Protocol& protocol);
  // The types of the records that the last operation wrote, in order.
  std::vector<std::size_t> last_types() const;

  std::shared_ptr<TestCluster> cluster = std::make_shared<TestCluster>();
  Instant now{1'700'000'000'000, 5'000};
  std::unique_ptr<Protocol> protocol;
  std::vector<coordination::EncodedRecord> log;
  Settings settings;

 private:
  std::unique_ptr<Protocol> make() const;
  void append(Records records);

  Records last_;
  std::vector<InternalTopic> missing_;
};

// Places in the variant of records.
inline constexpr std::size_t kEpochType = 0, kMemberType = 1, kTargetEpochType = 2, kTargetType = 3,
                             kCurrentType = 4, kTopologyType = 5;

TopologyValue::TopicInfo topic_info(const std::string& name, std::int32_t partitions = 0);
// "0" reads `source` and writes "repartition"; "1" reads that and keeps "changelog".
TopologyValue word_count(const std::string& source = "t");
// One subtopology, with a changelog or without.
TopologyValue one_step(const std::string& source = "t", bool stateful = false);
HeartbeatCommand joining(const std::string& member_id, const TopologyValue& topology = one_step(),
                         const std::string& process_id = "");
HeartbeatCommand beating(const std::string& member_id, std::int32_t epoch);

// A client of the protocol: says what it has when it has just changed, gives back what it is not assigned.
class TestMember {
 public:
  TestMember(Bench& bench, HeartbeatCommand join) : bench_(bench), join_(std::move(join)) {}

  // One heartbeat; joins if the member is not in the group or was fenced.
  HeartbeatReply beat();
  void leave();
  const Tasks& owned() const { return owned_; }
  std::size_t active_tasks() const;
  std::int32_t epoch() const { return epoch_; }
  const std::string& id() const { return join_.member_id; }
  bool lazy = false;  // does not give anything back

 private:
  // Takes what it was told, which the next heartbeat confirms.
  void obey();

  Bench& bench_;
  HeartbeatCommand join_;
  std::int32_t epoch_ = 0;
  Tasks told_;
  Tasks owned_;
  bool must_obey_ = false;
  bool report_ = true;
};

}  // namespace barnabas::broker::groups::streams
