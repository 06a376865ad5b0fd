// Records that come over HTTP, one by one.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "admin/backend.h"

namespace barnabas::broker {
class Broker;
}

namespace barnabas::apps {

// Any thread; lives as long as the endpoint.
class RecordWriter {
 public:
  explicit RecordWriter(broker::Broker& broker) : broker_(broker) {}

  // As a producer with acks=all. Answers before it returns, and wakes those who wait for data after that.
  void write(admin::NewRecord record, admin::Answer<admin::ProducedRecord> answer);

 private:
  std::int32_t choose_partition(const admin::NewRecord& record, std::int32_t count);

  broker::Broker& broker_;
  std::atomic<std::uint32_t> next_keyless_{0};  // records without a key go round
};

// Where Kafka's producers put a key: its murmur2 hash, without the sign, modulo the partitions.
std::int32_t partition_of_key(ByteView key, std::int32_t partitions);

}  // namespace barnabas::apps
