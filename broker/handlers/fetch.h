// Fetch (1): reads committed records, waiting for them when there are too few.
#pragma once

#include <memory>

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/fetch/fetch_session.h"
#include "broker/handlers/topic_traffic.h"
#include "broker/partition/partition_manager.h"
#include "common/metrics.h"
#include "common/scheduler.h"
#include "protocol/messages/fetch_request.h"
#include "protocol/messages/fetch_response.h"

namespace barnabas::broker {

// Long-lived parts of every fetch; all outlive the requests.
struct FetchService {
  PartitionManager& partitions;
  FetchSessionCache& sessions;
  Scheduler& scheduler;
  TopicTraffic& traffic;
  std::int32_t max_bytes = 57'671'680;                         // fetch.max.bytes of the broker
  std::shared_ptr<Gauge> waiting = std::make_shared<Gauge>();  // fetches that are parked now
};

// Answers when min_bytes can be read, when a partition has an error, or when max_wait_ms has passed.
void handle_fetch(const RequestContext& context, FetchService& service, protocol::FetchRequest&& request,
                  Reply<protocol::FetchResponse> reply);

}  // namespace barnabas::broker
