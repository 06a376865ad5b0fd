#include "broker/handlers/find_coordinator.h"

#include <algorithm>

#include "broker/groups/java_text.h"
#include "broker/internal_topics.h"
#include "broker/share/state/key_text.h"
#include "protocol/error_code.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;
using Coordinator = FindCoordinatorResponse::Coordinator;

constexpr std::int8_t kGroup = 0;
constexpr std::int8_t kTransaction = 1;
constexpr std::int8_t kShare = 2;
constexpr std::int16_t kFirstVersionWithManyKeys = 4;
constexpr std::int16_t kFirstVersionWithShares = 6;

// What a request asks about.
struct Kind {
  std::int8_t key_type = kGroup;
  std::string_view topic;

  // The key as its coordinator's partition follows from it; nullopt if it is none of this kind.
  std::optional<std::string> normal(const std::string& key) const {
    if (key_type != kShare) return key;
    const auto parsed = share::parse_key(key);
    return parsed ? std::optional(share::key_text(*parsed)) : std::nullopt;
  }
};

std::optional<Kind> kind_of(std::int8_t key_type, std::int16_t version) {
  if (key_type == kGroup) return Kind{key_type, kGroupMetadataTopic};
  if (key_type == kTransaction) return Kind{key_type, kTransactionStateTopic};
  if (key_type == kShare && version >= kFirstVersionWithShares) return Kind{key_type, kShareGroupStateTopic};
  return std::nullopt;
}

Coordinator refused(const std::string& key, ErrorCode error, std::string_view message) {
  Coordinator out;
  out.key = key;
  out.node_id = -1;
  out.port = -1;
  out.error_code = static_cast<std::int16_t>(error);
  out.error_message = std::string(message);
  return out;
}

Coordinator unavailable(const std::string& key) {
  constexpr auto kError = ErrorCode::kCoordinatorNotAvailable;
  return refused(key, kError, protocol::error_message(kError));
}

Coordinator find(const controller::MetadataImage& image, const AdvertisedAddresses& addresses,
                 const ClientConnection& client, const Kind& kind, const std::string& key) {
  const auto normal_key = kind.normal(key);
  if (!normal_key) return refused(key, ErrorCode::kInvalidRequest, "");
  const auto topic = image.topic(kind.topic);
  if (topic == nullptr || topic->partition_count() == 0) return unavailable(key);
  const auto* partition =
      topic->partition(groups::coordinator_partition(*normal_key, topic->partition_count()));
  const auto* broker = partition != nullptr ? image.broker(partition->leader) : nullptr;
  const auto* endpoint = broker != nullptr && broker->active() ? broker->endpoint(client.listener) : nullptr;
  if (endpoint == nullptr) return unavailable(key);
  Coordinator out;
  out.key = key;
  out.node_id = partition->leader;
  out.host = addresses.host(partition->leader, *endpoint, client);
  out.port = endpoint->port;
  return out;
}

FindCoordinatorResponse response_of(std::vector<Coordinator> coordinators, std::int16_t version) {
  FindCoordinatorResponse response;
  if (version >= kFirstVersionWithManyKeys) {
    response.coordinators = std::move(coordinators);
    return response;
  }
  Coordinator& only = coordinators.front();
  response.error_code = only.error_code;
  // Old versions say "NONE" where nothing is wrong.
  response.error_message =
      only.error_code == 0 ? std::string("NONE")
                           : std::string(protocol::error_message(static_cast<ErrorCode>(only.error_code)));
  response.node_id = only.node_id;
  response.host = std::move(only.host);
  response.port = only.port;
  return response;
}

FindCoordinatorResponse answer(const CoordinatorLookup& lookup, const ClientConnection& client,
                               const Kind& kind, const std::vector<std::string>& keys, std::int16_t version) {
  const auto image = lookup.metadata.get();
  std::vector<Coordinator> coordinators;
  coordinators.reserve(keys.size());
  for (const std::string& key : keys)
    coordinators.push_back(find(*image, lookup.addresses, client, kind, key));
  return response_of(std::move(coordinators), version);
}

}  // namespace

void handle_find_coordinator(const RequestContext& context, CoordinatorLookup& lookup,
                             FindCoordinatorRequest&& request, Reply<FindCoordinatorResponse> reply) {
  std::vector<std::string> keys = std::move(request.coordinator_keys);
  if (context.api_version < kFirstVersionWithManyKeys) keys = {std::move(request.key)};
  const auto kind = kind_of(request.key_type, context.api_version);
  if (!kind) {
    std::vector<Coordinator> refusals;
    for (const std::string& key : keys) refusals.push_back(refused(key, ErrorCode::kInvalidRequest, ""));
    return reply.send(response_of(std::move(refusals), context.api_version));
  }
  const bool needs_topic = std::any_of(keys.begin(), keys.end(),
                                       [&](const std::string& key) { return kind->normal(key).has_value(); });
  if (!needs_topic || lookup.metadata.get()->topic(kind->topic) != nullptr) {
    return reply.send(answer(lookup, *context.client, *kind, keys, context.api_version));
  }
  lookup.creator.create(
      {std::string(kind->topic)},
      [&lookup, kind = *kind, client = context.client, keys = std::move(keys), version = context.api_version,
       reply = std::move(reply)](const TopicCreator::Outcome&) mutable {
        reply.send(answer(lookup, *client, kind, keys, version));
      });
}

}  // namespace barnabas::broker
