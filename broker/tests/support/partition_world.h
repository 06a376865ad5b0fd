// The partitions of a broker in a temporary directory, under a clock and a scheduler moved by hand.
#pragma once

#include <filesystem>
#include <string>

#include "broker/partition/partition_manager.h"
#include "broker/tests/support/virtual_scheduler.h"
#include "controller/image/image_builder.h"
#include "storage/log_manager.h"
#include "storage/posix_file_system.h"

namespace barnabas::broker::testing {

inline constexpr std::int32_t kBrokerId = 1;

class PartitionWorld {
 public:
  PartitionWorld();
  ~PartitionWorld();

  // Creates the topic as the metadata log would and opens its partitions under `topic_rules`.
  void create_topic(const std::string& name, std::int32_t partitions, TopicRules topic_rules = {});
  void delete_topic(const std::string& name);
  // Stops and opens everything again; `clean` or as after kill -9. Partitions found before are gone.
  void restart(bool clean = true);
  std::shared_ptr<const controller::MetadataImage> image() const { return image_; }
  Uuid topic_id(const std::string& name) const { return image_->topic(name)->id; }

  ManualClock clock;
  VirtualScheduler scheduler{clock};
  std::unique_ptr<Random> random = seeded_random(11);

 private:
  void open();
  void apply(const std::vector<controller::MetadataRecord>& records);

  std::filesystem::path directory_;
  std::map<std::string, std::shared_ptr<const TopicRules>> rules_;
  std::shared_ptr<const controller::MetadataImage> image_ =
      std::make_shared<const controller::MetadataImage>();
  std::unique_ptr<storage::FileSystem> files_;

 public:
  std::unique_ptr<storage::LogManager> logs;
  std::unique_ptr<PartitionManager> partitions;
};

// A batch of records without keys, as a producer would send it.
Buffer batch_of(const std::vector<std::string>& values, std::int64_t timestamp_ms = 1'700'000'000'000);
// The values in a run of batches.
std::vector<std::string> values_in(ByteView batches);

}  // namespace barnabas::broker::testing
