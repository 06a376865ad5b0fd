#include "broker/configs/group_configs.h"

#include <algorithm>

#include "common/assert.h"

namespace barnabas::broker {
namespace {

constexpr GroupBound kGroupBounds[] = {
    {"consumer.heartbeat.interval.ms", "group.consumer.min.heartbeat.interval.ms",
     "group.consumer.max.heartbeat.interval.ms"},
    {"consumer.session.timeout.ms", "group.consumer.min.session.timeout.ms",
     "group.consumer.max.session.timeout.ms"},
    {"consumer.assignment.interval.ms", "group.consumer.min.assignment.interval.ms",
     "group.consumer.max.assignment.interval.ms"},
    {"share.heartbeat.interval.ms", "group.share.min.heartbeat.interval.ms",
     "group.share.max.heartbeat.interval.ms"},
    {"share.session.timeout.ms", "group.share.min.session.timeout.ms", "group.share.max.session.timeout.ms"},
    {"share.record.lock.duration.ms", "group.share.min.record.lock.duration.ms",
     "group.share.max.record.lock.duration.ms"},
    {"share.delivery.count.limit", "group.share.min.delivery.count.limit",
     "group.share.max.delivery.count.limit"},
    {"share.partition.max.record.locks", "group.share.min.partition.max.record.locks",
     "group.share.max.partition.max.record.locks"},
    {"share.assignment.interval.ms", "group.share.min.assignment.interval.ms",
     "group.share.max.assignment.interval.ms"},
    {"streams.heartbeat.interval.ms", "group.streams.min.heartbeat.interval.ms",
     "group.streams.max.heartbeat.interval.ms"},
    {"streams.session.timeout.ms", "group.streams.min.session.timeout.ms",
     "group.streams.max.session.timeout.ms"},
    {"streams.num.standby.replicas", "", "group.streams.max.standby.replicas"},
    {"streams.assignment.interval.ms", "group.streams.min.assignment.interval.ms",
     "group.streams.max.assignment.interval.ms"},
};

OptionValue value_of(const ConfigLayers& layers, std::string_view key, const ConfigTexts& own) {
  const Option* option = layers.registry().find(OptionScope::kGroup, key);
  ASSERT(option != nullptr);
  auto value = resolve_option(layers, *option, own);
  ASSERT(value.has_value());  // every option of groups has a default
  return std::move(*value);
}

}  // namespace

std::span<const GroupBound> group_bounds() {
  return kGroupBounds;
}

std::int64_t group_number(const ConfigLayers& layers, std::string_view key, const ConfigTexts& own) {
  std::int64_t value = std::get<std::int64_t>(value_of(layers, key, own));
  if (!own.contains(key)) return value;
  for (const GroupBound& bound : kGroupBounds) {
    if (bound.key != key) continue;
    value = std::min(value, layers.integer(bound.most));
    if (!bound.least.empty()) value = std::max(value, layers.integer(bound.least));
  }
  return value;
}

ShareGroupConfig share_group_config(const ConfigLayers& layers, const ConfigTexts& own) {
  const auto number = [&](std::string_view key) {
    return static_cast<std::int32_t>(group_number(layers, key, own));
  };
  ShareGroupConfig config;
  config.session_timeout_ms = number("share.session.timeout.ms");
  config.heartbeat_interval_ms = number("share.heartbeat.interval.ms");
  config.assignment_interval_ms = number("share.assignment.interval.ms");
  config.record_lock_duration_ms = number("share.record.lock.duration.ms");
  config.delivery_count_limit = number("share.delivery.count.limit");
  config.partition_max_record_locks = number("share.partition.max.record.locks");
  config.auto_offset_reset = std::get<std::string>(value_of(layers, "share.auto.offset.reset", own));
  config.read_committed =
      std::get<std::string>(value_of(layers, "share.isolation.level", own)) == "read_committed";
  config.renew_acknowledge = std::get<bool>(value_of(layers, "share.renew.acknowledge.enable", own));
  return config;
}

ShareGroupConfig share_group_config(const ConfigLayers& layers, const controller::MetadataImage& image,
                                    const std::string& group_id) {
  const auto own =
      image.configs(controller::ConfigResource(controller::ConfigResourceType::kGroup, group_id));
  return share_group_config(layers, *own);
}

}  // namespace barnabas::broker
