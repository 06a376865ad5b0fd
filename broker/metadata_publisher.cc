#include "broker/metadata_publisher.h"

#include <algorithm>

#include "broker/configs/build_topic_rules.h"
#include "broker/group_cluster_view.h"
#include "broker/internal_topics.h"
#include "common/logging.h"

namespace barnabas::broker {
namespace {

using controller::ConfigResource;
using controller::ConfigResourceType;
using controller::ImageChanges;
using controller::MetadataImage;

// Tells a coordinator which partitions of its topic this broker leads.
template <class Coordinator>
void follow_leadership(const MetadataImage& image, std::string_view name, std::int32_t broker_id,
                       Coordinator& coordinator) {
  const auto topic = image.topic(name);
  if (!topic) return;
  coordinator.set_partition_count(topic->partition_count());
  for (std::int32_t number = 0; number < topic->partition_count(); ++number) {
    const auto* partition = topic->partition(number);
    if (partition != nullptr && partition->leader == broker_id) {
      coordinator.on_leader(number, partition->leader_epoch);
    } else {
      coordinator.on_resign(number);
    }
  }
}

}  // namespace

void MetadataPublisher::publish(std::shared_ptr<const MetadataImage> image, const ImageChanges& changes) {
  const std::scoped_lock lock(publishing_);
  {
    const std::scoped_lock newest_lock(newest_mutex_);
    newest_ = image;
  }
  follow_configs(*image, changes);
  follow_features(*image);
  parts_.share_states.set_cluster(image);
  if (live_) follow(*image, changes);
  show_groups(image, changes);
  parts_.metadata.set(std::move(image));
}

void MetadataPublisher::go_live() {
  const std::scoped_lock lock(publishing_);
  const auto image = newest();
  parts_.partitions.apply_all(*image);
  live_ = true;
}

void MetadataPublisher::enter_cluster() {
  const std::scoped_lock lock(publishing_);
  const auto image = newest();
  entered_ = true;
  follow_group_topic(*image);
  follow_transaction_topic(*image);
  follow_share_topic(*image);
}

std::shared_ptr<const MetadataImage> MetadataPublisher::newest() const {
  const std::scoped_lock lock(newest_mutex_);
  return newest_;
}

std::shared_ptr<const TopicRules> MetadataPublisher::rules_of(const std::string& topic) const {
  const auto own = newest()->configs(ConfigResource(ConfigResourceType::kTopic, topic));
  return build_topic_rules(*parts_.configs.layers(), *own);
}

void MetadataPublisher::follow(const MetadataImage& image, const ImageChanges& changes) {
  follow_topics(image, changes);
  for (const auto& resource : changes.configs) {
    if (resource.type == ConfigResourceType::kTopic) parts_.partitions.refresh_rules(resource.name);
    // The broker's own settings are the defaults of every topic.
    if (resource.type == ConfigResourceType::kBroker) parts_.partitions.refresh_all_rules();
  }
}

void MetadataPublisher::follow_configs(const MetadataImage& image, const ImageChanges& changes) {
  bool broker = false, clients = false;
  for (const auto& resource : changes.configs) {
    broker |= resource.type == ConfigResourceType::kBroker;
    clients |= resource.type == ConfigResourceType::kClientMetrics;
  }
  if (broker) {
    parts_.configs.set_dynamic(
        image.configs(ConfigResource(ConfigResourceType::kBroker, "")),
        image.configs(ConfigResource(ConfigResourceType::kBroker, std::to_string(parts_.broker_id))));
  }
  if (clients) {
    std::vector<ClientSubscription> subscriptions;
    image.for_each_config([&](const ConfigResource& resource, const controller::ConfigMap& settings) {
      if (resource.type == ConfigResourceType::kClientMetrics) subscriptions.emplace_back(settings);
    });
    parts_.client_metrics.set_subscriptions(std::move(subscriptions));
  }
}

void MetadataPublisher::follow_topics(const MetadataImage& image, const ImageChanges& changes) {
  std::vector<groups::DeletedTopic> deleted;
  std::vector<Uuid> deleted_ids;
  bool group_topic = false, transaction_topic = false, share_topic = false;
  for (const auto& [id, change] : changes.topics) {
    parts_.partitions.apply_topic(image, change.name);
    if (change.deleted) {
      deleted.push_back({change.name, id});
      deleted_ids.push_back(id);
      parts_.topic_metrics.forget(change.name);
      if (change.name == kGroupMetadataTopic) parts_.groups.on_offsets_topic_deleted();
      if (change.name == kTransactionStateTopic) parts_.transactions.on_topic_deleted();
      if (change.name == kShareGroupStateTopic) parts_.share_states.on_topic_deleted();
    }
    group_topic |= change.name == kGroupMetadataTopic;
    transaction_topic |= change.name == kTransactionStateTopic;
    share_topic |= change.name == kShareGroupStateTopic;
  }
  if (entered_ && group_topic) follow_group_topic(image);
  if (entered_ && transaction_topic) follow_transaction_topic(image);
  if (entered_ && share_topic) follow_share_topic(image);
  if (!deleted.empty()) parts_.groups.on_topics_deleted(deleted);
  if (!deleted_ids.empty()) parts_.share_states.on_topics_deleted(deleted_ids);
}

// Consumer groups resolve their regular expressions again when there is a new topic.
void MetadataPublisher::show_groups(const std::shared_ptr<const MetadataImage>& image,
                                    const ImageChanges& changes) {
  const bool is_new = std::any_of(changes.topics.begin(), changes.topics.end(),
                                  [](const auto& entry) { return entry.second.created; });
  if (is_new || newest_topic_offset_ == -1) newest_topic_offset_ = image->offset();
  parts_.groups.set_cluster(group_cluster_view(image, parts_.configs.layers(), newest_topic_offset_));
}

void MetadataPublisher::follow_features(const MetadataImage& image) {
  const auto level = image.features().find("transaction.version");
  parts_.transactions.set_transaction_version(level == image.features().end() ? std::int16_t{0}
                                                                              : level->second);
}

void MetadataPublisher::follow_group_topic(const MetadataImage& image) {
  follow_leadership(image, kGroupMetadataTopic, parts_.broker_id, parts_.groups);
}

void MetadataPublisher::follow_transaction_topic(const MetadataImage& image) {
  follow_leadership(image, kTransactionStateTopic, parts_.broker_id, parts_.transactions);
}

void MetadataPublisher::follow_share_topic(const MetadataImage& image) {
  follow_leadership(image, kShareGroupStateTopic, parts_.broker_id, parts_.share_states);
}

}  // namespace barnabas::broker
