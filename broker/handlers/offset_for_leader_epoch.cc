#include "broker/handlers/offset_for_leader_epoch.h"

namespace barnabas::broker {

using protocol::ErrorCode;

void handle_offset_for_leader_epoch(const RequestContext&, const PartitionManager& partitions,
                                    protocol::OffsetForLeaderEpochRequest&& request,
                                    Reply<protocol::OffsetForLeaderEpochResponse> reply) {
  protocol::OffsetForLeaderEpochResponse response;
  for (const auto& topic : request.topics) {
    auto& answered = response.topics.emplace_back();
    answered.topic = topic.topic;
    for (const auto& wanted : topic.partitions) {
      auto& end = answered.partitions.emplace_back();
      end.partition = wanted.partition;
      const auto partition = partitions.find(topic.topic, wanted.partition);
      const ErrorCode error =
          partition ? (*partition)->check_leader(wanted.current_leader_epoch) : partition.error();
      end.error_code = static_cast<std::int16_t>(error);
      if (error != ErrorCode::kNone) continue;
      const auto found = (*partition)->log().end_offset_for_epoch(wanted.leader_epoch);
      end.leader_epoch = found.epoch;
      end.end_offset = found.end_offset;
    }
  }
  reply.send(response);
}

}  // namespace barnabas::broker
