#include "broker/handlers/metadata.h"

#include <optional>
#include <set>

#include "broker/authorized_operations.h"
#include "broker/internal_topics.h"
#include "controller/managers/topic_name.h"
#include "protocol/error_code.h"

namespace barnabas::broker {
namespace {

using controller::MetadataImage;
using controller::PartitionImage;
using controller::TopicImage;
using protocol::ErrorCode;
using protocol::MetadataRequest;
using protocol::MetadataResponse;

constexpr std::int16_t kFirstVersionWithTopicIds = 12;
constexpr std::int16_t kFirstVersionWithOfflineReplicas = 5;

bool asks_for_all(const MetadataRequest& request, std::int16_t version) {
  return !request.topics || (version == 0 && request.topics->empty());
}

// Versions 10 and 11 have the fields of look-ups by id, but no broker ever served them.
bool is_malformed(const MetadataRequest& request, std::int16_t version) {
  if (!request.topics) return false;
  for (const auto& topic : *request.topics) {
    if (version < kFirstVersionWithTopicIds && (!topic.name || !topic.topic_id.is_zero())) return true;
    if (!topic.name && topic.topic_id.is_zero()) return true;
  }
  return false;
}

// Builds one answer from one image for one listener's clients.
class Answer {
 public:
  Answer(const MetadataImage& image, const MetadataService& service, const ClientConnection& client,
         std::int16_t version, const MetadataRequest& request)
      : image_(image),
        client_(client),
        addresses_(service.addresses),
        version_(version),
        with_operations_(request.include_topic_authorized_operations) {
    response_.cluster_id = image.cluster_id();
    if (request.include_cluster_authorized_operations)
      response_.cluster_authorized_operations = kClusterOperations;
    add_brokers();
  }

  void add(const TopicImage& topic) {
    auto& added = add_named(topic.name, ErrorCode::kNone);
    added.topic_id = topic.id;
    if (with_operations_) added.topic_authorized_operations = kTopicOperations;
    added.partitions.reserve(topic.partitions.size());
    for (std::int32_t number = 0; number < topic.partition_count(); ++number) {
      if (const auto* partition = topic.partition(number))
        add_partition(added.partitions.emplace_back(), number, *partition);
    }
  }
  void add_error(const std::string& name, ErrorCode error) { add_named(name, error); }
  void add_error(const Uuid& id, ErrorCode error) {
    auto& added = response_.topics.emplace_back();
    added.topic_id = id;
    added.name.reset();
    added.error_code = static_cast<std::int16_t>(error);
  }
  const MetadataResponse& response() const { return response_; }

 private:
  MetadataResponse::MetadataResponseTopic& add_named(const std::string& name, ErrorCode error) {
    auto& added = response_.topics.emplace_back();
    added.name = name;
    added.error_code = static_cast<std::int16_t>(error);
    added.is_internal = is_internal_topic(name);
    return added;
  }

  // Only brokers that can be reached through the listener the client came by are of use to it.
  void add_brokers() {
    response_.controller_id = -1;
    for (const auto& [id, broker] : image_.brokers()) {
      const auto* endpoint = broker->endpoint(client_.listener);
      if (!broker->active() || endpoint == nullptr) continue;
      auto& added = response_.brokers.emplace_back();
      added.node_id = id;
      added.host = addresses_.host(id, *endpoint, client_);
      added.port = endpoint->port;
      added.rack = broker->rack;
      // Clients send what changes metadata to any broker, which passes it on; so any one will do (KIP-500).
      if (response_.controller_id < 0) response_.controller_id = id;
    }
  }

  bool reachable(std::int32_t broker) const {
    const auto* registration = image_.broker(broker);
    return registration != nullptr && registration->active() &&
           registration->endpoint(client_.listener) != nullptr;
  }

