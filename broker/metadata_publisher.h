// Brings the parts of the broker into agreement with each new metadata image.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "broker/configs/live_configs.h"
#include "broker/groups/group_coordinator.h"
#include "broker/metadata_cache.h"
#include "broker/metrics/topic_metrics.h"
#include "broker/partition/partition_manager.h"
#include "broker/share/state/coordinator.h"
#include "broker/telemetry/client_metrics.h"
#include "broker/transactions/transaction_coordinator.h"
#include "controller/image/image_changes.h"

namespace barnabas::broker {

// Called by the controller, one image after the other. Handlers see an image only when the parts follow it:
// a topic that a client can name has partitions that can be written.
class MetadataPublisher {
 public:
  struct Parts {
    std::int32_t broker_id;
    MetadataCache& metadata;
    LiveConfigs& configs;
    PartitionManager& partitions;
    groups::GroupCoordinator& groups;
    transactions::TransactionCoordinator& transactions;
    share::ShareStateCoordinator& share_states;
    ClientMetrics& client_metrics;
    TopicMetrics& topic_metrics;
  };
  explicit MetadataPublisher(const Parts& parts) : parts_(parts) {}

  // Until go_live images are only shown, not acted on: the logs are not loaded yet.
  void publish(std::shared_ptr<const controller::MetadataImage> image,
               const controller::ImageChanges& changes);
  // The logs are loaded: opens what the newest image places here, and follows all later ones.
  void go_live();
  // The broker is registered and unfenced: the coordinators load what it leads. What an image says before
  // that about leaders is of the broker's last life, and the registration ends it.
  void enter_cluster();

  // The rules of a topic under the image being published and the configuration in force.
  std::shared_ptr<const TopicRules> rules_of(const std::string& topic) const;
  std::shared_ptr<const controller::MetadataImage> newest() const;

 private:
  void follow(const controller::MetadataImage& image, const controller::ImageChanges& changes);
  void follow_configs(const controller::MetadataImage& image, const controller::ImageChanges& changes);
  void follow_topics(const controller::MetadataImage& image, const controller::ImageChanges& changes);
  void show_groups(const std::shared_ptr<const controller::MetadataImage>& image,
                   const controller::ImageChanges& changes);
  void follow_features(const controller::MetadataImage& image);
  void follow_group_topic(const controller::MetadataImage& image);
  void follow_transaction_topic(const controller::MetadataImage& image);
  void follow_share_topic(const controller::MetadataImage& image);

  const Parts parts_;
  std::mutex publishing_;  // go_live comes from the starting thread
  mutable std::mutex newest_mutex_;
  std::shared_ptr<const controller::MetadataImage> newest_ =
      std::make_shared<const controller::MetadataImage>();
  bool live_ = false;
  bool entered_ = false;
  std::int64_t newest_topic_offset_ = -1;  // of the last image with a new topic
};

}  // namespace barnabas::broker
