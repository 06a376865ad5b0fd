// The text form that Kafka's checkpoint files share: "0", the number of entries, an entry per line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/topic_partition.h"
#include "storage/storage_error.h"

namespace barnabas::storage {

// The entry lines, split at white space. An empty text has none; a wrong version or count is kInvalidFile.
StorageResult<std::vector<std::vector<std::string_view>>> parse_checkpoint(std::string_view text);

using OffsetMap = std::unordered_map<TopicPartition, std::int64_t>;

// Lines of "topic partition offset".
StorageResult<OffsetMap> parse_offsets(std::string_view text);
std::string offsets_text(const OffsetMap& offsets);

}  // namespace barnabas::storage
