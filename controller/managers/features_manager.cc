#include "controller/managers/features_manager.h"

#include <optional>

#include "common/text.h"
#include "controller/features.h"

namespace barnabas::controller {

using protocol::ErrorCode;

namespace {

constexpr std::string_view kKraftVersion = "kraft.version";
// Below it metadata.version cannot go without losing what records of later levels say.
constexpr std::int16_t kRecordLevels[] = {6, 7, 8, 11, 13, 14, 15, 17, 23, 30, 32, 33};

ApiError invalid(const FeatureUpdate& update, std::string_view why) {
  return {ErrorCode::kInvalidUpdateVersion,
          concat("Invalid update version ", update.level, " for feature ", update.name, ". ", why)};
}

std::string unsupported(const MetadataImage& image, const FeatureUpdate& update) {
  const auto reason = [&](std::string_view kind, std::int32_t id,
                          const FeatureRanges& ranges) -> std::string {
    const auto found = ranges.find(update.name);
    if (found == ranges.end()) return concat(kind, " ", id, " does not support this feature.");
    if (update.level == 0 && update.name != kMetadataVersionFeature) return {};
    if (found->second.contains(update.level)) return {};
    return concat(kind, " ", id, " only supports versions ", found->second.min, "-", found->second.max);
  };
  if (!known_feature(update.name)) return "The controller does not support this feature.";
  for (const auto& [id, broker] : image.brokers()) {
    if (std::string why = reason("Broker", id, broker->features); !why.empty()) return why;
  }
  for (const auto& [id, controller] : image.controllers()) {
    if (std::string why = reason("Controller", id, controller->features); !why.empty()) return why;
  }
  return {};
}

bool loses_records(std::int16_t from, std::int16_t to) {
  for (const std::int16_t level : kRecordLevels) {
    if (to < level && level <= from) return true;
  }
  return false;
}

ApiError check_metadata_version(const FeatureUpdate& update, std::int16_t current) {
  if (update.level >= current || !loses_records(current, update.level)) return {};
  if (update.type == FeatureUpgrade::kUnsafeDowngrade) {
    return invalid(update, "Unsafe metadata downgrade is not supported in this version.");
  }
  return invalid(update,
                 "Refusing to perform the requested downgrade because it might delete metadata information.");
}

// What other features a level stands on.
ApiError check_dependencies(const MetadataImage& image, const UpdateFeaturesCommand& command,
                            const FeatureUpdate& update) {
  std::int16_t metadata_version = image.metadata_version();
  for (const FeatureUpdate& other : command.updates) {
    if (other.name == kMetadataVersionFeature) metadata_version = other.level;
  }
  const auto needs = [&](std::int16_t level) -> ApiError {
    if (metadata_version >= level) return {};
    return {ErrorCode::kInvalidUpdateVersion,
            concat(update.name, " could not be set to ", update.level,
                   " because it depends on metadata.version level ", level)};
  };
  if (update.name == "transaction.version" && update.level >= 2) return needs(24);
  if (update.name == "group.version" && update.level >= 1) return needs(22);
  if (update.name == kElrFeature && update.level >= 1) return needs(23);
  return {};
}

ApiError check(const MetadataImage& image, const UpdateFeaturesCommand& command,
               const FeatureUpdate& update) {
  const std::int16_t current =
      update.name == kKraftVersion ? image.kraft_version() : image.feature(update.name);
  if (update.type == FeatureUpgrade::kUnknown) {
    return invalid(update, "The controller does not support the given upgrade type.");
  }
  if (update.level < 0) return invalid(update, "A feature version cannot be less than 0.");
  if (std::string why = unsupported(image, update); !why.empty()) return invalid(update, why);
  if (update.level < current && update.type == FeatureUpgrade::kUpgrade) {
    return invalid(update,
                   "Can't downgrade the version of this feature without setting the upgrade type to either "
                   "safe or unsafe downgrade.");
  }
  if (update.level > current && update.type != FeatureUpgrade::kUpgrade) {
    return invalid(update, "Can't downgrade to a newer version.");
  }
  if (update.name == kKraftVersion && update.level != current) {
    return invalid(update, "The voters of this cluster cannot be changed.");
  }
  if (update.name == kMetadataVersionFeature) {
    if (ApiError error = check_metadata_version(update, current); !error.ok()) return error;
  }
  return check_dependencies(image, command, update);
}

}  // namespace

Decision<ApiResult<std::vector<NamedResult>>> FeatureManager::update(
    const MetadataImage& image, const UpdateFeaturesCommand& command) const {
  Decision<ApiResult<std::vector<NamedResult>>> decision;
  std::vector<NamedResult> results;
  for (const FeatureUpdate& update : command.updates) {
    if (ApiError error = check(image, command, update); !error.ok()) {
      decision.records.clear();
      decision.reply = unexpected(std::move(error));
      return decision;
    }
    results.emplace_back(update.name, ApiError());
    if (update.name == kKraftVersion || image.feature(update.name) == update.level) continue;
    protocol::FeatureLevelRecord record;
    record.name = update.name;
    record.feature_level = update.level;
    decision.records.emplace_back(record);
    // The eligible replicas are reckoned with one cluster-wide minimum, which must not vanish.
    const ConfigResource cluster(ConfigResourceType::kBroker, "");
    if (update.name == kElrFeature && update.level > 0 && !image.config(cluster, "min.insync.replicas")) {
      protocol::ConfigRecord config;
      config.resource_type = static_cast<std::int8_t>(ConfigResourceType::kBroker);
      config.resource_name = "";
      config.name = "min.insync.replicas";
      config.value = concat(settings_.default_min_isr);
      decision.records.emplace_back(std::move(config));
    }
  }
  if (command.validate_only) decision.records.clear();
  decision.reply = std::move(results);
  return decision;
}

}  // namespace barnabas::controller
