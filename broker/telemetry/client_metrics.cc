#include "broker/telemetry/client_metrics.h"

#include <algorithm>
#include <set>

#include "common/crc32c.h"
#include "common/text.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;

constexpr std::int8_t kLastCompressionType = 4;  // none, gzip, snappy, lz4, zstd

std::int32_t subscription_id_of(const TelemetryPlan& plan) {
  std::uint32_t crc = crc32c(as_bytes(std::to_string(plan.push_interval_ms)));
  for (const auto& metric : plan.metrics) crc = crc32c(as_bytes(concat(metric, ",")), crc);
  return static_cast<std::int32_t>(crc32c(plan.client_instance_id.bytes, crc));
}

}  // namespace

void ClientMetrics::set_subscriptions(std::vector<ClientSubscription> subscriptions) {
  const std::scoped_lock lock(mutex_);
  subscriptions_ = std::move(subscriptions);
  has_subscriptions_.store(!subscriptions_.empty(), std::memory_order_relaxed);
  ++generation_;
}

ClientMetrics::Client& ClientMetrics::client(const ClientAttributes& attributes, const Uuid& id) {
  if (const auto found = by_id_.find(id); found != by_id_.end()) {
    clients_.splice(clients_.end(), clients_, found->second);
  } else {
    if (clients_.size() >= limits_.clients) {
      by_id_.erase(clients_.front().plan.client_instance_id);
      clients_.pop_front();
    }
    clients_.emplace_back().plan.client_instance_id = id;
    by_id_.emplace(id, std::prev(clients_.end()));
  }
  Client& known = clients_.back();
  if (known.generation != generation_) {
    plan(known, attributes);
    known.generation = generation_;
    known.asked_ms = -1;  // the new plan may be asked for at once
  }
  return known;
}

void ClientMetrics::plan(Client& known, const ClientAttributes& attributes) {
  std::set<std::string> metrics;
  std::int32_t interval_ms = ClientSubscription::kDefaultIntervalMs;
  bool all = false;
  for (const auto& subscription : subscriptions_) {
    if (!subscription.matches(attributes)) continue;
    interval_ms = std::min(interval_ms, subscription.interval_ms());
    all |= subscription.all_metrics();
    metrics.insert(subscription.metrics().begin(), subscription.metrics().end());
  }
  known.plan.push_interval_ms = interval_ms;
  known.plan.metrics.assign(metrics.begin(), metrics.end());
  if (all) known.plan.metrics = {""};
  known.plan.subscription_id = subscription_id_of(known.plan);
}

TelemetryPlan ClientMetrics::plan_for(const ClientAttributes& attributes, Uuid client_instance_id) {
  const std::scoped_lock lock(mutex_);
  if (client_instance_id.is_zero()) client_instance_id = Uuid::random(*random_);
  Client& known = client(attributes, client_instance_id);
  const std::int64_t now_ms = clock_.monotonic_ms();
  if (known.asked_ms >= 0 && now_ms - known.asked_ms < known.plan.push_interval_ms) {
    TelemetryPlan refused = known.plan;
    refused.error = ErrorCode::kThrottlingQuotaExceeded;
    return refused;
  }
  known.asked_ms = now_ms;
  return known.plan;
}

ErrorCode ClientMetrics::accept_push(const ClientAttributes& attributes, const TelemetryPush& push) {
  if (push.client_instance_id.is_zero()) return ErrorCode::kInvalidRequest;
  const std::scoped_lock lock(mutex_);
  Client& known = client(attributes, push.client_instance_id);
  if (known.terminating) return ErrorCode::kInvalidRequest;
  const std::int64_t now_ms = clock_.monotonic_ms();
  // A client that ends may push once more before its time.
  const bool too_early = known.pushed_ms >= 0 && now_ms - known.pushed_ms < known.plan.push_interval_ms;
  if (too_early && !push.terminating) return ErrorCode::kThrottlingQuotaExceeded;
  if (push.subscription_id != known.plan.subscription_id) {
    known.asked_ms = -1;
    return ErrorCode::kUnknownSubscriptionId;
  }
  if (push.compression_type < 0 || push.compression_type > kLastCompressionType) {
    return ErrorCode::kUnsupportedCompressionType;
  }
  if (push.bytes > static_cast<std::size_t>(limits_.max_push_bytes)) return ErrorCode::kTelemetryTooLarge;
  known.pushed_ms = now_ms;
  known.terminating = push.terminating;
  return ErrorCode::kNone;
}

}  // namespace barnabas::broker
