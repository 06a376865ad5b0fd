// Who votes in the quorum of the metadata log.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/uuid.h"
#include "controller/image/registration.h"

namespace barnabas::controller {

// A node of the quorum: id and, under kraft.version 1, the identity of its metadata directory (zero: not
// said).
struct ReplicaKey {
  std::int32_t id = -1;
  Uuid directory_id;
  auto operator<=>(const ReplicaKey&) const = default;
};

struct VoterEndpoint {
  VoterEndpoint() = default;
  std::string listener;
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const VoterEndpoint&) const = default;
};

struct Voter {
  Voter() = default;

  ReplicaKey key;
  std::vector<VoterEndpoint> endpoints;
  VersionRange kraft_version{0, 1};
  bool operator==(const Voter&) const = default;
};

// A value; fixed while it is in force.
class VoterSet {
 public:
  VoterSet() = default;
  explicit VoterSet(std::vector<Voter> voters) : voters_(std::move(voters)) {}

  const std::vector<Voter>& voters() const { return voters_; }
  bool empty() const { return voters_.empty(); }
  std::size_t size() const { return voters_.size(); }
  // Directory ids count only where both sides have one.
  bool contains(const ReplicaKey& key) const;
  bool is_only(const ReplicaKey& key) const { return size() == 1 && contains(key); }
  std::size_t majority() const { return voters_.size() / 2 + 1; }
  bool operator==(const VoterSet&) const = default;

 private:
  std::vector<Voter> voters_;
};

}  // namespace barnabas::controller
