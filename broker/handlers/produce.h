// Produce (0): appends batches of clients to the partitions this broker leads.
#pragma once

#include <memory>

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/handlers/topic_traffic.h"
#include "broker/partition/partition_manager.h"
#include "broker/partition/transaction_verifier.h"
#include "common/clock.h"
#include "common/metrics.h"
#include "protocol/messages/produce_request.h"
#include "protocol/messages/produce_response.h"

namespace barnabas::broker {

// Long-lived parts of every produce; all outlive the requests.
struct ProduceService {
  PartitionManager& partitions;
  const Clock& clock;
  TopicTraffic& traffic;
  TransactionVerifier& verifier;
  std::shared_ptr<Gauge> waiting = std::make_shared<Gauge>();  // produces that wait for their commit now
};

// acks 0: no answer, and a failure closes the connection, for want of another way to say it. acks 1 and -1
// (all) are the same while a partition has one replica: the answer leaves when what was appended is
// committed, under barnabas.flush=group from the thread that synced it. A request with transactional batches
// goes on when the transaction coordinator knows of its partitions, on whatever thread that says so.
void handle_produce(const RequestContext& context, ProduceService& service,
                    protocol::ProduceRequest&& request, Reply<protocol::ProduceResponse> reply);

}  // namespace barnabas::broker
