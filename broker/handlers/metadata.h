// Metadata (3): brokers, and topics with their partitions and leaders; creates missing topics where allowed.
#pragma once

#include <functional>

#include "broker/advertised_addresses.h"
#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/metadata_cache.h"
#include "broker/topic_creator.h"
#include "protocol/messages/metadata_request.h"
#include "protocol/messages/metadata_response.h"

namespace barnabas::broker {

// Long-lived parts; all outlive the requests.
struct MetadataService {
  const MetadataCache& metadata;
  TopicCreator& creator;
  const AdvertisedAddresses& addresses;
  std::function<bool()> auto_create_topics;  // auto.create.topics.enable
};

// A request that creates topics is answered when they exist, so that the client need not ask again.
void handle_metadata(const RequestContext& context, MetadataService& service,
                     protocol::MetadataRequest&& request, Reply<protocol::MetadataResponse> reply);

}  // namespace barnabas::broker
