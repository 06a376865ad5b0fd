// FindCoordinator (10): which broker coordinates a group, a transactional id or, from version 6 on, the state
// of a share partition (KIP-932). Creates the topic that keeps them when it is first needed.
#pragma once

#include "broker/advertised_addresses.h"
#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/metadata_cache.h"
#include "broker/topic_creator.h"
#include "protocol/messages/find_coordinator_request.h"
#include "protocol/messages/find_coordinator_response.h"

namespace barnabas::broker {

// Long-lived parts; all outlive the requests.
struct CoordinatorLookup {
  const MetadataCache& metadata;
  TopicCreator& creator;
  const AdvertisedAddresses& addresses;
};

// A request that needs the topic is answered when it exists, so that the client need not ask again.
// INVALID_REQUEST for share partitions unless the key is "group:topic id:partition".
void handle_find_coordinator(const RequestContext& context, CoordinatorLookup& lookup,
                             protocol::FindCoordinatorRequest&& request,
                             Reply<protocol::FindCoordinatorResponse> reply);

}  // namespace barnabas::broker
