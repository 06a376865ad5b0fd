#include "broker/metrics/group_metrics.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

#include "common/text.h"

namespace barnabas::broker {
namespace {

constexpr std::chrono::milliseconds kPatience{500};

using groups::GroupState;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

struct Sums {
  double offset = 0, lag = 0;
};

}  // namespace

// All groups as the coordinator described them for one scrape. Shared with the callbacks, which come from any
// thread.
struct GroupMetrics::Survey : std::enable_shared_from_this<GroupMetrics::Survey> {
  struct Group {
    std::size_t members = 0;
    std::vector<groups::FetchedTopic> topics;
  };

  void ask(groups::GroupCoordinator& coordinator) {
    coordinator.list({}, [self = shared_from_this(), &coordinator](groups::ListReply&& reply) {
      if (reply.error != groups::ErrorCode::kNone) return self->give_up();
      self->arrived(0, reply.groups.size() * 2, [&] {
        for (const groups::GroupListing& group : reply.groups) self->groups_by_id[group.group_id];
      });
      self->ask_details(coordinator, reply.groups);
    });
  }

  // False if there is no whole answer: a shard is loading or a write takes its time.
  bool wait() {
    std::unique_lock lock(mutex);
    return complete.wait_for(lock, kPatience, [this] { return failed || (listed && missing == 0); }) &&
           !failed;
  }

  std::mutex mutex;  // guards all below until wait() has returned true
  std::condition_variable complete;
  bool listed = false;
  bool failed = false;
  std::size_t missing = 0;
  std::map<std::string, Group> groups_by_id;

 private:
  void give_up() {
    const std::scoped_lock lock(mutex);
    failed = true;
    complete.notify_all();
  }

  void ask_details(groups::GroupCoordinator& coordinator, const std::vector<groups::GroupListing>& all) {
    for (const groups::GroupListing& group : all) {
      const std::string& id = group.group_id;
      groups::FetchOffsetsCommand command;
      command.group_id = id;
      coordinator.fetch_offsets(
          std::move(command), [self = shared_from_this(), id](groups::FetchOffsetsReply&& reply) {
            self->arrived(1, 0, [&] { self->groups_by_id[id].topics = std::move(reply.topics); });
          });
      const auto count_members = [self = shared_from_this(), id](auto&& described) {
        self->arrived(1, 0, [&] { self->groups_by_id[id].members = described.front().members.size(); });
      };
      if (group.type == groups::consumer::kGroupType) {
        coordinator.describe_consumers({id}, count_members);
      } else if (group.type == groups::share::kGroupType) {
        coordinator.describe_shares({id}, count_members);
      } else if (group.type == groups::streams::kGroupType) {
        coordinator.describe_streams({id}, count_members);
      } else {
        coordinator.describe({id}, count_members);
      }
    }
  }

