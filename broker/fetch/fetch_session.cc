#include "broker/fetch/fetch_session.h"

#include <limits>

namespace barnabas::broker {

void FetchSession::put(FetchPartition partition) {
  if (const auto found = by_key.find(partition.key); found != by_key.end()) {
    found->second->partition = std::move(partition);
    return;
  }
  const FetchKey key = partition.key;
  order.push_back({std::move(partition), {}});
  by_key.emplace(key, std::prev(order.end()));
}

void FetchSession::remove(const FetchKey& key) {
  const auto found = by_key.find(key);
  if (found == by_key.end()) return;
  order.erase(found->second);
  by_key.erase(found);
}

void FetchSession::move_to_back(const FetchKey& key) {
  if (const auto found = by_key.find(key); found != by_key.end())
    order.splice(order.end(), order, found->second);
}

std::shared_ptr<FetchSession> FetchSessionCache::create(bool by_topic_id) {
  const std::scoped_lock lock(mutex_);
  const std::int64_t now_ms = clock_.monotonic_ms();
  if (slots_.size() >= limits_.slots) {
    if (slots_.empty() || now_ms - slots_.front().used_ms < limits_.min_eviction_ms) return nullptr;
    by_id_.erase(slots_.front().session->id);
    slots_.pop_front();
    ++evictions_;
  }
  std::int32_t id = 0;
  while (id == 0 || by_id_.contains(id)) {  // 0 means "no session" on the wire
    id = static_cast<std::int32_t>(random_->below(std::numeric_limits<std::int32_t>::max()));
  }
  slots_.push_back({std::make_shared<FetchSession>(id, by_topic_id), now_ms});
  by_id_.emplace(id, std::prev(slots_.end()));
  return slots_.back().session;
}

std::shared_ptr<FetchSession> FetchSessionCache::find(std::int32_t id) {
  const std::scoped_lock lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return nullptr;
  found->second->used_ms = clock_.monotonic_ms();
  slots_.splice(slots_.end(), slots_, found->second);
  return found->second->session;
}

void FetchSessionCache::remove(std::int32_t id) {
  const std::scoped_lock lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  slots_.erase(found->second);
  by_id_.erase(found);
}

std::size_t FetchSessionCache::size() const {
  const std::scoped_lock lock(mutex_);
  return slots_.size();
}

std::int64_t FetchSessionCache::evictions() const {
  const std::scoped_lock lock(mutex_);
  return evictions_;
}

}  // namespace barnabas::broker
