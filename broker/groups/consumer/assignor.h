// Server-side assignors: who of a consumer group should have which partitions. They know no epochs and no
// state of members; what a member should have had before is all the memory there is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/groups/consumer/assignment.h"

namespace barnabas::broker::groups::consumer {

struct MemberSpec {
  std::string id;
  std::optional<std::string> instance_id;
  std::shared_ptr<const std::vector<Uuid>> topics;  // subscribed and existing, ascending; shared where equal
  const TopicPartitions* previous = nullptr;        // the target until now; never null
};

struct GroupSpec {
  std::vector<MemberSpec> members;                          // ascending by id
  bool homogeneous = true;                                  // all subscribe to the same topics
  std::unordered_map<Uuid, std::int32_t> partition_counts;  // of every subscribed topic
};

// One entry per member, in the order of the specification.
using GroupAssignment = std::vector<TopicPartitions>;

class Assignor {
 public:
  virtual ~Assignor() = default;
  virtual std::string_view name() const = 0;
  virtual GroupAssignment assign(const GroupSpec& group) const = 0;
};

// Every topic in contiguous ranges over its subscribers, in the order of instance ids and then member ids, so
// that topics with equally many partitions fall together (KIP-848).
class RangeAssignor final : public Assignor {
 public:
  std::string_view name() const override { return "range"; }
  GroupAssignment assign(const GroupSpec& group) const override;
};

// Equally many partitions for everybody as far as subscriptions allow, moving as few as that takes.
class UniformAssignor final : public Assignor {
 public:
  std::string_view name() const override { return "uniform"; }
  GroupAssignment assign(const GroupSpec& group) const override;
};

// The parts of UniformAssignor, for members that subscribe to the same topics and for others.
GroupAssignment assign_homogeneous(const GroupSpec& group);
GroupAssignment assign_heterogeneous(const GroupSpec& group);

// Null if there is none of that name.
const Assignor* find_assignor(std::string_view name);

}  // namespace barnabas::broker::groups::consumer
