#include "broker/metrics/topic_metrics.h"

#include <mutex>

#include "common/text.h"

namespace barnabas::broker {
namespace {

struct Name {
  std::string_view name;
  std::string_view help;
};
// In the order of Counters' members.
constexpr Name kNames[] = {
    {"messagesin", "Records appended."},
    {"bytesin", "Bytes of batches appended."},
    {"bytesout", "Bytes of batches fetched."},
    {"bytesrejected", "Bytes of batches that were refused."},
    {"totalproducerequests", "Partitions named in Produce requests."},
    {"totalfetchrequests", "Partitions read for Fetch requests with data or an error."},
    {"failedproducerequests", "Partitions whose produce was refused."},
    {"failedfetchrequests", "Partitions whose fetch was refused."},
};

// In the order of ShareCounters' members.
constexpr Name kShareNames[] = {
    {"totalsharefetchrequests", "ShareFetch requests that named the topic."},
    {"failedsharefetchrequests", "ShareFetch requests that failed for a partition of the topic."},
    {"totalshareacknowledgementrequests", "Requests that acknowledged records of the topic."},
    {"failedshareacknowledgementrequests", "Requests whose acknowledgements for the topic were refused."},
};

std::string full_name(std::string_view name) {
  return concat("kafka_server_brokertopicmetrics_", name, "_total");
}

MetricLabels labels_of(const std::string& topic) {
  return topic.empty() ? MetricLabels{} : MetricLabels{{"topic", topic}};
}

}  // namespace

std::shared_ptr<const TopicMetrics::Counters> TopicMetrics::make(const std::string& topic) {
  const auto counter = [&](std::size_t index) {
    return registry_.counter(full_name(kNames[index].name), kNames[index].help, labels_of(topic));
  };
  return std::make_shared<Counters>(Counters{counter(0), counter(1), counter(2), counter(3), counter(4),
                                             counter(5), counter(6), counter(7)});
}

std::shared_ptr<const TopicMetrics::Counters> TopicMetrics::of(std::string_view topic) {
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = topics_.find(topic); found != topics_.end()) return found->second;
  }
  auto made = make(std::string(topic));
  const std::unique_lock lock(mutex_);
  return topics_.try_emplace(std::string(topic), std::move(made)).first->second;
}

std::shared_ptr<const TopicMetrics::ShareCounters> TopicMetrics::make_shares(const std::string& topic) {
  const auto counter = [&](std::size_t index) {
    return registry_.counter(full_name(kShareNames[index].name), kShareNames[index].help, labels_of(topic));
  };
  return std::make_shared<ShareCounters>(ShareCounters{counter(0), counter(1), counter(2), counter(3)});
}

std::shared_ptr<const TopicMetrics::ShareCounters> TopicMetrics::shares_of(std::string_view topic) {
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = shares_.find(topic); found != shares_.end()) return found->second;
  }
  auto made = make_shares(std::string(topic));
  const std::unique_lock lock(mutex_);
  return shares_.try_emplace(std::string(topic), std::move(made)).first->second;
}

void TopicMetrics::produced(std::string_view topic, std::int64_t messages, std::int64_t bytes) {
  const auto own = of(topic);
  for (const auto* counters : {all_.get(), own.get()}) {
    counters->messages_in->add(messages);
    counters->bytes_in->add(bytes);
    counters->produce_requests->add();
  }
}

void TopicMetrics::produce_failed(std::string_view topic, std::int64_t bytes) {
  const auto own = of(topic);
  for (const auto* counters : {all_.get(), own.get()}) {
    counters->bytes_rejected->add(bytes);
    counters->produce_requests->add();
    counters->failed_produce_requests->add();
  }
}

void TopicMetrics::fetched(std::string_view topic, std::int64_t bytes) {
  const auto own = of(topic);
  for (const auto* counters : {all_.get(), own.get()}) {
    counters->bytes_out->add(bytes);
    counters->fetch_requests->add();
  }
}

void TopicMetrics::fetch_failed(std::string_view topic) {
  const auto own = of(topic);
  for (const auto* counters : {all_.get(), own.get()}) {
    counters->fetch_requests->add();
    counters->failed_fetch_requests->add();
  }
}

void TopicMetrics::share_fetched(std::string_view topic, bool failed) {
  const auto own = shares_of(topic);
  for (const auto* counters : {all_shares_.get(), own.get()}) {
    counters->fetches->add();
    if (failed) counters->failed_fetches->add();
  }
}

void TopicMetrics::share_acknowledged(std::string_view topic, bool failed) {
  const auto own = shares_of(topic);
  for (const auto* counters : {all_shares_.get(), own.get()}) {
    counters->acknowledgements->add();
    if (failed) counters->failed_acknowledgements->add();
  }
}

void TopicMetrics::forget(const std::string& topic) {
  {
    const std::unique_lock lock(mutex_);
    topics_.erase(topic);
    shares_.erase(topic);
  }
  for (const auto& name : kNames) registry_.remove(full_name(name.name), labels_of(topic));
  for (const auto& name : kShareNames) registry_.remove(full_name(name.name), labels_of(topic));
}

}  // namespace barnabas::broker