  template <class Put>
  void arrived(std::size_t answers, std::size_t further, Put put) {
    const std::scoped_lock lock(mutex);
    put();
    listed = true;
    missing = missing + further - answers;
    if (missing == 0) complete.notify_all();
  }
};

void GroupMetrics::write(MetricsWriter& writer) {
  write_counts(writer);
  const auto survey = std::make_shared<Survey>();
  survey->ask(groups_);
  if (survey->wait()) last_ = survey;
  if (last_) write_offsets(writer, *last_);
}

void GroupMetrics::write_counts(MetricsWriter& writer) const {
  const groups::GroupCounts counts = groups_.counts();
  const auto gauge = [&](std::string_view name, std::string_view help, std::size_t value) {
    writer.gauge(concat("kafka_coordinator_group_groupmetadatamanager_", name), help, {},
                 static_cast<double>(value));
  };
  gauge("numgroups", "Groups that this broker coordinates.", counts.groups);
  gauge("numoffsets", "Offsets that groups have committed.", counts.offsets);
  for (std::size_t state = 0; state < counts.classic_by_state.size(); ++state) {
    gauge(concat("numgroups", lower(group_state_name(static_cast<GroupState>(state)))),
          "Classic groups in that state.", counts.classic_by_state[state]);
  }
  const auto count_of = [&](std::string_view protocol, const auto& by_state) {
    writer.gauge("kafka_server_group_coordinator_metrics_group_count", "Groups of that protocol.",
                 {{"protocol", std::string(protocol)}},
                 static_cast<double>(std::accumulate(by_state.begin(), by_state.end(), std::size_t{0})));
  };
  count_of("classic", counts.classic_by_state);
  count_of("consumer", counts.consumer_by_state);
  writer.gauge("kafka_server_group_coordinator_metrics_consumer_group_rebalance_count",
               "Rebalances of consumer groups since this broker coordinates them.", {},
               static_cast<double>(counts.consumer_rebalances));
  // Kafka's consumer-group-count, by state.
  for (std::size_t state = 0; state < counts.consumer_by_state.size(); ++state) {
    const auto name = groups::consumer::group_state_name(static_cast<groups::consumer::GroupState>(state));
    writer.gauge("kafka_server_group_coordinator_metrics_consumer_group_count",
                 "Groups of the consumer protocol in that state.", {{"state", lower(name)}},
                 static_cast<double>(counts.consumer_by_state[state]));
  }
  write_share_counts(writer, counts);
  write_streams_counts(writer, counts);
}

// Kafka's share-group-count, group-count with protocol share, and share-group-rebalance-count.
void GroupMetrics::write_share_counts(MetricsWriter& writer, const groups::GroupCounts& counts) {
  std::size_t all = 0;
  for (std::size_t state = 0; state < counts.share_by_state.size(); ++state) {
    const auto name = groups::share::group_state_name(static_cast<groups::share::GroupState>(state));
    all += counts.share_by_state[state];
    writer.gauge("kafka_server_group_coordinator_metrics_share_group_count", "Share groups in that state.",
                 {{"state", lower(name)}}, static_cast<double>(counts.share_by_state[state]));
  }
  writer.gauge("kafka_server_group_coordinator_metrics_group_count", "Groups of that protocol.",
               {{"protocol", "share"}}, static_cast<double>(all));
  writer.gauge("kafka_server_group_coordinator_metrics_share_group_rebalance_count",
               "Rebalances of share groups since this broker coordinates them.", {},
               static_cast<double>(counts.share_rebalances));
}

// The same of streams groups.
void GroupMetrics::write_streams_counts(MetricsWriter& writer, const groups::GroupCounts& counts) {
  std::size_t all = 0;
  for (std::size_t state = 0; state < counts.streams_by_state.size(); ++state) {
    const auto name = groups::streams::group_state_name(static_cast<groups::streams::GroupState>(state));
    all += counts.streams_by_state[state];
    writer.gauge("kafka_server_group_coordinator_metrics_streams_group_count",
                 "Streams groups in that state.", {{"state", lower(name)}},
                 static_cast<double>(counts.streams_by_state[state]));
  }
  writer.gauge("kafka_server_group_coordinator_metrics_group_count", "Groups of that protocol.",
               {{"protocol", "streams"}}, static_cast<double>(all));
  writer.gauge("kafka_server_group_coordinator_metrics_streams_group_rebalance_count",
               "Rebalances of streams groups since this broker coordinates them.", {},
               static_cast<double>(counts.streams_rebalances));
}

void GroupMetrics::write_offsets(MetricsWriter& writer, const Survey& survey) const {
  for (const auto& [id, group] : survey.groups_by_id) {
    writer.gauge("kafka_consumergroup_members", "Members of the group.", {{"consumergroup", id}},
                 static_cast<double>(group.members));
    for (const auto& topic : group.topics) {
      Sums sums;
      for (const auto& committed : topic.partitions) {
        const auto partition = partitions_.find(topic.name, committed.index);
        if (committed.offset < 0 || !partition) continue;
        const MetricLabels labels{
            {"consumergroup", id}, {"partition", std::to_string(committed.index)}, {"topic", topic.name}};
        const auto offset = static_cast<double>(committed.offset);
        const double lag = std::max(0.0, static_cast<double>((*partition)->log().high_watermark()) - offset);
        writer.gauge("kafka_consumergroup_current_offset", "Offset the group has committed.", labels, offset);
        writer.gauge("kafka_consumergroup_lag", "Records between the committed offset and the end.", labels,
                     lag);
        sums.offset += offset;
        sums.lag += lag;
      }
      const MetricLabels labels{{"consumergroup", id}, {"topic", topic.name}};
      writer.gauge("kafka_consumergroup_current_offset_sum", "Committed offsets of all partitions.", labels,
                   sums.offset);
      writer.gauge("kafka_consumergroup_lag_sum", "Lags of all partitions.", labels, sums.lag);
    }
  }
}

}  // namespace barnabas::broker
