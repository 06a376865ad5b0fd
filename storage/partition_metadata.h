// partition.metadata: the topic id of a partition directory. Kafka puts a directory without it out of
// service.
#pragma once

#include <string>
#include <string_view>

#include "common/uuid.h"
#include "storage/storage_error.h"

namespace barnabas::storage {

inline constexpr std::string_view kPartitionMetadataName = "partition.metadata";

std::string partition_metadata_text(const Uuid& topic_id);
// kInvalidFile for another form, a negative version and the zero id.
StorageResult<Uuid> parse_partition_metadata(std::string_view text);

}  // namespace barnabas::storage
