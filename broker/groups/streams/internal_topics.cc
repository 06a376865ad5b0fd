#include "broker/groups/streams/internal_topics.h"

#include <algorithm>

#include "common/text.h"

namespace barnabas::broker::groups::streams {
namespace {

using TopicInfo = TopologyValue::TopicInfo;
using Counts = std::map<std::string, std::int32_t>;

constexpr std::size_t kTopicsInMessage = 3;

// "a, b, c and 2 additional topics"
template <class Topics, class NameOf>
std::string summary(const Topics& topics, NameOf name_of) {
  std::string out;
  std::size_t shown = 0;
  for (const auto& topic : topics) {
    if (shown == kTopicsInMessage) break;
    out += concat(shown++ == 0 ? "" : ", ", name_of(topic));
  }
  if (topics.size() > kTopicsInMessage) {
    out += concat(" and ", topics.size() - kTopicsInMessage, " additional topics");
  }
  return out;
}

// "{a=1, b=2}"
std::string to_text(const Counts& counts) {
  std::string out = "{";
  for (const auto& [topic, count] : counts) out += concat(out.size() > 1 ? ", " : "", topic, "=", count);
  return out + "}";
}

// One run over a topology. Either `problem_` or `fault_` ends it early.
class Configuration {
 public:
  Configuration(const Topology& topology, const consumer::ClusterView& cluster)
      : topology_(topology), cluster_(cluster) {}

  Result<ConfiguredTopology, std::string> run() {
    ConfiguredTopology out;
    out.epoch = topology_.epoch();
    const bool counted =
        find_source_topics() && count_repartition_topics() && copartition() && count_changelogs();
    if (counted) {
      auto& subtopologies = out.subtopologies.emplace();
      for (const auto& [id, subtopology] : topology_.subtopologies()) {
        subtopologies.emplace(id, configured(subtopology));
      }
      find_missing(subtopologies, out);
    }
    if (fault_) return unexpected(std::move(*fault_));
    if (problem_) {
      out.subtopologies.reset();
      out.missing_topics.clear();
      out.problem = std::move(problem_);
    }
    return out;
  }

 private:
  bool refuse(std::string sentence) {
    fault_ = std::move(sentence);
    return false;
  }
  bool stop(StatusCode code, std::string detail) {
    problem_ = Status{code, std::move(detail)};
    return false;
  }

  // What exists counts more than what should be created.
  std::optional<std::int32_t> partitions_of(const std::string& topic) const {
    if (const auto known = cluster_.topic(topic)) return known->partitions;
    const auto found = decided_.find(topic);
    if (found == decided_.end()) return std::nullopt;
    return found->second;
  }

  bool find_source_topics() {
    std::set<std::string> missing;
    for (const auto& [id, subtopology] : topology_.subtopologies()) {
      for (const std::string& topic : subtopology.source_topics) {
        if (!cluster_.topic(topic)) missing.insert(topic);
      }
    }
    if (missing.empty()) return true;
    return stop(StatusCode::kMissingSourceTopics,
                concat("Source topics ", summary(missing, [](const std::string& name) { return name; }),
                       " are missing."));
  }

  // A repartition topic without a number of its own gets that of the widest input of whoever writes it,
  // which may be a repartition topic again.
  bool count_repartition_topics() {
    Counts counts;
    for (const auto& [id, subtopology] : topology_.subtopologies()) {
      for (const TopicInfo& topic : subtopology.repartition_source_topics) {
        if (topic.partitions != 0) counts[topic.name] = topic.partitions;
      }
    }
    for (bool needed = true; needed;) {
      needed = false;
      bool progress = false;
      for (const auto& [id, subtopology] : topology_.subtopologies()) {
        for (const std::string& sink : subtopology.repartition_sink_topics) {
          if (counts.contains(sink)) continue;
          const auto widest = widest_input(subtopology, counts);
          needed |= !widest;
          progress |= widest.has_value();
          if (widest) counts[sink] = *widest;
        }
      }
      if (needed && !progress) {
        return refuse(
            "Failed to compute number of partitions for all repartition topics. There may be loops in the "
            "topology that cannot be resolved.");
      }
    }
    for (const auto& [id, subtopology] : topology_.subtopologies()) {
      for (const TopicInfo& topic : subtopology.repartition_source_topics) {
        if (counts.contains(topic.name)) continue;
        return refuse(
            "Failed to compute number of partitions for all repartition topics, because a repartition source "
            "topic is never used as a sink topic.");
      }
    }
    decided_ = std::move(counts);
    return true;
  }

  std::optional<std::int32_t> widest_input(const Subtopology& subtopology, const Counts& counts) const {
    std::optional<std::int32_t> widest;
    const auto take = [&widest](std::int32_t count) { widest = std::max(widest.value_or(count), count); };
    for (const TopicInfo& topic : subtopology.repartition_source_topics) {
      if (const auto found = counts.find(topic.name); found != counts.end()) take(found->second);
    }
    for (const std::string& topic : subtopology.source_topics) {
      if (const auto count = partitions_of(topic)) take(*count);
    }
    return widest;
  }

