// What ShareFetch and ShareAcknowledge work with.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "broker/advertised_addresses.h"
#include "broker/api/request_context.h"
#include "broker/handlers/topic_traffic.h"
#include "broker/metadata_cache.h"
#include "broker/share/partition/share_partition_manager.h"
#include "broker/share/partition/share_session.h"
#include "common/metrics.h"
#include "common/scheduler.h"

namespace barnabas::broker {

// Long-lived parts; all outlive the requests.
struct ShareService {
  share::SharePartitionManager& partitions;
  share::ShareSessions& sessions;
  const MetadataCache& metadata;
  const AdvertisedAddresses& addresses;
  Scheduler& scheduler;
  TopicTraffic& traffic;
  std::int32_t max_bytes = 57'671'680;                         // fetch.max.bytes of the broker
  std::shared_ptr<Gauge> waiting = std::make_shared<Gauge>();  // share fetches that are parked now

  bool is_served() const { return metadata.get()->feature("share.version") >= 1; }
  // Ends a session: what its member holds is available again.
  void end_session(const std::string& group_id, const std::string& member_id);
  // Has the sessions that `client` opens end with its connection. For the connection's own thread.
  void end_with_connection(const std::shared_ptr<ClientConnection>& client, const std::string& group_id,
                           const std::string& member_id);
};

// Longer member ids are refused, as Kafka does.
inline constexpr std::size_t kMaxShareMemberIdLength = 36;

// Adds the broker's address to `endpoints` unless it is there, so that a client finds the leader it is told.
template <class Endpoint>
void add_leader_endpoint(std::vector<Endpoint>& endpoints, const ShareService& service,
                         const ClientConnection& client, std::int32_t leader) {
  for (const Endpoint& known : endpoints) {
    if (known.node_id == leader) return;
  }
  const auto image = service.metadata.get();
  const auto* broker = image->broker(leader);
  const auto* endpoint = broker != nullptr && broker->active() ? broker->endpoint(client.listener) : nullptr;
  if (endpoint == nullptr) return;
  Endpoint& added = endpoints.emplace_back();
  added.node_id = leader;
  added.host = service.addresses.host(leader, *endpoint, client);
  added.port = endpoint->port;
  added.rack = broker->rack;
}

// Fills in who leads a partition where the error says that it is somebody else (KIP-951).
template <class PartitionData, class Endpoint>
void tell_leader(PartitionData& data, std::vector<Endpoint>& endpoints, const ShareService& service,
                 const ClientConnection& client, const Uuid& topic_id, protocol::ErrorCode error) {
  if (error != protocol::ErrorCode::kNotLeaderOrFollower &&
      error != protocol::ErrorCode::kFencedLeaderEpoch) {
    return;
  }
  const auto topic = service.metadata.get()->topic(topic_id);
  const auto* partition = topic != nullptr ? topic->partition(data.partition_index) : nullptr;
  data.current_leader.leader_id = partition != nullptr ? partition->leader : -1;
  data.current_leader.leader_epoch = partition != nullptr ? partition->leader_epoch : -1;
  if (partition != nullptr) add_leader_endpoint(endpoints, service, client, partition->leader);
}

}  // namespace barnabas::broker
