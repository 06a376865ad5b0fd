// Consumer groups on the bench: virtual time, a cluster made by hand, a log in memory, and members that do as
// clients do.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "broker/groups/consumer/protocol.h"
#include "common/random.h"

namespace barnabas::broker::groups::consumer {

// A cluster view whose topics are set by the test.
class TestCluster final : public ClusterView {
 public:
  std::optional<TopicInfo> topic(std::string_view name) const override;
  std::optional<TopicInfo> topic(const Uuid& id) const override;
  void for_each_topic_name(const std::function<void(const std::string&)>& see) const override;
  std::vector<std::string> racks(const Uuid&, std::int32_t) const override { return racks_of_all; }
  std::int64_t version() const override { return version_; }
  std::int64_t newest_topic_version() const override { return newest_topic_version_; }
  Timing timing(const std::string&) const override { return timing_of_all; }
  Timing share_timing(const std::string&) const override { return timing_of_all; }

  void add(const std::string& name, std::int32_t partitions);  // or gives it more
  void remove(const std::string& name);
  void touch() { ++version_; }
  static Uuid id_of(const std::string& name, int incarnation = 0);

  Timing timing_of_all{.assignment_interval_ms = 0};
  std::vector<std::string> racks_of_all;

 private:
  std::map<std::string, TopicInfo, std::less<>> topics_;
  std::map<std::string, int> incarnations_;
  std::int64_t version_ = 1;
  std::int64_t newest_topic_version_ = 1;
};

class Bench {
 public:
  explicit Bench(Settings settings = {}, std::uint64_t seed = 1);

  HeartbeatReply heartbeat(const HeartbeatCommand& command);
  void advance(std::int64_t ms);  // through every deadline on the way
  const Group& group(const std::string& id = "g") const { return *protocol->find(id); }
  const Member& member(const std::string& id, const std::string& group_id = "g") const {
    return *group(group_id).find(id);
  }
  std::string state(const std::string& id = "g") const { return protocol->describe(group(id)).state; }
  // Loads the log into new rules, which take the place of the old.
  void restart();
  // What the groups are, in words, to compare.
  static std::string picture(const Protocol& protocol);
  // The types of the records that the last operation wrote, in order.
  const std::vector<Record>& last() const { return last_; }

  std::shared_ptr<TestCluster> cluster = std::make_shared<TestCluster>();
  Instant now{1'700'000'000'000, 5'000};
  std::unique_ptr<Random> random;
  std::unique_ptr<Protocol> protocol;
  std::vector<coordination::EncodedRecord> log;
  Settings settings;

 private:
  std::unique_ptr<Protocol> make() const;
  void append(Records records);

  Records last_;
};

HeartbeatCommand joining(const std::string& member_id, std::vector<std::string> topics = {"t"});
HeartbeatCommand joining_by_regex(const std::string& member_id, const std::string& regex);

// A client of the protocol: says what it has when it has just changed, gives back what it is not assigned.
class TestMember {
 public:
  TestMember(Bench& bench, HeartbeatCommand join) : bench_(bench), join_(std::move(join)) {}

  // One heartbeat; joins if the member is not in the group or was fenced.
  HeartbeatReply beat();
  void leave(std::int32_t epoch = kLeaveEpoch);
  const TopicPartitions& owned() const { return owned_; }
  std::size_t partitions() const;
  std::int32_t epoch() const { return epoch_; }
  const std::string& id() const { return join_.member_id; }
  HeartbeatCommand& subscription() { return join_; }  // takes part in the next heartbeat
  bool lazy = false;                                  // does not give anything back

 private:
  Bench& bench_;
  HeartbeatCommand join_;
  HeartbeatCommand said_;
  std::int32_t epoch_ = 0;
  TopicPartitions owned_;
  bool report_ = true;
};

}  // namespace barnabas::broker::groups::consumer
