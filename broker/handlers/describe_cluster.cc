#include "broker/handlers/describe_cluster.h"

#include <algorithm>
#include <string>

#include "broker/authorized_operations.h"
#include "common/text.h"
#include "protocol/error_code.h"

namespace barnabas::broker {
namespace {

using controller::MetadataImage;
using protocol::DescribeClusterRequest;
using protocol::DescribeClusterResponse;
using protocol::ErrorCode;

constexpr std::int8_t kBrokers = 1;
constexpr std::int8_t kControllers = 2;

bool is_controller_listener(const MetadataImage& image, const std::string& listener) {
  return std::any_of(image.controllers().begin(), image.controllers().end(), [&](const auto& entry) {
    const auto& endpoints = entry.second->endpoints;
    return std::any_of(endpoints.begin(), endpoints.end(),
                       [&](const controller::Endpoint& at) { return at.listener == listener; });
  });
}

std::string endpoint_name(std::int8_t type) {
  return type == kControllers ? "CONTROLLER" : "BROKER";
}

void refuse(DescribeClusterResponse& response, std::int8_t wanted, std::int8_t here) {
  if (wanted != kBrokers && wanted != kControllers) {
    response.error_code = static_cast<std::int16_t>(ErrorCode::kUnsupportedEndpointType);
    response.error_message = concat("Unsupported endpoint type ", static_cast<int>(wanted));
    return;
  }
  response.error_code = static_cast<std::int16_t>(ErrorCode::kMismatchedEndpointType);
  response.error_message = concat("The request was sent to an endpoint of type ", endpoint_name(here),
                                  ", but we wanted an endpoint of type ", endpoint_name(wanted));
}

void add_brokers(DescribeClusterResponse& response, const MetadataImage& image, const AdminService& service,
                 const ClientConnection& client, bool with_fenced) {
  for (const auto& [id, broker] : image.brokers()) {
    const auto* endpoint = broker->endpoint(client.listener);
    const bool fenced = broker->fenced;
    if (endpoint == nullptr || (fenced && !with_fenced)) continue;
    auto& added = response.brokers.emplace_back();
    added.broker_id = id;
    added.host = service.addresses.host(id, *endpoint, client);
    added.port = endpoint->port;
    added.rack = broker->rack;
    added.is_fenced = fenced;
    // Any broker takes what is for the controller and passes it on.
    if (response.controller_id < 0 && broker->active()) response.controller_id = id;
  }
}

void add_controllers(DescribeClusterResponse& response, const MetadataImage& image,
                     const AdminService& service, const ClientConnection& client) {
  response.controller_id = image.controller_id();
  for (const auto& [id, controller] : image.controllers()) {
    for (const auto& endpoint : controller->endpoints) {
      if (endpoint.listener != client.listener) continue;
      auto& added = response.brokers.emplace_back();
      added.broker_id = id;
      added.host = service.addresses.host(id, endpoint, client);
      added.port = endpoint.port;
    }
  }
}

}  // namespace

void handle_describe_cluster(const RequestContext& context, const AdminService& service,
                             DescribeClusterRequest&& request, Reply<DescribeClusterResponse> reply) {
  const auto image = service.metadata.get();
  const bool on_controller = is_controller_listener(*image, context.client->listener);
  const std::int8_t here = on_controller ? kControllers : kBrokers;
  DescribeClusterResponse response;
  if (request.endpoint_type != here) {
    refuse(response, request.endpoint_type, here);
    return reply.send(response);
  }
  response.endpoint_type = here;
  response.cluster_id = image->cluster_id();
  if (on_controller) {
    add_controllers(response, *image, service, *context.client);
  } else {
    add_brokers(response, *image, service, *context.client, request.include_fenced_brokers);
  }
  if (request.include_cluster_authorized_operations)
    response.cluster_authorized_operations = kClusterOperations;
  reply.send(response);
}

}  // namespace barnabas::broker
