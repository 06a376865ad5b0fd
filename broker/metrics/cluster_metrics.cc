#include "broker/metrics/cluster_metrics.h"

#include <string>

#include "common/text.h"

namespace barnabas::broker {
namespace {

// What the whole cluster adds up to.
struct Totals {
  double active_brokers = 0, fenced_brokers = 0;
  double offline_partitions = 0, not_preferred = 0;
};

// Kafka's BrokerState numbers.
double broker_state(const controller::BrokerRegistration* broker) {
  constexpr double kNotRunning = 0, kStarting = 1, kRunning = 3, kControlledShutdown = 6;
  if (broker == nullptr) return kNotRunning;
  if (broker->in_controlled_shutdown) return kControlledShutdown;
  return broker->fenced ? kStarting : kRunning;
}

bool is_preferred(const controller::PartitionImage& partition) {
  return !partition.replicas.empty() && partition.leader == partition.replicas.front();
}

void write_partition(MetricsWriter& writer, const std::string& topic, std::int32_t number,
                     const controller::PartitionImage& partition) {
  const MetricLabels labels{{"partition", std::to_string(number)}, {"topic", topic}};
  const auto gauge = [&](std::string_view name, std::string_view help, double value) {
    writer.gauge(concat("kafka_topic_partition_", name), help, labels, value);
  };
  gauge("leader", "Broker that leads the partition, -1 for none.", partition.leader);
  gauge("replicas", "Replicas of the partition.", static_cast<double>(partition.replicas.size()));
  gauge("in_sync_replica", "Replicas in sync.", static_cast<double>(partition.isr.size()));
  gauge("leader_is_preferred", "1 if the first replica leads.", is_preferred(partition));
  gauge("under_replicated_partition", "1 if a replica is not in sync.",
        partition.isr.size() < partition.replicas.size());
}

void write_topics(MetricsWriter& writer, const controller::MetadataImage& image, Totals& totals) {
  image.for_each_topic([&](const auto& topic) {
    writer.gauge("kafka_topic_partitions", "Partitions of the topic.", {{"topic", topic->name}},
                 topic->partition_count());
    for (std::int32_t number = 0; number < topic->partition_count(); ++number) {
      const controller::PartitionImage* partition = topic->partition(number);
      if (partition == nullptr) continue;
      totals.offline_partitions += !partition->has_leader();
      totals.not_preferred += !is_preferred(*partition);
      write_partition(writer, topic->name, number, *partition);
    }
  });
}

void write_controller(MetricsWriter& writer, const controller::MetadataImage& image, const Totals& totals,
                      bool is_controller) {
  const auto gauge = [&](std::string_view name, std::string_view help, double value) {
    writer.gauge(concat("kafka_controller_kafkacontroller_", name), help, {}, value);
  };
  gauge("activecontrollercount", "1 on the node that is the active controller.", is_controller);
  gauge("activebrokercount", "Brokers that are not fenced.", totals.active_brokers);
  gauge("fencedbrokercount", "Brokers that are fenced.", totals.fenced_brokers);
  gauge("globaltopiccount", "Topics of the cluster.", static_cast<double>(image.topic_count()));
  gauge("globalpartitioncount", "Partitions of the cluster.", static_cast<double>(image.partition_count()));
  gauge("offlinepartitionscount", "Partitions without a leader.", totals.offline_partitions);
  gauge("preferredreplicaimbalancecount", "Partitions that their first replica does not lead.",
        totals.not_preferred);
}

}  // namespace

void write_cluster_metrics(MetricsWriter& writer, const controller::MetadataImage& image,
                           std::int32_t broker_id) {
  Totals totals;
  for (const auto& [id, broker] : image.brokers())
    ++(broker->fenced ? totals.fenced_brokers : totals.active_brokers);
  write_topics(writer, image, totals);
  write_controller(writer, image, totals, image.controller_id() == broker_id);
  writer.gauge("kafka_brokers", "Brokers that serve.", {}, totals.active_brokers);
  writer.gauge("kafka_server_kafkaserver_brokerstate",
               "State of this broker: 1 starting, 3 running, 6 stopping.", {},
               broker_state(image.broker(broker_id)));
  writer.gauge("kafka_server_raft_metrics_current_leader", "Leader of the metadata quorum.", {},
               image.controller_id());
  writer.gauge("kafka_server_raft_metrics_current_epoch", "Leader epoch of the newest metadata record.", {},
               image.epoch());
  writer.gauge("kafka_server_raft_metrics_high_watermark", "Offset behind the newest committed metadata.", {},
               static_cast<double>(image.offset() + 1));
}

}  // namespace barnabas::broker
