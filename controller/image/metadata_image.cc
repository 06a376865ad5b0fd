#include "controller/image/metadata_image.h"

#include <algorithm>

namespace barnabas::controller {

namespace {

template <class Map>
bool same(const std::shared_ptr<const Map>& left, const std::shared_ptr<const Map>& right) {
  return left == right || *left == *right;
}

template <class Map>
bool same_pointees(const Map& left, const Map& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](const auto& a, const auto& b) {
    return a.first == b.first && *a.second == *b.second;
  });
}

// Every entry of `left` is in `right` with an equal value; sizes are compared by the caller.
template <class Map, class Equal>
bool within(const Map& left, const Map& right, Equal equal) {
  bool all = true;
  left.for_each([&](const auto& key, const auto& value) {
    const auto* other = right.find(key);
    all = all && other != nullptr && equal(value, *other);
  });
  return all;
}

}  // namespace

MetadataImage::MetadataImage()
    : brokers_(std::make_shared<BrokerMap>()),
      controllers_(std::make_shared<ControllerMap>()),
      features_(std::make_shared<FeatureLevels>()),
      scram_(std::make_shared<ScramMap>()),
      quotas_(std::make_shared<QuotaMap>()),
      tokens_(std::make_shared<TokenMap>()) {}

std::shared_ptr<const TopicImage> MetadataImage::topic(std::string_view name) const {
  const TopicPointer* found = topics_by_name_.find(name);
  return found ? *found : nullptr;
}

std::shared_ptr<const TopicImage> MetadataImage::topic(const Uuid& id) const {
  const TopicPointer* found = topics_by_id_.find(id);
  return found ? *found : nullptr;
}

std::optional<std::string> MetadataImage::colliding_topic(std::string_view name) const {
  if (name.find_first_of("._") == std::string_view::npos) return std::nullopt;
  const auto* names = colliding_.find(collision_form(name));
  if (!names) return std::nullopt;
  for (const std::string& other : *names) {
    if (other != name) return other;
  }
  return std::nullopt;
}

const BrokerRegistration* MetadataImage::broker(std::int32_t id) const {
  const auto found = brokers_->find(id);
  return found == brokers_->end() ? nullptr : found->second.get();
}

bool MetadataImage::broker_active(std::int32_t id) const {
  const BrokerRegistration* found = broker(id);
  return found != nullptr && found->active();
}

std::shared_ptr<const ConfigMap> MetadataImage::configs(const ConfigResource& resource) const {
  if (const auto* found = configs_.find(resource)) return *found;
  return std::make_shared<const ConfigMap>();
}

std::optional<std::string> MetadataImage::config(const ConfigResource& resource,
                                                 std::string_view name) const {
  const auto* found = configs_.find(resource);
  if (!found) return std::nullopt;
  const auto value = (*found)->find(name);
  if (value == (*found)->end()) return std::nullopt;
  return value->second;
}

std::int16_t MetadataImage::feature(std::string_view name) const {
  const auto found = features_->find(name);
  return found == features_->end() ? std::int16_t{0} : found->second;
}

bool MetadataImage::same_content(const MetadataImage& other) const {
  return cluster_id_ == other.cluster_id_ && kraft_version_ == other.kraft_version_ &&
         topics_by_name_.size() == other.topics_by_name_.size() &&
         topics_by_id_.size() == other.topics_by_id_.size() && partition_count_ == other.partition_count_ &&
         configs_.size() == other.configs_.size() && acls_.size() == other.acls_.size() &&
         next_producer_id_ == other.next_producer_id_ && zk_migration_state_ == other.zk_migration_state_ &&
         within(topics_by_id_, other.topics_by_id_, [](const auto& a, const auto& b) { return *a == *b; }) &&
         within(topics_by_name_, other.topics_by_name_,
                [](const auto& a, const auto& b) { return *a == *b; }) &&
         within(configs_, other.configs_, [](const auto& a, const auto& b) { return *a == *b; }) &&
         within(acls_, other.acls_, [](const auto& a, const auto& b) { return a == b; }) &&
         same_pointees(*brokers_, *other.brokers_) && same_pointees(*controllers_, *other.controllers_) &&
         same(features_, other.features_) && same(scram_, other.scram_) && same(quotas_, other.quotas_) &&
         same(tokens_, other.tokens_);
}

std::string collision_form(std::string_view topic) {
  std::string form(topic);
  std::replace(form.begin(), form.end(), '.', '_');
  return form;
}

}  // namespace barnabas::controller
