#include "broker/share/partition/share_session.h"

#include <algorithm>
#include <limits>

namespace barnabas::broker::share {
namespace {

using protocol::ErrorCode;

std::pair<Uuid, std::int32_t> place_key(const SessionPartition& partition) {
  return {partition.topic_id, partition.partition};
}

std::int32_t epoch_after(std::int32_t epoch) {
  return epoch == std::numeric_limits<std::int32_t>::max() ? 1 : epoch + 1;
}

}  // namespace

void ShareSessions::Session::put(SessionPartition partition, bool must_tell) {
  const auto [place, is_new] = places.emplace(place_key(partition), last_place + 1);
  if (!is_new) return;
  order.emplace(++last_place, Entry{std::move(partition), must_tell});
}

void ShareSessions::Session::remove(const SessionPartition& partition) {
  const auto found = places.find(place_key(partition));
  if (found == places.end()) return;
  order.erase(found->second);
  places.erase(found);
}

Result<SharePlan, ErrorCode> ShareSessions::begin(Request&& request) {
  if (request.has_acknowledgements) return unexpected(ErrorCode::kInvalidRequest);
  const Key key(std::move(request.group_id), std::move(request.member_id));
  if (const auto old = sessions_.find(key); old != sessions_.end()) erase(old);
  if (sessions_.size() >= most_sessions_) return unexpected(ErrorCode::kShareSessionLimitReached);
  Session& session = sessions_[key];
  session.serial = ++last_serial_;
  for (const SessionPartition& partition : request.wanted) session.put(partition, false);
  partitions_ += session.order.size();
  SharePlan plan;
  plan.is_first = true;
  for (const auto& [place, entry] : session.order) plan.partitions.push_back(entry.partition);
  return plan;
}

Result<SharePlan, ErrorCode> ShareSessions::open(Request&& request) {
  const std::scoped_lock lock(mutex_);
  if (request.epoch == kFirstShareEpoch) return begin(std::move(request));
  const auto found = sessions_.find(Key(request.group_id, request.member_id));
  if (found == sessions_.end()) return unexpected(ErrorCode::kShareSessionNotFound);
  SharePlan plan;
  if (request.epoch == kFinalShareEpoch) {
    plan.is_final = true;
    return plan;
  }
  Session& session = found->second;
  if (session.next_epoch != request.epoch) return unexpected(ErrorCode::kInvalidShareSessionEpoch);
  partitions_ -= session.order.size();
  for (SessionPartition& partition : request.wanted) session.put(std::move(partition), true);
  for (const SessionPartition& partition : request.forgotten) session.remove(partition);
  partitions_ += session.order.size();
  session.next_epoch = epoch_after(session.next_epoch);
  for (const auto& [place, entry] : session.order) plan.partitions.push_back(entry.partition);
  if (!plan.partitions.empty()) {
    const auto turn = static_cast<std::size_t>(request.epoch) % plan.partitions.size();
    std::ranges::rotate(plan.partitions, plan.partitions.begin() + static_cast<std::ptrdiff_t>(turn));
  }
  return plan;
}

ErrorCode ShareSessions::acknowledge(const std::string& group_id, const std::string& member_id,
                                     std::int32_t epoch) {
  if (epoch == kFirstShareEpoch) return ErrorCode::kInvalidShareSessionEpoch;
  const std::scoped_lock lock(mutex_);
  const auto found = sessions_.find(Key(group_id, member_id));
  if (found == sessions_.end()) return ErrorCode::kShareSessionNotFound;
  if (epoch == kFinalShareEpoch) return ErrorCode::kNone;
  if (found->second.next_epoch != epoch) return ErrorCode::kInvalidShareSessionEpoch;
  found->second.next_epoch = epoch_after(epoch);
  return ErrorCode::kNone;
}

bool ShareSessions::must_tell(const std::string& group_id, const std::string& member_id,
                              const SessionPartition& partition, bool has_records, bool has_error) {
  const std::scoped_lock lock(mutex_);
  const auto found = sessions_.find(Key(group_id, member_id));
  if (found == sessions_.end()) return true;
  Session& session = found->second;
  const auto place = session.places.find(place_key(partition));
  if (place == session.places.end()) return true;
  const auto at = session.order.find(place->second);
  const bool tell = has_records || has_error || at->second.must_tell;
  at->second.must_tell = has_error;
  if (has_records) {
    auto moved = session.order.extract(at);
    moved.key() = place->second = ++session.last_place;
    session.order.insert(std::move(moved));
  }
  return tell;
}

std::vector<SessionPartition> ShareSessions::erase(std::map<Key, Session>::iterator found) {
  std::vector<SessionPartition> out;
  for (auto& [place, entry] : found->second.order) out.push_back(std::move(entry.partition));
  partitions_ -= out.size();
  sessions_.erase(found);
  return out;
}

std::optional<std::vector<SessionPartition>> ShareSessions::close(const std::string& group_id,
                                                                  const std::string& member_id) {
  const std::scoped_lock lock(mutex_);
  const auto found = sessions_.find(Key(group_id, member_id));
  if (found == sessions_.end()) return std::nullopt;
  return erase(found);
}

std::optional<std::vector<SessionPartition>> ShareSessions::close_if(const std::string& group_id,
                                                                     const std::string& member_id,
                                                                     std::uint64_t serial) {
  const std::scoped_lock lock(mutex_);
  const auto found = sessions_.find(Key(group_id, member_id));
  if (found == sessions_.end() || found->second.serial != serial) return std::nullopt;
  ++evictions_;
  return erase(found);
}

std::uint64_t ShareSessions::serial_of(const std::string& group_id, const std::string& member_id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = sessions_.find(Key(group_id, member_id));
  return found == sessions_.end() ? 0 : found->second.serial;
}

bool ShareSessions::has_members(const std::string& group_id) const {
  const std::scoped_lock lock(mutex_);
  const auto first = sessions_.lower_bound(Key(group_id, std::string()));
  return first != sessions_.end() && first->first.first == group_id;
}

ShareSessions::Numbers ShareSessions::numbers() const {
  const std::scoped_lock lock(mutex_);
  return {sessions_.size(), partitions_};
}

std::int64_t ShareSessions::evictions() const {
  const std::scoped_lock lock(mutex_);
  return evictions_;
}

}  // namespace barnabas::broker::share
