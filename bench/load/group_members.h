// What the members of groups do: which request is next, what an answer means, and when everybody has what is
// theirs for good. No sockets and no clock.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "bench/load/group_requests.h"
#include "common/bytes.h"
#include "common/uuid.h"

namespace barnabas::bench {

// Groups of equally many members that all subscribe to one topic. One thread; a member has
// one request under way at a time.
class Fleet {
 public:
  struct Shape {
    std::string prefix;  // of the groups' names
    std::string topic;
    std::int32_t partitions = 0;  // of the topic
    std::size_t groups = 0;
    std::size_t members = 0;  // of each group
  };

  explicit Fleet(Shape shape) : shape_(std::move(shape)) {}
  virtual ~Fleet() = default;

  std::size_t size() const { return shape_.groups * shape_.members; }
  // Every group's partitions are with its members, each with one and equally many with everybody.
  bool settled() const { return settled_groups_ == shape_.groups; }
  std::size_t settled_groups() const { return settled_groups_; }

  virtual Buffer next_request(std::size_t member) = 0;
  // Takes the answer; how many seconds later the next request is due. Throws std::runtime_error for an error
  // that no member of a healthy group meets.
  virtual double answered(std::size_t member, ByteView answer) = 0;
  virtual Buffer leave(std::size_t member) const = 0;

 protected:
  std::size_t group_of(std::size_t member) const { return member / shape_.members; }
  std::string group_name(std::size_t group) const;
  const Shape& shape() const { return shape_; }
  void set_settled(bool before, bool now) {
    settled_groups_ += static_cast<std::size_t>(now) - static_cast<std::size_t>(before);
  }

 private:
  const Shape shape_;
  std::size_t settled_groups_ = 0;
};

// Members as Kafka's consumer of KIP-848 is one: a heartbeat when one is due, and at once when there is an
// assignment to acknowledge.
class ConsumerFleet final : public Fleet {
 public:
  explicit ConsumerFleet(const Shape& shape);

  Buffer next_request(std::size_t member) override;
  double answered(std::size_t member, ByteView answer) override;
  Buffer leave(std::size_t member) const override;

 private:
  struct Member {
    std::string id;
    std::int32_t epoch = 0;
    Partitions owned;
    bool acknowledges = true;  // the next heartbeat says what it has
  };
  struct Group {
    std::string name;
    std::vector<std::int32_t> owners;  // by partition
    std::size_t owned_once = 0;        // partitions
    std::size_t members_served = 0;    // that have their share
    bool is_settled = false;
  };

  bool is_served(const Member& member) const;
  void own(Group& group, Member& member, Partitions partitions);

  std::vector<Member> members_;
  std::vector<Group> groups_;
  Uuid topic_id_;
};

// Members of the classic protocol: join, learn the member id, join, sync, heartbeats every three seconds.
class ClassicFleet final : public Fleet {
 public:
  explicit ClassicFleet(const Shape& shape);

  Buffer next_request(std::size_t member) override;
  double answered(std::size_t member, ByteView answer) override;
  Buffer leave(std::size_t member) const override;

 private:
  enum class Phase : std::uint8_t { kJoin, kSync, kStable };
  struct Member {
    std::string id;
    std::int32_t generation = -1;
    Phase phase = Phase::kJoin;
    std::vector<std::string> to_assign;  // everybody, for the leader
  };
  struct Group {
    std::string name;
    std::size_t stable = 0;
  };

  ClassicMember identity(std::size_t member) const;
  void set_phase(std::size_t member, Phase phase);
  std::vector<std::pair<std::string, Partitions>> assignment(const std::vector<std::string>& members) const;

  std::vector<Member> members_;
  std::vector<Group> groups_;
};

}  // namespace barnabas::bench
