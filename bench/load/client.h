// librdkafka's handles, closed when they go out of scope.
#pragma once

#include <rdkafka.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/load/arguments.h"

namespace barnabas::bench {

struct Release {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
  void operator()(rd_kafka_DeleteTopic_t* topic) const { rd_kafka_DeleteTopic_destroy(topic); }
  void operator()(rd_kafka_ConfigResource_t* resource) const { rd_kafka_ConfigResource_destroy(resource); }
  void operator()(rd_kafka_AdminOptions_t* options) const { rd_kafka_AdminOptions_destroy(options); }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
template <class T>
using Handle = std::unique_ptr<T, Release>;

using Settings = std::vector<std::pair<std::string, std::string>>;

// What a delivery callback counts; given to make_client as its opaque.
struct Deliveries {
  std::int64_t acknowledged = 0;
  std::int64_t failed = 0;
};

// A client with `settings` over --bootstrap, and --set NAME=VALUE over those. Delivery reports are counted in
// `deliveries`, when given, by whoever polls. Throws std::runtime_error.
Handle<rd_kafka_t> make_client(rd_kafka_type_t type, const Arguments& arguments, const Settings& settings,
                               Deliveries* deliveries = nullptr);

// Creates topics, with settings of their own, and waits until every partition has a leader; deletes topics;
// changes settings of one. Throws std::runtime_error.
void create_topics(rd_kafka_t* client, const std::vector<std::string>& names, int partitions,
                   const Settings& settings = {});
void delete_topics(rd_kafka_t* client, const std::vector<std::string>& names);
void change_topic(rd_kafka_t* client, const std::string& name, const Settings& settings);

// Starts to read partition 0 from the beginning; messages come out of the queue that is returned.
Handle<rd_kafka_queue_t> assign_from_beginning(rd_kafka_t* consumer, const std::string& topic);

// Seconds from an arbitrary start, and those of the processor that this process has used.
double now_seconds();
double cpu_seconds();

}  // namespace barnabas::bench
