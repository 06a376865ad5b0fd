#include "broker/tests/support/partition_world.h"

#include <stdlib.h>

#include "records/batch_builder.h"
#include "records/record.h"

namespace barnabas::broker::testing {
namespace {

std::filesystem::path temporary_directory() {
  std::string name = (std::filesystem::temp_directory_path() / "barnabas-test-XXXXXX").string();
  EXPECT_NE(::mkdtemp(name.data()), nullptr);
  return name;
}

}  // namespace

PartitionWorld::PartitionWorld() : directory_(temporary_directory()), files_(storage::posix_file_system()) {
  open();
}

void PartitionWorld::open() {
  storage::LogManagerConfig config;
  config.directories = {directory_.string()};
  logs = std::make_unique<storage::LogManager>(*files_, clock, *random, config);
  const auto opened = logs->open_directories("test-cluster", kBrokerId);
  EXPECT_TRUE(opened) << opened.error().message;
  EXPECT_TRUE(logs->load({std::make_shared<storage::LogConfig>(), {}, {}}));
  partitions = std::make_unique<PartitionManager>(kBrokerId, *logs, [this](const std::string& topic) {
    const auto found = rules_.find(topic);
    return found == rules_.end() ? std::make_shared<const TopicRules>() : found->second;
  });
}

void PartitionWorld::restart(bool clean) {
  partitions.reset();
  if (clean) logs->shutdown(1);
  logs.reset();
  open();
  partitions->apply_all(*image_);
}

PartitionWorld::~PartitionWorld() {
  partitions.reset();
  logs.reset();
  std::filesystem::remove_all(directory_);
}

void PartitionWorld::apply(const std::vector<controller::MetadataRecord>& records) {
  controller::ImageBuilder builder(*image_);
  for (const auto& record : records) {
    const auto applied = builder.apply(record);
    EXPECT_TRUE(applied) << applied.error();
  }
  image_ = builder.build(image_->offset() + static_cast<std::int64_t>(records.size()), 1, clock.wall_ms());
}

void PartitionWorld::create_topic(const std::string& name, std::int32_t count, TopicRules topic_rules) {
  rules_[name] = std::make_shared<const TopicRules>(std::move(topic_rules));
  std::vector<controller::MetadataRecord> records;
  protocol::TopicRecord topic;
  topic.name = name;
  topic.topic_id = Uuid::random(*random);
  records.emplace_back(topic);
  for (std::int32_t number = 0; number < count; ++number) {
    protocol::PartitionRecord partition;
    partition.partition_id = number;
    partition.topic_id = topic.topic_id;
    partition.replicas = {kBrokerId};
    partition.isr = {kBrokerId};
    partition.leader = kBrokerId;
    partition.directories = {controller::kDirectoryUnassigned};
    records.emplace_back(partition);
  }
  apply(records);
  partitions->apply_topic(*image_, name);
}

void PartitionWorld::delete_topic(const std::string& name) {
  protocol::RemoveTopicRecord removal;
  removal.topic_id = topic_id(name);
  apply({removal});
  partitions->apply_topic(*image_, name);
}

Buffer batch_of(const std::vector<std::string>& values, std::int64_t timestamp_ms) {
  records::BatchBuilder builder;
  for (const auto& value : values) builder.add(timestamp_ms, std::nullopt, as_bytes(value));
  return builder.build();
}

std::vector<std::string> values_in(ByteView batches) {
  std::vector<std::string> values;
  records::BatchSplitter splitter(batches);
  records::BatchView batch;
  while (splitter.next(batch) == records::SplitOutcome::kBatch) {
    records::BatchRecords walk(batch);
    while (const auto* record = walk.next()) values.emplace_back(as_text(record->value.value_or(ByteView{})));
  }
  return values;
}

}  // namespace barnabas::broker::testing
