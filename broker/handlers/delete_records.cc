#include "broker/handlers/delete_records.h"

#include "broker/error_mapping.h"
#include "broker/internal_topics.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;

constexpr std::int64_t kUpToHighWatermark = -1;
constexpr std::int64_t kNoLowWatermark = -1;

Result<std::int64_t, ErrorCode> delete_records(const PartitionManager& partitions, const std::string& topic,
                                               std::int32_t index, std::int64_t offset) {
  if (is_internal_topic(topic)) return unexpected(ErrorCode::kInvalidTopicException);
  const auto partition = partitions.find(topic, index);
  if (!partition) return unexpected(partition.error());
  if (!(*partition)->is_leader()) return unexpected(ErrorCode::kNotLeaderOrFollower);
  // A compacted log keeps its last values; cutting it is against its policy.
  if (!(*partition)->rules()->log->cleanup_delete) return unexpected(ErrorCode::kPolicyViolation);
  storage::Log& log = (*partition)->log();
  if (offset == kUpToHighWatermark) offset = log.high_watermark();
  if (offset < 0) return unexpected(ErrorCode::kOffsetOutOfRange);
  const auto start = log.delete_records_before(offset);
  if (!start) return unexpected(error_code_of(start.error().code));
  (*partition)->announce();
  return *start;
}

}  // namespace

void handle_delete_records(const RequestContext&, const PartitionManager& partitions,
                           protocol::DeleteRecordsRequest&& request,
                           Reply<protocol::DeleteRecordsResponse> reply) {
  protocol::DeleteRecordsResponse response;
  for (const auto& topic : request.topics) {
    auto& answered = response.topics.emplace_back();
    answered.name = topic.name;
    for (const auto& wanted : topic.partitions) {
      auto& partition = answered.partitions.emplace_back();
      partition.partition_index = wanted.partition_index;
      const auto low = delete_records(partitions, topic.name, wanted.partition_index, wanted.offset);
      partition.low_watermark = low.value_or(kNoLowWatermark);
      if (!low) partition.error_code = static_cast<std::int16_t>(low.error());
    }
  }
  reply.send(response);
}

}  // namespace barnabas::broker
