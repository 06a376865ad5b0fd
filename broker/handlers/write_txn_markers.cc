#include "broker/handlers/write_txn_markers.h"

#include "broker/coordination/gathering.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using protocol::WriteTxnMarkersRequest;
using protocol::WriteTxnMarkersResponse;
using Results = std::vector<transactions::MarkerSink::Result>;

transactions::Marker marker_of(const WriteTxnMarkersRequest::WritableTxnMarker& from) {
  transactions::Marker marker;
  marker.producer_id = from.producer_id;
  marker.producer_epoch = from.producer_epoch;
  marker.coordinator_epoch = from.coordinator_epoch;
  marker.commit = from.transaction_result;
  marker.transaction_version = from.transaction_version;
  return marker;
}

std::vector<TopicPartition> partitions_of(const WriteTxnMarkersRequest::WritableTxnMarker& marker) {
  std::vector<TopicPartition> partitions;
  for (const auto& topic : marker.topics)
    for (const std::int32_t index : topic.partition_indexes) partitions.push_back({topic.name, index});
  return partitions;
}

// Topics that follow each other in the request do so in the results.
WriteTxnMarkersResponse response_of(const WriteTxnMarkersRequest& request, std::vector<Results>&& all) {
  WriteTxnMarkersResponse response;
  for (std::size_t i = 0; i < request.markers.size(); ++i) {
    auto& marker = response.markers.emplace_back();
    marker.producer_id = request.markers[i].producer_id;
    for (auto& [name, error] : all[i]) {
      if (marker.topics.empty() || marker.topics.back().name != name.topic)
        marker.topics.emplace_back().name = std::move(name.topic);
      auto& partition = marker.topics.back().partitions.emplace_back();
      partition.partition_index = name.partition;
      partition.error_code = static_cast<std::int16_t>(error);
    }
  }
  return response;
}

}  // namespace

void handle_write_txn_markers(const RequestContext&, transactions::MarkerSink& sink,
                              WriteTxnMarkersRequest&& request, Reply<WriteTxnMarkersResponse> reply) {
  const auto kept = std::make_shared<const WriteTxnMarkersRequest>(std::move(request));
  const auto gathering = std::make_shared<coordination::Gathering<std::vector<Results>>>(
      std::vector<Results>(kept->markers.size()), kept->markers.size(),
      [kept, reply = std::move(reply)](std::vector<Results>&& all) mutable {
        reply.send(response_of(*kept, std::move(all)));
      });
  for (std::size_t i = 0; i < kept->markers.size(); ++i) {
    sink.write(marker_of(kept->markers[i]), partitions_of(kept->markers[i]), [gathering, i](Results results) {
      gathering->part([&](auto& all) { all[i] = std::move(results); });
    });
  }
}

}  // namespace barnabas::broker
