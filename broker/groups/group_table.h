// All groups of one shard by id.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "broker/groups/classic_group.h"

namespace barnabas::broker::groups {

// Used under the shard's lock. References to groups stay valid until the group is erased.
class GroupTable {
 public:
  using Groups = std::unordered_map<std::string, ClassicGroup>;

  ClassicGroup* find(const std::string& id) {
    const auto found = groups_.find(id);
    return found == groups_.end() ? nullptr : &found->second;
  }
  const ClassicGroup* find(const std::string& id) const {
    const auto found = groups_.find(id);
    return found == groups_.end() ? nullptr : &found->second;
  }
  // The group, unless another has taken its id since.
  ClassicGroup* find(const std::string& id, std::uint64_t incarnation) {
    ClassicGroup* group = find(id);
    return group != nullptr && group->incarnation() == incarnation ? group : nullptr;
  }
  ClassicGroup& create(const std::string& id, std::int64_t now_ms) {
    return groups_.try_emplace(id, id, ++last_incarnation_, now_ms).first->second;
  }
  // Requires that no group has this id.
  ClassicGroup& create(const std::string& id, const protocol::GroupMetadataValue& value) {
    return groups_.try_emplace(id, id, ++last_incarnation_, value).first->second;
  }
  void erase(const std::string& id) { groups_.erase(id); }
  // Which commit no offsets.
  bool is_share_group(const std::string& id) const {
    const auto found = foreign.find(id);
    return found != foreign.end() && found->second == "share";
  }
  Groups& groups() { return groups_; }
  const Groups& groups() const { return groups_; }

  // Groups of other protocols: id -> "consumer", "share" or "streams". Known from their records, so that
  // nobody mistakes their offsets for those of a simple group. All of them are
  // kept by their own rules.
  std::unordered_map<std::string, std::string_view> foreign;

 private:
  Groups groups_;
  std::uint64_t last_incarnation_ = 0;
};

}  // namespace barnabas::broker::groups