  bool copartition() {
    Counts fixed;
    std::set<std::string> repartition;
    for (const auto& [id, subtopology] : topology_.subtopologies()) {
      for (const TopicInfo& topic : subtopology.repartition_source_topics) {
        repartition.insert(topic.name);
        if (topic.partitions != 0) fixed[topic.name] = partitions_of(topic.name).value_or(topic.partitions);
      }
    }
    for (const auto& [id, subtopology] : topology_.subtopologies()) {
      for (const auto& group : subtopology.copartition_groups) {
        Counts inner;
        Counts outer;
        const auto add = [&](const std::string& topic) {
          (repartition.contains(topic) ? inner : outer)[topic] = partitions_of(topic).value_or(0);
        };
        for (const std::int16_t place : group.source_topics) {
          add(subtopology.source_topics[static_cast<std::size_t>(place)]);
        }
        for (const std::int16_t place : group.repartition_source_topics) {
          add(subtopology.repartition_source_topics[static_cast<std::size_t>(place)].name);
        }
        if (!copartition(inner, outer, fixed)) return false;
      }
    }
    return true;
  }

  // Repartition topics follow the topics that the application does not own; among themselves those with a
  // number of their own, or else the widest.
  bool copartition(const Counts& inner, const Counts& outer, const Counts& fixed) {
    if (inner.empty() && outer.empty()) return true;
    const auto are_equal = [](const Counts& counts) {
      return std::all_of(counts.begin(), counts.end(),
                         [&](const auto& entry) { return entry.second == counts.begin()->second; });
    };
    std::int32_t common = 0;
    if (!outer.empty() || !fixed.empty()) {
      const Counts& leading = outer.empty() ? fixed : outer;
      if (!are_equal(leading)) {
        return stop(StatusCode::kIncorrectlyPartitionedTopics,
                    concat("Following topics do not have the same number of partitions: [",
                           to_text(outer.empty() ? inner : outer), "]"));
      }
      common = leading.begin()->second;
    } else {
      for (const auto& [topic, count] : inner) common = std::max(common, count);
    }
    for (const auto& [topic, count] : inner) {
      decided_[topic] = common;
      if (!fixed.contains(topic) || count == common) continue;
      return stop(StatusCode::kIncorrectlyPartitionedTopics,
                  concat("Number of partitions [", count, "] of repartition topic [", topic,
                         "] doesn't match number of partitions [", common, "] of the source topic."));
    }
    return true;
  }

  std::int32_t tasks_of(const Subtopology& subtopology) const {
    std::int32_t tasks = 0;
    for (const std::string& topic : subtopology.source_topics) {
      tasks = std::max(tasks, partitions_of(topic).value_or(0));
    }
    for (const TopicInfo& topic : subtopology.repartition_source_topics) {
      tasks = std::max(tasks, partitions_of(topic.name).value_or(0));
    }
    return tasks;
  }

  bool count_changelogs() {
    Counts changelogs;
    for (const auto& [id, subtopology] : topology_.subtopologies()) {
      const std::int32_t tasks = tasks_of(subtopology);
      if (tasks <= 0) return refuse(concat("No source topics found for subtopology ", id));
      for (const TopicInfo& topic : subtopology.state_changelog_topics) changelogs[topic.name] = tasks;
    }
    for (const auto& [topic, count] : changelogs) decided_[topic] = count;
    return true;
  }

  InternalTopic internal(const TopicInfo& topic) const {
    InternalTopic out;
    out.name = topic.name;
    out.replication_factor = topic.replication_factor;
    const auto decided = decided_.find(topic.name);
    out.partitions = topic.partitions != 0 || decided == decided_.end() ? topic.partitions : decided->second;
    for (const auto& config : topic.topic_configs) out.configs[config.key] = config.value;
    return out;
  }

  ConfiguredSubtopology configured(const Subtopology& subtopology) const {
    ConfiguredSubtopology out;
    out.tasks = tasks_of(subtopology);
    out.source_topics = {subtopology.source_topics.begin(), subtopology.source_topics.end()};
    out.repartition_sink_topics = {subtopology.repartition_sink_topics.begin(),
                                   subtopology.repartition_sink_topics.end()};
    for (const TopicInfo& topic : subtopology.repartition_source_topics) {
      out.repartition_sources.emplace(topic.name, internal(topic));
    }
    for (const TopicInfo& topic : subtopology.state_changelog_topics) {
      out.changelogs.emplace(topic.name, internal(topic));
    }
    return out;
  }

  bool find_missing(const std::map<std::string, ConfiguredSubtopology>& subtopologies,
                    ConfiguredTopology& out) {
    std::map<std::string, InternalTopic> wanted;
    for (const auto& [id, subtopology] : subtopologies) {
      for (const auto* topics : {&subtopology.repartition_sources, &subtopology.changelogs}) {
        wanted.insert(topics->begin(), topics->end());
      }
    }
    for (const auto& [name, topic] : wanted) {
      const auto known = cluster_.topic(name);
      if (!known) {
        out.missing_topics.push_back(topic);
      } else if (known->partitions != topic.partitions) {
        return stop(StatusCode::kIncorrectlyPartitionedTopics,
                    concat("Existing topic ", name, " has different number of partitions: expected ",
                           topic.partitions, ", found ", known->partitions));
      }
    }
    if (out.missing_topics.empty()) return true;
    out.problem =
        Status{StatusCode::kMissingInternalTopics,
               concat("Internal topics are missing: ",
                      summary(out.missing_topics, [](const InternalTopic& topic) { return topic.name; }))};
    return true;
  }

  const Topology& topology_;
  const consumer::ClusterView& cluster_;
  Counts decided_;
  std::optional<Status> problem_;
  std::optional<std::string> fault_;
};

}  // namespace

Result<ConfiguredTopology, std::string> configure(const Topology& topology,
                                                  const consumer::ClusterView& cluster) {
  return Configuration(topology, cluster).run();
}

}  // namespace barnabas::broker::groups::streams
