#include "broker/configs/build_topic_rules.h"

#include <algorithm>

#include "common/assert.h"
#include "common/text.h"

namespace barnabas::broker {

namespace {

// A topic's effective values by key; every key asked for is one of the table and has a default.
class TopicValues {
 public:
  TopicValues(const ConfigLayers& layers, const ConfigTexts& own) : layers_(layers), own_(own) {}

  std::int64_t integer(std::string_view key) const { return get<std::int64_t>(key); }
  double fraction(std::string_view key) const { return get<double>(key); }
  std::string text(std::string_view key) const { return get<std::string>(key); }
  OptionList list(std::string_view key) const { return get<OptionList>(key); }
  // Of an option without a default.
  std::optional<std::int64_t> set_integer(std::string_view key) const {
    const auto value = find(key);
    if (!value) return std::nullopt;
    return std::get<std::int64_t>(*value);
  }

 private:
  std::optional<OptionValue> find(std::string_view key) const {
    const Option* option = layers_.registry().find(OptionScope::kTopic, key);
    ASSERT(option != nullptr);
    return resolve_option(layers_, *option, own_);
  }
  template <class T>
  T get(std::string_view key) const {
    const auto value = find(key);
    ASSERT(value && std::holds_alternative<T>(*value));
    return std::get<T>(*value);
  }

  const ConfigLayers& layers_;
  const ConfigTexts& own_;
};

storage::LogConfig build_log_config(const TopicValues& values) {
  storage::LogConfig config;
  config.segment_bytes =
      values.set_integer("internal.segment.bytes").value_or(values.integer("segment.bytes"));
  config.segment_ms = values.integer("segment.ms");
  config.segment_jitter_ms = values.integer("segment.jitter.ms");
  config.segment_index_bytes = values.integer("segment.index.bytes");
  config.index_interval_bytes = static_cast<std::int32_t>(values.integer("index.interval.bytes"));
  config.flush_messages = values.integer("flush.messages");
  config.flush_ms = values.integer("flush.ms");
  config.retention_bytes = values.integer("retention.bytes");
  config.retention_ms = values.integer("retention.ms");
  config.file_delete_delay_ms = values.integer("file.delete.delay.ms");
  config.min_cleanable_dirty_ratio = values.fraction("min.cleanable.dirty.ratio");
  config.delete_retention_ms = values.integer("delete.retention.ms");
  config.min_compaction_lag_ms = values.integer("min.compaction.lag.ms");
  config.max_compaction_lag_ms = values.integer("max.compaction.lag.ms");
  const OptionList policy = values.list("cleanup.policy");
  config.cleanup_delete = std::ranges::find(policy, "delete") != policy.end();
  config.cleanup_compact = std::ranges::find(policy, "compact") != policy.end();
  return config;
}

records::TopicCompression build_compression(const TopicValues& values) {
  constexpr std::int64_t kLibraryDefault = -1;  // of gzip
  const std::string type = values.text("compression.type");
  records::TopicCompression compression;
  if (type == "producer") return compression;
  compression.codec = records::codec_by_name(type == "uncompressed" ? "none" : type);
  if (type != "gzip" && type != "lz4" && type != "zstd") return compression;
  const std::int64_t level = values.integer(concat("compression.", type, ".level"));
  if (type != "gzip" || level != kLibraryDefault) compression.level = static_cast<int>(level);
  return compression;
}

}  // namespace

std::shared_ptr<const TopicRules> build_topic_rules(const ConfigLayers& layers, const ConfigTexts& own) {
  const TopicValues values(layers, own);
  auto rules = std::make_shared<TopicRules>();
  rules->max_message_bytes = static_cast<std::int32_t>(values.integer("max.message.bytes"));
  rules->compression = build_compression(values);
  rules->timestamp_type = values.text("message.timestamp.type") == "LogAppendTime"
                              ? records::TimestampType::kLogAppendTime
                              : records::TimestampType::kCreateTime;
  rules->timestamp_before_max_ms = values.integer("message.timestamp.before.max.ms");
  rules->timestamp_after_max_ms = values.integer("message.timestamp.after.max.ms");
  rules->min_insync_replicas = static_cast<std::int32_t>(values.integer("min.insync.replicas"));
  rules->log = std::make_shared<const storage::LogConfig>(build_log_config(values));
  return rules;
}

}  // namespace barnabas::broker
