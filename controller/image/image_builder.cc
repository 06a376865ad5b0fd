#include "controller/image/image_builder.h"

#include <algorithm>

#include "common/text.h"

namespace barnabas::controller {

namespace {

std::unexpected<std::string> refuse(auto&&... parts) {
  return unexpected(concat(parts...));
}

// A changeable copy that replaces what `slot` shares with other images.
template <class Map>
Map& open(std::shared_ptr<const Map>& slot) {
  auto copy = std::make_shared<Map>(*slot);
  Map& opened = *copy;
  slot = std::move(copy);
  return opened;
}

}  // namespace

ReplayResult ImageBuilder::apply(const MetadataRecord& record) {
  return std::visit([this](const auto& held) { return replay(held); }, record);
}

void ImageBuilder::set_kraft_version(std::int16_t version) {
  changes_.features |= next_.kraft_version_ != version;
  next_.kraft_version_ = version;
}

std::shared_ptr<const MetadataImage> ImageBuilder::build(std::int64_t offset, std::int32_t epoch,
                                                         std::int64_t timestamp_ms) {
  for (auto& [id, topic] : open_topics_) {
    next_.topics_by_id_.set(id, topic);
    next_.topics_by_name_.set(topic->name, topic);
  }
  open_topics_.clear();
  next_.offset_ = offset;
  next_.epoch_ = epoch;
  next_.timestamp_ms_ = timestamp_ms;
  return std::make_shared<const MetadataImage>(next_);
}

ReplayResult ImageBuilder::replay(const protocol::ConfigRecord& record) {
  const ConfigResource resource(static_cast<ConfigResourceType>(record.resource_type), record.resource_name);
  auto map = std::make_shared<ConfigMap>(*next_.configs(resource));
  if (record.value) {
    (*map)[record.name] = *record.value;
  } else {
    map->erase(record.name);
  }
  if (map->empty()) {
    next_.configs_.erase(resource);
  } else {
    next_.configs_.set(resource, std::move(map));
  }
  changes_.configs.insert(resource);
  return {};
}

ReplayResult ImageBuilder::replay(const protocol::FeatureLevelRecord& record) {
  FeatureLevels& features = open(next_.features_);
  if (record.feature_level == 0) {
    features.erase(record.name);
  } else {
    features[record.name] = record.feature_level;
  }
  changes_.features = true;
  return {};
}

ReplayResult ImageBuilder::replay(const protocol::ProducerIdsRecord& record) {
  if (record.next_producer_id <= next_.next_producer_id_ && next_.next_producer_id_ != 0) {
    return refuse("next producer id ", record.next_producer_id, " does not rise above ",
                  next_.next_producer_id_);
  }
  next_.next_producer_id_ = record.next_producer_id;
  next_.producer_id_broker_ = {record.broker_id, record.broker_epoch};
  changes_.producer_ids = true;
  return {};
}

ReplayResult ImageBuilder::replay(const protocol::AccessControlEntryRecord& record) {
  AclEntry entry;
  entry.resource_type = record.resource_type;
  entry.resource_name = record.resource_name;
  entry.pattern_type = record.pattern_type;
  entry.principal = record.principal;
  entry.host = record.host;
  entry.operation = record.operation;
  entry.permission_type = record.permission_type;
  next_.acls_.set(record.id, std::move(entry));
  changes_.acls.insert(record.id);
  return {};
}

ReplayResult ImageBuilder::replay(const protocol::RemoveAccessControlEntryRecord& record) {
  if (!next_.acls_.erase(record.id)) return refuse("no access control entry ", record.id, " to remove");
  changes_.acls.insert(record.id);
  return {};
}

ReplayResult ImageBuilder::replay(const protocol::UserScramCredentialRecord& record) {
  const ScramKey key(record.name, record.mechanism);
  ScramCredential credential;
  credential.salt = record.salt;
  credential.stored_key = record.stored_key;
  credential.server_key = record.server_key;
  credential.iterations = record.iterations;
  open(next_.scram_)[key] = std::move(credential);
  changes_.scram_credentials.insert(key);
  return {};
}

ReplayResult ImageBuilder::replay(const protocol::RemoveUserScramCredentialRecord& record) {
  const ScramKey key(record.name, record.mechanism);
  if (open(next_.scram_).erase(key) == 0) return refuse("no SCRAM credential of ", record.name, " to remove");
  changes_.scram_credentials.insert(key);
  return {};
}

ReplayResult ImageBuilder::replay(const protocol::ClientQuotaRecord& record) {
  QuotaEntity entity;
  for (const auto& part : record.entity) entity[part.entity_type] = part.entity_name;
  QuotaMap& quotas = open(next_.quotas_);
  if (record.remove) {
    const auto found = quotas.find(entity);
    if (found != quotas.end()) {
      found->second.erase(record.key);
      if (found->second.empty()) quotas.erase(found);
    }
  } else {
    quotas[entity][record.key] = record.value;
  }
  changes_.quotas.insert(std::move(entity));
  return {};
}

ReplayResult ImageBuilder::replay(const protocol::DelegationTokenRecord& record) {
  DelegationToken token;
  token.owner = record.owner;
  token.requester = record.requester;
  token.renewers = record.renewers;
  token.issue_ms = record.issue_timestamp;
  token.max_ms = record.max_timestamp;
  token.expiration_ms = record.expiration_timestamp;
  open(next_.tokens_)[record.token_id] = std::move(token);
  changes_.delegation_tokens.insert(record.token_id);
  return {};
}

ReplayResult ImageBuilder::replay(const protocol::RemoveDelegationTokenRecord& record) {
  open(next_.tokens_).erase(record.token_id);
  changes_.delegation_tokens.insert(record.token_id);
  return {};
}

ReplayResult ImageBuilder::replay(const protocol::NoOpRecord&) {
  return {};
}

ReplayResult ImageBuilder::replay(const protocol::ZkMigrationStateRecord& record) {
  next_.zk_migration_state_ = record.zk_migration_state;
  return {};
}

ReplayResult ImageBuilder::replay(const protocol::BeginTransactionRecord&) {
  return refuse("the begin of a metadata transaction in the middle of one");
}

ReplayResult ImageBuilder::replay(const protocol::EndTransactionRecord&) {
  return refuse("the end of a metadata transaction without its begin");
}

ReplayResult ImageBuilder::replay(const protocol::AbortTransactionRecord&) {
  return refuse("the abort of a metadata transaction without its begin");
}

}  // namespace barnabas::controller
