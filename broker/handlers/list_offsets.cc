#include "broker/handlers/list_offsets.h"

#include <set>

#include "broker/error_mapping.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;

constexpr std::int8_t kReadCommitted = 1;

// Times that mean a place instead (ListOffsetsRequest); each exists from a version on.
struct SpecialTime {
  std::int64_t timestamp;
  std::int16_t min_version;
};
constexpr std::int64_t kLatest = -1;
constexpr std::int64_t kEarliest = -2;
constexpr std::int64_t kMaxTimestamp = -3;           // KIP-734
constexpr std::int64_t kEarliestLocal = -4;          // KIP-405
constexpr std::int64_t kLatestTiered = -5;           // KIP-1005
constexpr std::int64_t kEarliestPendingUpload = -6;  // KIP-1023
constexpr SpecialTime kSpecialTimes[] = {{kLatest, 0},       {kEarliest, 0},
                                         {kMaxTimestamp, 7}, {kEarliestLocal, 8},
                                         {kLatestTiered, 9}, {kEarliestPendingUpload, 11}};

bool is_served(std::int64_t timestamp, std::int16_t version) {
  if (timestamp >= 0) return true;
  for (const auto& special : kSpecialTimes) {
    if (special.timestamp == timestamp) return version >= special.min_version;
  }
  return false;
}

using Found = Result<storage::TimestampOffset, ErrorCode>;

// What lies at or above the bound is not visible to the asker, so it was not found.
Found visible(storage::StorageResult<std::optional<storage::TimestampOffset>> found, std::int64_t bound) {
  if (!found) return unexpected(error_code_of(found.error().code));
  if (!*found || (*found)->offset >= bound) return storage::TimestampOffset{};
  return **found;
}

Found look_up(const Partition& partition, std::int64_t timestamp, bool read_committed) {
  const storage::Log& log = partition.log();
  const std::int64_t bound = read_committed ? log.last_stable_offset() : log.high_watermark();
  const std::int64_t start = log.log_start_offset();
  switch (timestamp) {
    case kLatest:
      return storage::TimestampOffset{-1, bound, partition.leader_epoch()};
    case kEarliest:
    case kEarliestLocal:
      return storage::TimestampOffset{-1, start, log.epoch_of(start).value_or(-1)};
    case kLatestTiered:
    case kEarliestPendingUpload:
      return storage::TimestampOffset{};  // nothing is tiered
    case kMaxTimestamp:
      return visible(log.offset_of_max_timestamp(), bound);
    default:
      return visible(log.offset_for_timestamp(timestamp), bound);
  }
}

Found look_up(const RequestContext& context, const PartitionManager& partitions,
              const ListOffsetsRequest& request, const std::string& topic,
              const ListOffsetsRequest::ListOffsetsPartition& wanted) {
  if (!is_served(wanted.timestamp, context.api_version)) return unexpected(ErrorCode::kUnsupportedVersion);
  const auto partition = partitions.find(topic, wanted.partition_index);
  if (!partition) return unexpected(partition.error());
  const ErrorCode error = (*partition)->check_leader(wanted.current_leader_epoch);
  if (error != ErrorCode::kNone) return unexpected(error);
  return look_up(**partition, wanted.timestamp, request.isolation_level == kReadCommitted);
}

// Partitions that a request names twice have no one answer.
std::set<TopicPartition> repeated(const ListOffsetsRequest& request) {
  std::set<TopicPartition> seen, twice;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      TopicPartition name{topic.name, partition.partition_index};
      if (!seen.insert(name).second) twice.insert(std::move(name));
    }
  }
  return twice;
}

}  // namespace

void handle_list_offsets(const RequestContext& context, const PartitionManager& partitions,
                         ListOffsetsRequest&& request, Reply<ListOffsetsResponse> reply) {
  const auto twice = repeated(request);
  ListOffsetsResponse response;
  for (const auto& topic : request.topics) {
    auto& answered = response.topics.emplace_back();
    answered.name = topic.name;
    for (const auto& wanted : topic.partitions) {
      auto& partition = answered.partitions.emplace_back();
      partition.partition_index = wanted.partition_index;
      const Found found = twice.contains({topic.name, wanted.partition_index})
                              ? Found(unexpected(ErrorCode::kInvalidRequest))
                              : look_up(context, partitions, request, topic.name, wanted);
      if (!found) {
        partition.error_code = static_cast<std::int16_t>(found.error());
        continue;
      }
      partition.timestamp = found->timestamp;
      partition.offset = found->offset;
      partition.leader_epoch = found->leader_epoch;
    }
  }
  reply.send(response);
}

}  // namespace barnabas::broker
