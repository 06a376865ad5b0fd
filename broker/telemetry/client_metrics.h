// Which metrics clients are asked to push (KIP-714).
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/api/request_context.h"
#include "broker/telemetry/client_subscription.h"
#include "common/clock.h"
#include "common/random.h"
#include "common/uuid.h"
#include "protocol/error_code.h"

namespace barnabas::broker {

// What a client is told to do.
struct TelemetryPlan {
  protocol::ErrorCode error = protocol::ErrorCode::kNone;
  Uuid client_instance_id;
  std::int32_t subscription_id = 0;
  std::int32_t push_interval_ms = 0;
  std::vector<std::string> metrics;  // prefixes; "" for all, none at all: nothing is to be pushed
};

struct TelemetryPush {
  Uuid client_instance_id;
  std::int32_t subscription_id = 0;
  bool terminating = false;
  std::int8_t compression_type = 0;
  std::size_t bytes = 0;
};

// The clients that asked, each with its plan and its times. Any thread. Bounded: the client that was heard of
// longest ago is forgotten first, and simply asks again.
class ClientMetrics {
 public:
  struct Limits {
    std::size_t clients = 16'384;
    std::int32_t max_push_bytes = 1'048'576;  // telemetry.max.bytes
  };
  // The clock outlives it.
  ClientMetrics(Limits limits, const Clock& clock, std::unique_ptr<Random> random)
      : limits_(limits), clock_(clock), random_(std::move(random)) {}

  // Replaces what clients are asked for; they learn of it at their next push.
  void set_subscriptions(std::vector<ClientSubscription> subscriptions);
  bool has_subscriptions() const { return has_subscriptions_.load(std::memory_order_relaxed); }

  // A zero id asks for a new one. THROTTLING_QUOTA_EXCEEDED for who asks again before its interval is over.
  TelemetryPlan plan_for(const ClientAttributes& client, Uuid client_instance_id);
  // UNKNOWN_SUBSCRIPTION_ID when the plan has changed, THROTTLING_QUOTA_EXCEEDED before the interval is over,
  // TELEMETRY_TOO_LARGE, UNSUPPORTED_COMPRESSION_TYPE, INVALID_REQUEST after a terminating push. Nothing
  // consumes the metrics here, so they are not even decompressed.
  protocol::ErrorCode accept_push(const ClientAttributes& client, const TelemetryPush& push);

  std::int32_t max_push_bytes() const { return limits_.max_push_bytes; }

 private:
  struct Client {
    TelemetryPlan plan;
    std::uint64_t generation = 0;  // of the subscriptions that the plan came from
    std::int64_t asked_ms = -1;
    std::int64_t pushed_ms = -1;
    bool terminating = false;
  };
  using Clients = std::list<Client>;  // heard of longest ago first

  Client& client(const ClientAttributes& attributes, const Uuid& id);
  void plan(Client& client, const ClientAttributes& attributes);

  const Limits limits_;
  const Clock& clock_;
  std::mutex mutex_;
  std::unique_ptr<Random> random_;
  std::vector<ClientSubscription> subscriptions_;
  std::atomic<bool> has_subscriptions_{false};
  std::uint64_t generation_ = 1;
  Clients clients_;
  std::unordered_map<Uuid, Clients::iterator> by_id_;
};

}  // namespace barnabas::broker
