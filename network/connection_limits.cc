#include "network/connection_limits.h"

#include <algorithm>
#include <cmath>

#include "common/assert.h"

namespace barnabas::network {
namespace {

template <class Map, class Key>
std::int64_t count_in(const Map& counts, const Key& key) {
  const auto found = counts.find(key);
  return found == counts.end() ? 0 : found->second;
}

template <class Map, class Key>
void drop_one(Map& counts, const Key& key) {
  const auto found = counts.find(key);
  ASSERT(found != counts.end() && found->second > 0);
  if (--found->second == 0) counts.erase(found);
}

}  // namespace

void ConnectionLimits::set(Limits limits) {
  const std::scoped_lock lock(mutex_);
  limits_ = std::move(limits);
}

ConnectionLimits::Verdict ConnectionLimits::admit(std::string_view listener, const std::string& address) {
  const std::scoped_lock lock(mutex_);
  if (count_ >= limits_.in_all) return Verdict::kTooMany;
  const auto on_listener = limits_.per_listener.find(listener);
  if (on_listener != limits_.per_listener.end() && count_in(by_listener_, listener) >= on_listener->second)
    return Verdict::kTooManyOnListener;
  const auto overridden = limits_.per_address_overrides.find(address);
  const auto allowed =
      overridden == limits_.per_address_overrides.end() ? limits_.per_address : overridden->second;
  if (count_in(by_address_, address) >= allowed) return Verdict::kTooManyFromAddress;
  ++count_;
  ++by_listener_[std::string(listener)];
  ++by_address_[address];
  return Verdict::kAdmitted;
}

void ConnectionLimits::release(std::string_view listener, const std::string& address) {
  const std::scoped_lock lock(mutex_);
  ASSERT(count_ > 0);
  --count_;
  drop_one(by_listener_, listener);
  drop_one(by_address_, address);
}

std::int64_t ConnectionLimits::delay_before_accept_ms(std::int64_t now_ns) {
  const std::scoped_lock lock(mutex_);
  const double rate = limits_.creations_per_second;
  if (rate <= 0) return 0;
  const double most = std::max(rate, 1.0);
  const double passed_s = static_cast<double>(now_ns - credited_at_ns_) / 1e9;
  credit_ = credited_at_ns_ == 0 ? most : std::min(most, credit_ + passed_s * rate);
  credited_at_ns_ = now_ns;
  if (credit_ >= 1) {
    credit_ -= 1;
    return 0;
  }
  return static_cast<std::int64_t>(std::ceil((1 - credit_) / rate * 1000));
}

std::int64_t ConnectionLimits::count() const {
  const std::scoped_lock lock(mutex_);
  return count_;
}

std::int64_t ConnectionLimits::count_from(const std::string& address) const {
  const std::scoped_lock lock(mutex_);
  return count_in(by_address_, address);
}

}  // namespace barnabas::network
