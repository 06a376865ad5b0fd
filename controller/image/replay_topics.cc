// ImageBuilder: topics and partitions.
#include <algorithm>

#include "common/text.h"
#include "controller/image/image_builder.h"

namespace barnabas::controller {

namespace {

// More partitions than this in one topic are a damaged record, not a topic.
constexpr std::int32_t kMaxPartitionNumber = 1'000'000;

}  // namespace

TopicImage* ImageBuilder::open_topic(const Uuid& id) {
  if (const auto found = open_topics_.find(id); found != open_topics_.end()) return found->second.get();
  const auto held = next_.topic(id);
  if (!held) return nullptr;
  auto copy = std::make_shared<TopicImage>(*held);
  TopicImage* opened = copy.get();
  open_topics_.emplace(id, std::move(copy));
  return opened;
}

ReplayResult ImageBuilder::replay(const protocol::TopicRecord& record) {
  if (next_.topic(record.name)) return unexpected(concat("topic ", record.name, " exists already"));
  if (next_.topic(record.topic_id))
    return unexpected(concat("topic id ", record.topic_id, " exists already"));
  auto topic = std::make_shared<TopicImage>();
  topic->name = record.name;
  topic->id = record.topic_id;
  next_.topics_by_name_.set(record.name, topic);
  next_.topics_by_id_.set(record.topic_id, topic);
  if (record.name.find_first_of("._") != std::string::npos) {
    const std::string form = collision_form(record.name);
    const auto* others = next_.colliding_.find(form);
    std::vector<std::string> names = others ? *others : std::vector<std::string>();
    names.push_back(record.name);
    next_.colliding_.set(form, std::move(names));
  }
  TopicChange& change = changes_.topics[record.topic_id];
  change.name = record.name;
  change.created = true;
  return {};
}

ReplayResult ImageBuilder::replay(const protocol::PartitionRecord& record) {
  if (record.partition_id < 0 || record.partition_id > kMaxPartitionNumber) {
    return unexpected(concat("partition number ", record.partition_id, " is out of range"));
  }
  if (record.replicas.empty()) {
    return unexpected(concat("partition ", record.partition_id, " has no replicas"));
  }
  TopicImage* topic = open_topic(record.topic_id);
  if (!topic) return unexpected(concat("partition of an unknown topic ", record.topic_id));
  auto partition = std::make_shared<PartitionImage>();
  partition->replicas = record.replicas;
  partition->directories = record.directories;
  partition->directories.resize(record.replicas.size(), kDirectoryMigrating);
  partition->isr = record.isr;
  partition->removing_replicas = record.removing_replicas;
  partition->adding_replicas = record.adding_replicas;
  if (record.eligible_leader_replicas) partition->elr = *record.eligible_leader_replicas;
  if (record.last_known_elr) partition->last_known_elr = *record.last_known_elr;
  partition->leader = record.leader;
  partition->recovery_state = static_cast<LeaderRecoveryState>(record.leader_recovery_state);
  partition->leader_epoch = record.leader_epoch;
  partition->partition_epoch = record.partition_epoch;

  const auto at = static_cast<std::size_t>(record.partition_id);
  if (topic->partitions.size() <= at) topic->partitions.resize(at + 1);
  if (!topic->partitions[at]) ++next_.partition_count_;
  topic->partitions[at] = std::move(partition);
  TopicChange& change = changes_.topics[record.topic_id];
  change.name = topic->name;
  change.partitions.insert(record.partition_id);
  return {};
}

ReplayResult ImageBuilder::replay(const protocol::PartitionChangeRecord& record) {
  TopicImage* topic = open_topic(record.topic_id);
  if (!topic) return unexpected(concat("change of a partition of an unknown topic ", record.topic_id));
  const PartitionImage* old = topic->partition(record.partition_id);
  if (!old)
    return unexpected(concat("change of an unknown partition ", topic->name, '-', record.partition_id));

  auto partition = std::make_shared<PartitionImage>(*old);
  if (record.replicas && record.replicas->empty()) {
    return unexpected(concat("a change leaves ", topic->name, '-', record.partition_id, " without replicas"));
  }
  if (record.replicas) {
    // Directories follow their replica unless the record names them.
    partition->replicas = *record.replicas;
    partition->directories.clear();
    for (const std::int32_t replica : partition->replicas) {
      partition->directories.push_back(old->directory_of(replica));
    }
  }
  if (record.directories) {
    if (record.directories->size() != partition->replicas.size()) {
      return unexpected(concat("a change of ", topic->name, '-', record.partition_id, " names ",
                               record.directories->size(), " directories for ", partition->replicas.size(),
                               " replicas"));
    }
    partition->directories = *record.directories;
  }
  if (record.isr) partition->isr = *record.isr;
  if (record.removing_replicas) partition->removing_replicas = *record.removing_replicas;
  if (record.adding_replicas) partition->adding_replicas = *record.adding_replicas;
  if (record.eligible_leader_replicas) partition->elr = *record.eligible_leader_replicas;
  if (record.last_known_elr) partition->last_known_elr = *record.last_known_elr;
  if (record.leader_recovery_state != -1) {
    partition->recovery_state = static_cast<LeaderRecoveryState>(record.leader_recovery_state);
  }
  // -2 is no change; naming the same leader again is one.
  if (record.leader != -2) {
    partition->leader = record.leader;
    ++partition->leader_epoch;
  }
  ++partition->partition_epoch;
  topic->partitions[static_cast<std::size_t>(record.partition_id)] = std::move(partition);
  TopicChange& change = changes_.topics[record.topic_id];
  change.name = topic->name;
  change.partitions.insert(record.partition_id);
  return {};
}

ReplayResult ImageBuilder::replay(const protocol::RemoveTopicRecord& record) {
  const TopicImage* topic = open_topic(record.topic_id);
  if (!topic) return unexpected(concat("no topic ", record.topic_id, " to remove"));
  const std::string name = topic->name;
  for (const auto& partition : topic->partitions) {
    if (partition) --next_.partition_count_;
  }
  open_topics_.erase(record.topic_id);
  next_.topics_by_id_.erase(record.topic_id);
  next_.topics_by_name_.erase(name);
  forget_collision(name);
  const ConfigResource resource(ConfigResourceType::kTopic, name);
  if (next_.configs_.erase(resource)) changes_.configs.insert(resource);
  TopicChange& change = changes_.topics[record.topic_id];
  change.name = name;
  change.deleted = true;
  return {};
}

void ImageBuilder::forget_collision(const std::string& name) {
  const std::string form = collision_form(name);
  const auto* names = next_.colliding_.find(form);
  if (!names) return;
  std::vector<std::string> rest = *names;
  std::erase(rest, name);
  if (rest.empty()) {
    next_.colliding_.erase(form);
  } else {
    next_.colliding_.set(form, std::move(rest));
  }
}

void ImageBuilder::clear_elr(const Uuid& topic_id) {
  TopicImage* topic = open_topic(topic_id);
  for (std::size_t i = 0; i < topic->partitions.size(); ++i) {
    const auto& old = topic->partitions[i];
    if (!old || (old->elr.empty() && old->last_known_elr.empty())) continue;
    auto partition = std::make_shared<PartitionImage>(*old);
    partition->elr.clear();
    partition->last_known_elr.clear();
    ++partition->partition_epoch;  // as if it were a PartitionChange
    topic->partitions[i] = std::move(partition);
    TopicChange& change = changes_.topics[topic_id];
    change.name = topic->name;
    change.partitions.insert(static_cast<std::int32_t>(i));
  }
}

ReplayResult ImageBuilder::replay(const protocol::ClearElrRecord& record) {
  if (!record.topic_name.empty()) {
    const auto topic = next_.topic(record.topic_name);
    if (!topic)
      return unexpected(concat("no topic ", record.topic_name, " to clear the eligible replicas of"));
    clear_elr(topic->id);
    return {};
  }
  std::vector<Uuid> ids;
  for (const auto& [id, topic] : open_topics_) ids.push_back(id);
  next_.for_each_topic([&](const auto& topic) {
    const auto has_elr = [](const auto& at) {
      return at && (!at->elr.empty() || !at->last_known_elr.empty());
    };
    if (std::any_of(topic->partitions.begin(), topic->partitions.end(), has_elr)) ids.push_back(topic->id);
  });
  for (const Uuid& id : ids) clear_elr(id);
  return {};
}

}  // namespace barnabas::controller
