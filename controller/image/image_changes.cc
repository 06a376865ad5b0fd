#include "controller/image/image_changes.h"

namespace barnabas::controller {

bool ImageChanges::empty() const {
  return topics.empty() && brokers.empty() && controllers.empty() && configs.empty() && quotas.empty() &&
         scram_credentials.empty() && delegation_tokens.empty() && acls.empty() && !features && !producer_ids;
}

void ImageChanges::merge(const ImageChanges& later) {
  for (const auto& [id, change] : later.topics) {
    TopicChange& mine = topics[id];
    mine.name = change.name;
    mine.created |= change.created;
    mine.deleted |= change.deleted;
    mine.partitions.insert(change.partitions.begin(), change.partitions.end());
  }
  brokers.insert(later.brokers.begin(), later.brokers.end());
  controllers.insert(later.controllers.begin(), later.controllers.end());
  configs.insert(later.configs.begin(), later.configs.end());
  quotas.insert(later.quotas.begin(), later.quotas.end());
  scram_credentials.insert(later.scram_credentials.begin(), later.scram_credentials.end());
  delegation_tokens.insert(later.delegation_tokens.begin(), later.delegation_tokens.end());
  acls.insert(later.acls.begin(), later.acls.end());
  features |= later.features;
  producer_ids |= later.producer_ids;
}

ImageChanges all_of(const MetadataImage& image) {
  ImageChanges all;
  image.for_each_topic([&](const auto& topic) {
    TopicChange& change = all.topics[topic->id];
    change.name = topic->name;
    change.created = true;
    for (std::int32_t i = 0; i < topic->partition_count(); ++i) change.partitions.insert(i);
  });
  image.for_each_config(
      [&](const ConfigResource& resource, const ConfigMap&) { all.configs.insert(resource); });
  image.acls().for_each([&](const Uuid& id, const AclEntry&) { all.acls.insert(id); });
  for (const auto& [id, broker] : image.brokers()) all.brokers.insert(id);
  for (const auto& [id, controller] : image.controllers()) all.controllers.insert(id);
  for (const auto& [entity, values] : image.quotas()) all.quotas.insert(entity);
  for (const auto& [key, credential] : image.scram_credentials()) all.scram_credentials.insert(key);
  for (const auto& [id, token] : image.delegation_tokens()) all.delegation_tokens.insert(id);
  all.features = !image.features().empty();
  all.producer_ids = image.next_producer_id() > 0;
  return all;
}

}  // namespace barnabas::controller
