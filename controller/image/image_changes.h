// What differs between two images, by name: for those who act on changes and look up the rest themselves.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "common/uuid.h"
#include "controller/image/metadata_image.h"

namespace barnabas::controller {

struct TopicChange {
  TopicChange() = default;

  std::string name;
  bool created = false;
  bool deleted = false;               // both: it came and went in between
  std::set<std::int32_t> partitions;  // new or changed ones; all of them if created
};

// A value. Says at least what changed: an entry may turn out to equal what it was.
struct ImageChanges {
  ImageChanges() = default;

  std::map<Uuid, TopicChange> topics;
  std::set<std::int32_t> brokers;
  std::set<std::int32_t> controllers;
  std::set<ConfigResource> configs;
  std::set<QuotaEntity> quotas;
  std::set<ScramKey> scram_credentials;
  std::set<std::string> delegation_tokens;
  std::set<Uuid> acls;
  bool features = false;
  bool producer_ids = false;

  bool empty() const;
  // What changed here and then in `later`.
  void merge(const ImageChanges& later);
};

// Everything in `image`, as seen from an empty one.
ImageChanges all_of(const MetadataImage& image);

}  // namespace barnabas::controller