  void add_partition(MetadataResponse::MetadataResponsePartition& added, std::int32_t number,
                     const PartitionImage& partition) const {
    added.partition_index = number;
    added.leader_epoch = partition.leader_epoch;
    added.replica_nodes = partition.replicas;
    added.isr_nodes = partition.isr;
    if (version_ >= kFirstVersionWithOfflineReplicas) {
      for (const auto replica : partition.replicas) {
        if (!image_.broker_active(replica)) added.offline_replicas.push_back(replica);
      }
    }
    added.leader_id = partition.leader;
    if (!partition.has_leader() || !image_.broker_active(partition.leader)) {
      added.error_code = static_cast<std::int16_t>(ErrorCode::kLeaderNotAvailable);
      added.leader_id = controller::kNoLeader;
    } else if (!reachable(partition.leader)) {
      added.error_code = static_cast<std::int16_t>(ErrorCode::kListenerNotFound);
      added.leader_id = controller::kNoLeader;
    }
  }

  const MetadataImage& image_;
  const ClientConnection& client_;
  const AdvertisedAddresses& addresses_;
  const std::int16_t version_;
  const bool with_operations_;
  MetadataResponse response_;
};

using Errors = TopicCreator::Outcome;

ErrorCode error_for_missing(const std::string& name, const Errors& creation) {
  if (const auto found = creation.find(name); found != creation.end() && found->second != ErrorCode::kNone) {
    return found->second;
  }
  return !controller::invalid_topic_name_reason(name).empty() ? ErrorCode::kInvalidTopicException
                                                              : ErrorCode::kUnknownTopicOrPartition;
}

MetadataResponse answer(const MetadataService& service, const MetadataImage& image,
                        const ClientConnection& client, std::int16_t version, const MetadataRequest& request,
                        const Errors& creation) {
  Answer answer(image, service, client, version, request);
  if (asks_for_all(request, version)) {
    image.for_each_topic([&](const auto& topic) { answer.add(*topic); });
    return answer.response();
  }
  std::set<std::string> named;  // a topic named twice is answered once
  for (const auto& wanted : *request.topics) {
    // Kafka's own client sends an empty name, not none, with an id.
    if (!wanted.topic_id.is_zero()) {
      const auto topic = image.topic(wanted.topic_id);
      if (topic) answer.add(*topic);
      if (!topic) answer.add_error(wanted.topic_id, ErrorCode::kUnknownTopicId);
      continue;
    }
    if (!named.insert(*wanted.name).second) continue;
    const auto topic = image.topic(*wanted.name);
    if (topic) answer.add(*topic);
    if (!topic) answer.add_error(*wanted.name, error_for_missing(*wanted.name, creation));
  }
  return answer.response();
}

std::vector<std::string> to_create(const MetadataImage& image, const MetadataService& service,
                                   const MetadataRequest& request, std::int16_t version) {
  std::vector<std::string> missing;
  if (asks_for_all(request, version) || !request.allow_auto_topic_creation || !service.auto_create_topics())
    return missing;
  for (const auto& wanted : *request.topics) {
    if (wanted.name && wanted.topic_id.is_zero() && !image.topic(*wanted.name) &&
        controller::invalid_topic_name_reason(*wanted.name).empty()) {
      missing.push_back(*wanted.name);
    }
  }
  return missing;
}

MetadataResponse malformed(const MetadataRequest& request) {
  MetadataResponse response;
  response.error_code = static_cast<std::int16_t>(ErrorCode::kInvalidRequest);
  for (const auto& wanted : *request.topics) {
    auto& topic = response.topics.emplace_back();
    topic.name = wanted.name.value_or("");
    topic.topic_id = wanted.topic_id;
    topic.error_code = static_cast<std::int16_t>(ErrorCode::kInvalidRequest);
  }
  return response;
}

}  // namespace

void handle_metadata(const RequestContext& context, MetadataService& service, MetadataRequest&& request,
                     Reply<MetadataResponse> reply) {
  if (is_malformed(request, context.api_version)) return reply.send(malformed(request));
  const auto image = service.metadata.get();
  auto missing = to_create(*image, service, request, context.api_version);
  if (missing.empty()) {
    return reply.send(answer(service, *image, *context.client, context.api_version, request, {}));
  }
  service.creator.create(std::move(missing), [&service, client = context.client,
                                              version = context.api_version, request = std::move(request),
                                              reply = std::move(reply)](const Errors& creation) mutable {
    reply.send(answer(service, *service.metadata.get(), *client, version, request, creation));
  });
}

}  // namespace barnabas::broker
