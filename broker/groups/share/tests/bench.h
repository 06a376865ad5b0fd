// Share groups on the bench: virtual time, a cluster made by hand, a log in memory, a persister that does as
// the test says, and members that do as clients do.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "broker/groups/consumer/tests/bench.h"
#include "broker/groups/share/protocol.h"

namespace barnabas::broker::groups::share {

class Bench {
 public:
  explicit Bench(Settings settings = {});

  HeartbeatReply heartbeat(const HeartbeatCommand& command);
  void advance(std::int64_t ms);  // through every deadline on the way
  const Group& group(const std::string& id = "g") const { return *protocol->find(id); }
  const Member& member(const std::string& id) const { return *group().find(id); }
  const StatePartitions& states() const { return *group().states(); }
  // What the persister was asked to make and has not answered yet, oldest first.
  void answer_initialization(bool made = true);
  void append(Records records);
  // Loads the log into new rules, which take the place of the old.
  void restart();
  // What the groups are, in words, to compare.
  static std::string picture(const Protocol& protocol);

  std::shared_ptr<consumer::TestCluster> cluster = std::make_shared<consumer::TestCluster>();
  Instant now{1'700'000'000'000, 5'000};
  std::unique_ptr<Protocol> protocol;
  std::vector<coordination::EncodedRecord> log;
  std::vector<Record> last;  // that the last operation wrote
  Settings settings;
  bool answers_at_once = true;
  std::deque<std::pair<std::string, Initialization>> asked;
  std::size_t initializations = 0;

 private:
  std::unique_ptr<Protocol> make() const;
};

HeartbeatCommand joining(const std::string& member_id, std::vector<std::string> topics = {"t"});
// Ones without what is told once.
HeartbeatCommand staying(const std::string& member_id, std::int32_t epoch);
HeartbeatCommand leaving(const std::string& member_id);

// A client: joins, beats, joins anew when it was fenced.
class TestMember {
 public:
  TestMember(Bench& bench, const std::string& id, std::vector<std::string> subscription = {"t"})
      : topics(std::move(subscription)), bench_(bench), id_(id) {}

  HeartbeatReply beat();
  void leave();
  const TopicPartitions& has() const { return has_; }
  std::size_t partitions() const;
  std::int32_t epoch() const { return epoch_; }
  const std::string& id() const { return id_; }

  std::vector<std::string> topics;  // told in the next heartbeat if they changed

 private:
  Bench& bench_;
  const std::string id_;
  std::vector<std::string> said_;
  std::int32_t epoch_ = 0;
  TopicPartitions has_;
};

}  // namespace barnabas::broker::groups::share
