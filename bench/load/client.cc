#include "bench/load/client.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <thread>

#include "common/text.h"

namespace barnabas::bench {
namespace {

double clock_seconds(clockid_t id) {
  timespec time{};
  clock_gettime(id, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void count_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto* deliveries = static_cast<Deliveries*>(opaque);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++deliveries->acknowledged;
  } else if (deliveries->failed++ == 0) {
    std::fprintf(stderr, "delivery failed: %s\n", rd_kafka_err2str(message->err));
  }
}

void check_results(const rd_kafka_topic_result_t* const* results, std::size_t count, const char* what) {
  for (std::size_t i = 0; i < count; ++i) {
    if (rd_kafka_topic_result_error(results[i]) == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    const char* reason = rd_kafka_topic_result_error_string(results[i]);
    throw std::runtime_error(
        concat(what, " ", rd_kafka_topic_result_name(results[i]), ": ", reason ? reason : "failed"));
  }
}

Handle<rd_kafka_event_t> wait_for(rd_kafka_queue_t* queue, const char* what) {
  Handle<rd_kafka_event_t> event(rd_kafka_queue_poll(queue, 180'000));
  if (!event) throw std::runtime_error(concat(what, " took too long"));
  if (rd_kafka_event_error(event.get())) {
    throw std::runtime_error(concat(what, ": ", rd_kafka_event_error_string(event.get())));
  }
  return event;
}

Handle<rd_kafka_AdminOptions_t> patient(rd_kafka_t* client, rd_kafka_admin_op_t operation) {
  Handle<rd_kafka_AdminOptions_t> options(rd_kafka_AdminOptions_new(client, operation));
  char error[256];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), 170'000, error, sizeof error);
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), 160'000, error, sizeof error);
  return options;
}

bool all_have_leaders(const rd_kafka_metadata_t& metadata, const std::vector<std::string>& names,
                      int partitions) {
  std::size_t ready = 0;
  for (int i = 0; i < metadata.topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& topic = metadata.topics[i];
    if (std::find(names.begin(), names.end(), topic.topic) == names.end()) continue;
    int led = 0;
    for (int j = 0; j < topic.partition_cnt; ++j) led += topic.partitions[j].leader >= 0;
    ready += topic.err == RD_KAFKA_RESP_ERR_NO_ERROR && led == partitions;
  }
  return ready == names.size();
}

}  // namespace

double now_seconds() {
  return clock_seconds(CLOCK_MONOTONIC);
}

double cpu_seconds() {
  return clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
}

Handle<rd_kafka_t> make_client(rd_kafka_type_t type, const Arguments& arguments, const Settings& settings,
                               Deliveries* deliveries) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char error[256] = "";
  const auto set = [&](const std::string& name, const std::string& value) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof error) == RD_KAFKA_CONF_OK) return;
    rd_kafka_conf_destroy(conf);
    throw std::runtime_error(error);
  };
  set("bootstrap.servers", arguments.text("bootstrap"));
  set("log_level", "2");  // what fails is said by whoever called
  for (const auto& [name, value] : settings) set(name, value);
  for (const std::string& pair : arguments.all("set")) {
    const std::size_t equals = pair.find('=');
    set(pair.substr(0, equals), equals == std::string::npos ? "" : pair.substr(equals + 1));
  }
  if (deliveries) {
    rd_kafka_conf_set_opaque(conf, deliveries);
    rd_kafka_conf_set_dr_msg_cb(conf, count_delivery);
  }
  Handle<rd_kafka_t> client(rd_kafka_new(type, conf, error, sizeof error));
  if (!client) {
    rd_kafka_conf_destroy(conf);
    throw std::runtime_error(error);
  }
  return client;
}

