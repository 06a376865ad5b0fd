#include "broker/group_cluster_view.h"

#include "broker/configs/group_configs.h"

namespace barnabas::broker {
namespace {

using controller::ConfigResource;
using controller::ConfigResourceType;
using controller::MetadataImage;
using controller::TopicImage;
using groups::consumer::Timing;
using groups::consumer::TopicInfo;

constexpr std::string_view kPrompt = "barnabas.group.prompt.rebalance";

std::int32_t option_of(const ConfigLayers& layers, std::string_view name, const ConfigTexts& own) {
  return static_cast<std::int32_t>(group_number(layers, name, own));
}

Timing timing_of(const ConfigLayers& layers, const ConfigTexts& own) {
  Timing timing;
  timing.session_timeout_ms = option_of(layers, "consumer.session.timeout.ms", own);
  timing.heartbeat_interval_ms = option_of(layers, "consumer.heartbeat.interval.ms", own);
  timing.assignment_interval_ms = option_of(layers, "consumer.assignment.interval.ms", own);
  timing.prompt = layers.flag(kPrompt);
  return timing;
}

Timing share_timing_of(const ConfigLayers& layers, const ConfigTexts& own) {
  const ShareGroupConfig config = share_group_config(layers, own);
  return {config.session_timeout_ms, config.heartbeat_interval_ms, config.assignment_interval_ms,
          layers.flag(kPrompt)};
}

groups::streams::GroupConfig streams_config_of(const ConfigLayers& layers, const ConfigTexts& own) {
  groups::streams::GroupConfig config;
  config.session_timeout_ms = option_of(layers, "streams.session.timeout.ms", own);
  config.heartbeat_interval_ms = option_of(layers, "streams.heartbeat.interval.ms", own);
  config.assignment_interval_ms = option_of(layers, "streams.assignment.interval.ms", own);
  config.initial_rebalance_delay_ms = option_of(layers, "streams.initial.rebalance.delay.ms", own);
  config.standby_replicas = option_of(layers, "streams.num.standby.replicas", own);
  config.prompt = layers.flag(kPrompt);
  return config;
}

std::optional<TopicInfo> info_of(std::shared_ptr<const TopicImage> topic) {
  if (topic == nullptr) return std::nullopt;
  return TopicInfo{topic->id, topic->name, topic->partition_count(), topic};
}

class ImageView final : public groups::consumer::ClusterView {
 public:
  ImageView(std::shared_ptr<const MetadataImage> image, std::shared_ptr<const ConfigLayers> layers,
            std::int64_t newest_topic_version)
      : image_(std::move(image)),
        layers_(std::move(layers)),
        newest_topic_version_(newest_topic_version),
        usual_timing_(timing_of(*layers_, {})),
        usual_share_timing_(share_timing_of(*layers_, {})),
        usual_streams_config_(streams_config_of(*layers_, {})) {}

  std::optional<TopicInfo> topic(std::string_view name) const override {
    return info_of(image_->topic(name));
  }
  std::optional<TopicInfo> topic(const Uuid& id) const override { return info_of(image_->topic(id)); }
  void for_each_topic_name(const std::function<void(const std::string&)>& see) const override {
    image_->for_each_topic([&](const auto& topic) { see(topic->name); });
  }
  std::vector<std::string> racks(const Uuid& topic_id, std::int32_t partition) const override {
    std::vector<std::string> out;
    const auto topic = image_->topic(topic_id);
    const auto* found = topic != nullptr ? topic->partition(partition) : nullptr;
    if (found == nullptr) return out;
    for (const std::int32_t replica : found->replicas) {
      const auto* broker = image_->broker(replica);
      if (broker != nullptr && broker->rack) out.push_back(*broker->rack);
    }
    return out;
  }
  std::int64_t version() const override { return image_->offset(); }
  std::int64_t newest_topic_version() const override { return newest_topic_version_; }
  Timing timing(const std::string& group_id) const override {
    const auto own = image_->configs(ConfigResource(ConfigResourceType::kGroup, group_id));
    return own->empty() ? usual_timing_ : timing_of(*layers_, *own);
  }
  Timing share_timing(const std::string& group_id) const override {
    const auto own = image_->configs(ConfigResource(ConfigResourceType::kGroup, group_id));
    return own->empty() ? usual_share_timing_ : share_timing_of(*layers_, *own);
  }
  groups::streams::GroupConfig streams_config(const std::string& group_id) const override {
    const auto own = image_->configs(ConfigResource(ConfigResourceType::kGroup, group_id));
    return own->empty() ? usual_streams_config_ : streams_config_of(*layers_, *own);
  }

 private:
  const std::shared_ptr<const MetadataImage> image_;
  const std::shared_ptr<const ConfigLayers> layers_;
  const std::int64_t newest_topic_version_;
  const Timing usual_timing_;
  const Timing usual_share_timing_;
  const groups::streams::GroupConfig usual_streams_config_;
};

}  // namespace

groups::consumer::ClusterViewPtr group_cluster_view(std::shared_ptr<const MetadataImage> image,
                                                    std::shared_ptr<const ConfigLayers> layers,
                                                    std::int64_t newest_topic_version) {
  return std::make_shared<const ImageView>(std::move(image), std::move(layers), newest_topic_version);
}

}  // namespace barnabas::broker
