#include "broker/handlers/describe_log_dirs.h"

#include <map>
#include <optional>
#include <set>

#include "protocol/error_code.h"

namespace barnabas::broker {
namespace {

using Described = protocol::DescribeLogDirsResponse::DescribeLogDirsResult;

// The partitions asked for; nullopt for all of them.
std::optional<std::set<TopicPartition>> asked_for(const protocol::DescribeLogDirsRequest& request) {
  if (!request.topics) return std::nullopt;
  std::set<TopicPartition> asked;
  for (const auto& topic : *request.topics) {
    for (const auto partition : topic.partitions) asked.insert({topic.topic, partition});
  }
  return asked;
}

void describe(Described& result, const storage::DirectoryDescription& directory,
              const std::optional<std::set<TopicPartition>>& asked) {
  result.log_dir = directory.path;
  result.total_bytes = directory.total_bytes;
  result.usable_bytes = directory.usable_bytes;
  if (!directory.online) {
    result.error_code = static_cast<std::int16_t>(protocol::ErrorCode::kKafkaStorageError);
    return;
  }
  std::map<std::string, std::size_t> place_of;
  for (const auto& held : directory.partitions) {
    if (asked && !asked->contains(held.partition)) continue;
    const auto [place, is_new] = place_of.try_emplace(held.partition.topic, result.topics.size());
    if (is_new) result.topics.emplace_back().name = held.partition.topic;
    auto& partition = result.topics[place->second].partitions.emplace_back();
    partition.partition_index = held.partition.partition;
    partition.partition_size = held.size_bytes;
    partition.offset_lag = held.offset_lag;
    partition.is_future_key = held.is_future;
  }
}

}  // namespace

void handle_describe_log_dirs(const RequestContext&, const storage::LogManager& logs,
                              protocol::DescribeLogDirsRequest&& request,
                              Reply<protocol::DescribeLogDirsResponse> reply) {
  const auto asked = asked_for(request);
  protocol::DescribeLogDirsResponse response;
  for (const auto& directory : logs.describe()) describe(response.results.emplace_back(), directory, asked);
  reply.send(response);
}

}  // namespace barnabas::broker
