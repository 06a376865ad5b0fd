// The features of a cluster that this program knows, and the levels it writes and reads.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "controller/image/metadata_image.h"
#include "controller/record.h"

namespace barnabas::controller {

// Written into new clusters: 4.0-IV3, the records of which every Kafka 4 reads.
inline constexpr std::int16_t kFormatMetadataVersion = 25;
inline constexpr std::int16_t kMinMetadataVersion = 7;   // 3.3-IV3, the oldest that has no ZooKeeper in it
inline constexpr std::int16_t kMaxMetadataVersion = 33;  // 4.4
// The level that brought metadata transactions, and that of controller registrations.
inline constexpr std::int16_t kLevelMetadataTransactions = 14;
inline constexpr std::int16_t kLevelControllerRegistration = 15;
inline constexpr std::int16_t kLevelDirectoryAssignment = 17;

struct KnownFeature {
  std::string_view name;
  VersionRange range;
  std::int16_t format_level;  // in new clusters; 0 leaves it out
};
// Sorted by name, metadata.version and kraft.version among them.
std::span<const KnownFeature> known_features();
const KnownFeature* known_feature(std::string_view name);
// The ranges as registrations state them.
FeatureRanges supported_features();

// "4.0-IV3" for 25; the number alone for levels without a name here.
std::string metadata_version_name(std::int16_t level);

// FeatureLevel records of a new cluster: metadata.version first.
MetadataRecords format_features();

// Empty if this program may work on metadata with these finalized levels, else why not.
std::string unsupported_reason(const FeatureLevels& finalized);

}  // namespace barnabas::controller
