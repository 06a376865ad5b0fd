#include "broker/share/partition/share_partition_manager.h"

#include "common/logging.h"

namespace barnabas::broker::share {
namespace {

using protocol::ErrorCode;

const Logger logger("kafka.server.share.SharePartitionManager");

}  // namespace

SharePartitionManager::Found SharePartitionManager::get_or_make(const SharePartitionKey& key) {
  auto partition = partitions_.find(key.topic_id, key.partition);
  if (!partition) return unexpected(partition.error());
  if (!(*partition)->is_leader()) return unexpected(ErrorCode::kNotLeaderOrFollower);
  std::shared_ptr<HostedPartition> made, stale;
  {
    const std::scoped_lock lock(mutex_);
    if (shut_down_) return unexpected(ErrorCode::kNotLeaderOrFollower);
    std::shared_ptr<HostedPartition>& entry = hosted_[key];
    if (entry != nullptr && entry->is_current() && &entry->partition() == partition->get()) {
      entry->keep();
      return entry;
    }
    stale = std::move(entry);
    made = entry = std::make_shared<HostedPartition>(key, std::move(*partition), environment_,
                                                     [this](const HostedPartition& lost) { drop(lost); });
  }
  if (stale) stale->fence();
  return made;
}

std::shared_ptr<HostedPartition> SharePartitionManager::find(const SharePartitionKey& key) const {
  const std::scoped_lock lock(mutex_);
  const auto found = hosted_.find(key);
  return found == hosted_.end() || !found->second->is_current() ? nullptr : found->second;
}

void SharePartitionManager::release(const std::string& group_id, const std::string& member_id,
                                    const std::vector<SessionPartition>& partitions) {
  for (const SessionPartition& partition : partitions) {
    const auto hosted = find({group_id, partition.topic_id, partition.partition});
    if (!hosted) continue;
    hosted->release(member_id, [](StateResult&& result) {
      if (result.error != ErrorCode::kNone) {
        logger.info("Releasing the records of a share session failed: ", result.error_message);
      }
    });
  }
}

void SharePartitionManager::drop(const HostedPartition& hosted) {
  drop_if([&](const HostedPartition& each) { return &each == &hosted; });
}

template <class Predicate>
void SharePartitionManager::drop_if(Predicate&& predicate) {
  std::vector<std::shared_ptr<HostedPartition>> dropped;
  {
    const std::scoped_lock lock(mutex_);
    std::erase_if(hosted_, [&](const auto& entry) {
      if (!predicate(*entry.second)) return false;
      dropped.push_back(entry.second);
      return true;
    });
  }
  for (const auto& each : dropped) each->fence();
}

void SharePartitionManager::follow() {
  drop_if([](const HostedPartition& hosted) { return !hosted.is_current(); });
}

void SharePartitionManager::drop_group(const std::string& group_id) {
  for (const auto& hosted : all()) {
    if (hosted->key().group_id == group_id && hosted->fence_when_idle()) drop(*hosted);
  }
}

void SharePartitionManager::shut_down() {
  {
    const std::scoped_lock lock(mutex_);
    shut_down_ = true;
  }
  drop_if([](const HostedPartition&) { return true; });
}

std::vector<std::shared_ptr<HostedPartition>> SharePartitionManager::all() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<HostedPartition>> out;
  out.reserve(hosted_.size());
  for (const auto& [key, hosted] : hosted_) out.push_back(hosted);
  return out;
}

}  // namespace barnabas::broker::share
