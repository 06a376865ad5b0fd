// The only thing that changes metadata: records applied to a copy of an image.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "common/result.h"
#include "controller/image/image_changes.h"
#include "controller/image/metadata_image.h"
#include "controller/record.h"

namespace barnabas::controller {

using ReplayResult = Result<void, std::string>;

// Starts from an image, takes records in the order of the log, gives the next image and what changed. One
// thread. A topic is copied when its first record arrives and put back by build(), so that a topic of a
// thousand partitions is not copied a thousand times. A record that does not fit the state is refused with a
// text and leaves the builder as it was: the log was then written by someone with another idea of it.
//
// Transaction markers (KIP-868) are refused here: MetadataLoader resolves them.
class ImageBuilder {
 public:
  explicit ImageBuilder(const MetadataImage& base) : next_(base) {}

  ReplayResult apply(const MetadataRecord& record);

  // Facts that no record holds.
  void set_cluster_id(std::string cluster_id) { next_.cluster_id_ = std::move(cluster_id); }
  void set_controller_id(std::int32_t controller_id) { next_.controller_id_ = controller_id; }
  void set_kraft_version(std::int16_t version);

  const ImageChanges& changes() const { return changes_; }
  // The image up to and with the record at `offset`. The builder goes on from there, its changes with it.
  std::shared_ptr<const MetadataImage> build(std::int64_t offset, std::int32_t epoch,
                                             std::int64_t timestamp_ms);

 private:
  ReplayResult replay(const protocol::RegisterBrokerRecord& record);
  ReplayResult replay(const protocol::UnregisterBrokerRecord& record);
  ReplayResult replay(const protocol::TopicRecord& record);
  ReplayResult replay(const protocol::PartitionRecord& record);
  ReplayResult replay(const protocol::ConfigRecord& record);
  ReplayResult replay(const protocol::PartitionChangeRecord& record);
  ReplayResult replay(const protocol::FenceBrokerRecord& record);
  ReplayResult replay(const protocol::UnfenceBrokerRecord& record);
  ReplayResult replay(const protocol::RemoveTopicRecord& record);
  ReplayResult replay(const protocol::DelegationTokenRecord& record);
  ReplayResult replay(const protocol::UserScramCredentialRecord& record);
  ReplayResult replay(const protocol::FeatureLevelRecord& record);
  ReplayResult replay(const protocol::ClientQuotaRecord& record);
  ReplayResult replay(const protocol::ProducerIdsRecord& record);
  ReplayResult replay(const protocol::BrokerRegistrationChangeRecord& record);
  ReplayResult replay(const protocol::AccessControlEntryRecord& record);
  ReplayResult replay(const protocol::RemoveAccessControlEntryRecord& record);
  ReplayResult replay(const protocol::NoOpRecord& record);
  ReplayResult replay(const protocol::ZkMigrationStateRecord& record);
  ReplayResult replay(const protocol::RemoveUserScramCredentialRecord& record);
  ReplayResult replay(const protocol::BeginTransactionRecord& record);
  ReplayResult replay(const protocol::EndTransactionRecord& record);
  ReplayResult replay(const protocol::AbortTransactionRecord& record);
  ReplayResult replay(const protocol::RemoveDelegationTokenRecord& record);
  ReplayResult replay(const protocol::RegisterControllerRecord& record);
  ReplayResult replay(const protocol::ClearElrRecord& record);

  // The topic as a copy that may be changed until build(); null if there is none.
  TopicImage* open_topic(const Uuid& id);
  ReplayResult change_fenced(std::int32_t broker, std::int64_t epoch, bool fenced);
  void clear_elr(const Uuid& topic_id);
  void forget_collision(const std::string& name);

  MetadataImage next_;
  ImageChanges changes_;
  std::unordered_map<Uuid, std::shared_ptr<TopicImage>> open_topics_;
};

}  // namespace barnabas::controller
