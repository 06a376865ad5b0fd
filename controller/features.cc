#include "controller/features.h"

#include <algorithm>
#include <iterator>

#include "common/text.h"

namespace barnabas::controller {

namespace {

constexpr KnownFeature kFeatures[] = {
    {"eligible.leader.replicas.version", {0, 1}, 0},
    {"group.version", {0, 1}, 1},
    {"kraft.version", {0, 1}, 0},  // control records say it, never a FeatureLevel record
    {"metadata.version", {kMinMetadataVersion, kMaxMetadataVersion}, kFormatMetadataVersion},
    {"share.version", {0, 1}, 1},
    {"streams.version", {0, 1}, 1},
    {"transaction.version", {0, 2}, 2},
};

constexpr std::string_view kVersionNames[] = {
    "3.3-IV3", "3.4-IV0", "3.5-IV0", "3.5-IV1", "3.5-IV2", "3.6-IV0", "3.6-IV1", "3.6-IV2", "3.7-IV0",
    "3.7-IV1", "3.7-IV2", "3.7-IV3", "3.7-IV4", "3.8-IV0", "3.9-IV0", "4.0-IV0", "4.0-IV1", "4.0-IV2",
    "4.0-IV3", "4.1-IV0", "4.1-IV1", "4.2-IV0", "4.2-IV1", "4.3-IV0", "4.4-IV0",
};

protocol::FeatureLevelRecord level_record(std::string_view name, std::int16_t level) {
  protocol::FeatureLevelRecord record;
  record.name = std::string(name);
  record.feature_level = level;
  return record;
}

}  // namespace

std::span<const KnownFeature> known_features() {
  return kFeatures;
}

const KnownFeature* known_feature(std::string_view name) {
  const auto found = std::find_if(std::begin(kFeatures), std::end(kFeatures),
                                  [&](const KnownFeature& feature) { return feature.name == name; });
  return found == std::end(kFeatures) ? nullptr : found;
}

FeatureRanges supported_features() {
  FeatureRanges ranges;
  for (const KnownFeature& feature : kFeatures) ranges.emplace(feature.name, feature.range);
  return ranges;
}

std::string metadata_version_name(std::int16_t level) {
  const auto at = static_cast<std::size_t>(level - kMinMetadataVersion);
  if (level < kMinMetadataVersion || at >= std::size(kVersionNames)) return concat(level);
  return std::string(kVersionNames[at]);
}

MetadataRecords format_features() {
  MetadataRecords records;
  records.push_back(level_record(kMetadataVersionFeature, kFormatMetadataVersion));
  for (const KnownFeature& feature : kFeatures) {
    if (feature.format_level > 0 && feature.name != kMetadataVersionFeature) {
      records.push_back(level_record(feature.name, feature.format_level));
    }
  }
  return records;
}

std::string unsupported_reason(const FeatureLevels& finalized) {
  for (const auto& [name, level] : finalized) {
    const KnownFeature* feature = known_feature(name);
    if (!feature) {
      return concat(
          "The cluster has the feature ", name, " at level ", level,
          ", which this version of Barnabas does not know. Downgrade it with kafka-features first.");
    }
    if (feature->range.contains(level)) continue;
    return concat("The cluster's ", name, " is ", level, ", and this version of Barnabas reads ",
                  feature->range.min, " to ", feature->range.max,
                  ". A newer program has upgraded the cluster; use a version that knows this level.");
  }
  return {};
}

}  // namespace barnabas::controller
