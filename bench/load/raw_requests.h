// A few requests made by hand, for what librdkafka's timers would blur: the first moments of a broker, and a
// thousand connections from one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/bytes.h"

namespace barnabas::bench {

// A socket that blocks; closed in the end. One thread.
class Socket {
 public:
  Socket() = default;
  ~Socket();
  Socket(Socket&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Socket& operator=(Socket&& other) noexcept;

  // False when nobody listens on 127.0.0.1:`port`, or not yet.
  bool connect(std::uint16_t port);
  // Sends a whole frame; false when the connection is gone.
  bool send(ByteView frame) const;
  int fd() const { return fd_; }
  // The next frame without its length; nullopt when the connection is gone or silent for ten seconds.
  std::optional<Buffer> receive() const;

 private:
  bool receive_exactly(std::uint8_t* to, std::size_t size) const;

  int fd_ = -1;
};

// Whole frames, with their lengths.
Buffer api_versions_request(std::int32_t correlation);
// Creates the topic if the broker does so for whoever asks.
Buffer metadata_request(std::int32_t correlation, std::string_view topic);
// One record to partition 0, acks = all.
Buffer produce_request(std::int32_t correlation, std::string_view topic, std::int64_t timestamp_ms);
// The error code of the one partition, or nullopt when the response is something else.
std::optional<std::int16_t> produce_error(ByteView response, std::string_view topic);

// A transactional producer as its coordinator knows it.
struct ProducerIdentity {
  std::int16_t error = 0;
  std::int64_t id = -1;
  std::int16_t epoch = -1;
};
// Transactions of the second version (KIP-890): Produce 12 adds its partition by itself, EndTxn 5 commits and
// answers the epoch of the next transaction.
Buffer producer_id_request(std::int32_t correlation, std::string_view transactional_id);
ProducerIdentity producer_id_answer(ByteView response);
// One record, acks = all.
Buffer transactional_produce_request(std::int32_t correlation, std::string_view transactional_id,
                                     const ProducerIdentity& producer, std::string_view topic,
                                     std::int32_t partition);
std::int16_t transactional_produce_error(ByteView response, std::string_view topic);
Buffer end_transaction_request(std::int32_t correlation, std::string_view transactional_id,
                               const ProducerIdentity& producer);
ProducerIdentity end_transaction_answer(ByteView response);

}  // namespace barnabas::bench