void create_topics(rd_kafka_t* client, const std::vector<std::string>& names, int partitions,
                   const Settings& settings) {
  char error[256];
  std::vector<Handle<rd_kafka_NewTopic_t>> topics;
  std::vector<rd_kafka_NewTopic_t*> raw;
  for (const std::string& name : names) {
    topics.emplace_back(rd_kafka_NewTopic_new(name.c_str(), partitions, 1, error, sizeof error));
    if (!topics.back()) throw std::runtime_error(error);
    // A deleted topic gives its pages back soon, so that rounds do not push each other out of memory.
    rd_kafka_NewTopic_set_config(topics.back().get(), "file.delete.delay.ms", "1000");
    for (const auto& [key, value] : settings)
      rd_kafka_NewTopic_set_config(topics.back().get(), key.c_str(), value.c_str());
    raw.push_back(topics.back().get());
  }
  const Handle<rd_kafka_queue_t> queue(rd_kafka_queue_new(client));
  const auto options = patient(client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_CreateTopics(client, raw.data(), raw.size(), options.get(), queue.get());
  const auto event = wait_for(queue.get(), "CreateTopics");
  std::size_t count = 0;
  const auto* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  check_results(results, count, "create");
  while (true) {
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto failed = rd_kafka_metadata(client, 1, nullptr, &metadata, 60'000);
    if (failed) throw std::runtime_error(concat("Metadata: ", rd_kafka_err2str(failed)));
    const bool ready = all_have_leaders(*metadata, names, partitions);
    rd_kafka_metadata_destroy(metadata);
    if (ready) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void change_topic(rd_kafka_t* client, const std::string& name, const Settings& settings) {
  const Handle<rd_kafka_ConfigResource_t> resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
  for (const auto& [key, value] : settings)
    rd_kafka_error_destroy(rd_kafka_ConfigResource_add_incremental_config(
        resource.get(), key.c_str(), RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET, value.c_str()));
  rd_kafka_ConfigResource_t* raw[] = {resource.get()};
  const Handle<rd_kafka_queue_t> queue(rd_kafka_queue_new(client));
  const auto options = patient(client, RD_KAFKA_ADMIN_OP_INCREMENTALALTERCONFIGS);
  rd_kafka_IncrementalAlterConfigs(client, raw, 1, options.get(), queue.get());
  const auto event = wait_for(queue.get(), "IncrementalAlterConfigs");
  std::size_t count = 0;
  const auto* results = rd_kafka_IncrementalAlterConfigs_result_resources(
      rd_kafka_event_IncrementalAlterConfigs_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i)
    if (const auto failed = rd_kafka_ConfigResource_error(results[i]))
      throw std::runtime_error(concat("cannot change ", name, ": ", rd_kafka_err2str(failed)));
}

void delete_topics(rd_kafka_t* client, const std::vector<std::string>& names) {
  std::vector<Handle<rd_kafka_DeleteTopic_t>> topics;
  std::vector<rd_kafka_DeleteTopic_t*> raw;
  for (const std::string& name : names) {
    topics.emplace_back(rd_kafka_DeleteTopic_new(name.c_str()));
    raw.push_back(topics.back().get());
  }
  const Handle<rd_kafka_queue_t> queue(rd_kafka_queue_new(client));
  const auto options = patient(client, RD_KAFKA_ADMIN_OP_DELETETOPICS);
  rd_kafka_DeleteTopics(client, raw.data(), raw.size(), options.get(), queue.get());
  const auto event = wait_for(queue.get(), "DeleteTopics");
  std::size_t count = 0;
  const auto* results =
      rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
  check_results(results, count, "delete");
}

Handle<rd_kafka_queue_t> assign_from_beginning(rd_kafka_t* consumer, const std::string& topic) {
  const Handle<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_poll_set_consumer(consumer);
  Handle<rd_kafka_queue_t> queue(rd_kafka_queue_get_consumer(consumer));
  if (const auto failed = rd_kafka_assign(consumer, list.get())) {
    throw std::runtime_error(concat("assign: ", rd_kafka_err2str(failed)));
  }
  return queue;
}

}  // namespace barnabas::bench
