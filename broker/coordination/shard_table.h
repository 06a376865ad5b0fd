// The shards of one coordinator: a host for each partition of its topic that this broker leads.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/coordination/shard_host.h"

namespace barnabas::broker::coordination {

// Any thread. Lives as long as its coordinator.
template <Core C>
class ShardTable {
 public:
  using Host = ShardHost<C>;
  using HostPtr = std::shared_ptr<Host>;

  // `partitions` is the number that the topic will be created with; `make` gives a core before its load.
  ShardTable(HostEnvironment environment, std::int32_t partitions, typename Host::MakeCore make)
      : environment_(std::move(environment)), make_(std::move(make)), partitions_(partitions) {}

  void set_partition_count(std::int32_t count) { partitions_ = count; }
  std::int32_t partition_count() const { return partitions_; }

  // Null if this broker does not lead the partition.
  HostPtr host(std::int32_t partition) const {
    const std::shared_lock lock(mutex_);
    const auto found = hosts_.find(partition);
    return found == hosts_.end() ? nullptr : found->second;
  }
  std::vector<HostPtr> all() const {
    std::vector<HostPtr> out;
    const std::shared_lock lock(mutex_);
    out.reserve(hosts_.size());
    for (const auto& [partition, host] : hosts_) out.push_back(host);
    return out;
  }

  // This broker has become the leader of a partition, or is not any more.
  void lead(std::int32_t partition, std::int32_t leader_epoch) {
    HostPtr host;
    {
      const std::unique_lock lock(mutex_);
      if (shut_down_) return;
      HostPtr& place = hosts_[partition];
      if (place == nullptr) place = std::make_shared<Host>(environment_, partition, make_);
      host = place;
    }
    host->lead(leader_epoch);
  }
  void resign(std::int32_t partition) {
    HostPtr host;
    {
      const std::unique_lock lock(mutex_);
      const auto node = hosts_.extract(partition);
      if (!node.empty()) host = node.mapped();
    }
    if (host != nullptr) host->resign();
  }
  // The topic is gone, and with it what the shards know.
  void resign_all() {
    for (const auto& [partition, host] : take_all(false)) host->resign();
  }
  // Gives every shard up and refuses all that follows. Blocks while an operation holds a shard or a load
  // reads the log; afterwards nothing touches the log or the clocks any more.
  void shut_down() {
    for (const auto& [partition, host] : take_all(true)) {
      host->resign();
      host->await_load();
    }
  }

 private:
  using Hosts = std::unordered_map<std::int32_t, HostPtr>;

  Hosts take_all(bool for_good) {
    const std::unique_lock lock(mutex_);
    shut_down_ |= for_good;
    return std::exchange(hosts_, {});
  }

  const HostEnvironment environment_;
  const typename Host::MakeCore make_;
  std::atomic<std::int32_t> partitions_;
  mutable std::shared_mutex mutex_;  // guards the map, not the hosts
  Hosts hosts_;
  bool shut_down_ = false;
};

}  // namespace barnabas::broker::coordination
