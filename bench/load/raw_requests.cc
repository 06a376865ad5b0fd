#include "bench/load/raw_requests.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "bench/load/frame.h"
#include "common/crc32c.h"

namespace barnabas::bench {
namespace {

constexpr std::int32_t kLargestResponse = 64 << 20;

constexpr std::uint8_t kTransactionalBit = 0x10;

// A batch of magic 2 around one record without a key whose value is "x"; with a producer, the first one of
// its transaction.
Buffer one_record_batch(std::int64_t timestamp_ms, const ProducerIdentity* producer = nullptr) {
  const Buffer record = {0x0e, 0x00, 0x00, 0x00, 0x01, 0x02, 'x', 0x00};
  Buffer batch(61 + record.size());
  std::uint8_t* const at = batch.data();
  store_be<std::int32_t>(at + 8, static_cast<std::int32_t>(49 + record.size()));
  store_be<std::int32_t>(at + 12, -1);
  at[16] = 2;
  store_be(at + 27, timestamp_ms);
  store_be(at + 35, timestamp_ms);
  at[22] = producer ? kTransactionalBit : 0;
  store_be<std::int64_t>(at + 43, producer ? producer->id : -1);
  store_be<std::int16_t>(at + 51, producer ? producer->epoch : static_cast<std::int16_t>(-1));
  store_be<std::int32_t>(at + 53, producer ? 0 : -1);
  store_be<std::int32_t>(at + 57, 1);
  std::copy(record.begin(), record.end(), batch.begin() + 61);
  store_be(batch.data() + 17, crc32c(ByteView(batch).subspan(21)));
  return batch;
}

}  // namespace

Socket::~Socket() {
  if (fd_ >= 0) close(fd_);
}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

bool Socket::connect(std::uint16_t port) {
  if (fd_ >= 0) close(fd_);
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return false;
  const timeval patience{10, 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool Socket::send(ByteView frame) const {
  while (!frame.empty()) {
    const ssize_t sent = ::send(fd_, frame.data(), frame.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    frame = frame.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Socket::receive_exactly(std::uint8_t* to, std::size_t size) const {
  while (size > 0) {
    const ssize_t got = recv(fd_, to, size, 0);
    if (got <= 0) return false;
    to += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

std::optional<Buffer> Socket::receive() const {
  std::uint8_t length[4];
  if (!receive_exactly(length, sizeof length)) return std::nullopt;
  const auto size = load_be<std::int32_t>(length);
  if (size < 4 || size > kLargestResponse) return std::nullopt;
  Buffer frame(static_cast<std::size_t>(size));
  if (!receive_exactly(frame.data(), frame.size())) return std::nullopt;
  return frame;
}

Buffer api_versions_request(std::int32_t correlation) {
  return Frame(18, 0, correlation).take();
}

Buffer metadata_request(std::int32_t correlation, std::string_view topic) {
  return Frame(3, 4, correlation).put<std::int32_t>(1).text(topic).put<std::int8_t>(1).take();
}

Buffer produce_request(std::int32_t correlation, std::string_view topic, std::int64_t timestamp_ms) {
  const Buffer batch = one_record_batch(timestamp_ms);
  return Frame(0, 7, correlation)
      .put<std::int16_t>(-1)  // no transaction
      .put<std::int16_t>(-1)  // acks: all
      .put<std::int32_t>(10'000)
      .put<std::int32_t>(1)
      .text(topic)
      .put<std::int32_t>(1)
      .put<std::int32_t>(0)
      .put(static_cast<std::int32_t>(batch.size()))
      .raw(batch)
      .take();
}

std::optional<std::int16_t> produce_error(ByteView response, std::string_view topic) {
  // Correlation, one topic with its name, one partition with its number, and then the error code.
  const std::size_t at = 4 + 4 + 2 + topic.size() + 4 + 4;
  if (response.size() < at + 2) return std::nullopt;
  return load_be<std::int16_t>(response.data() + at);
}

Buffer producer_id_request(std::int32_t correlation, std::string_view transactional_id) {
  return Frame(22, 5, correlation)
      .tags()
      .compact_text(transactional_id)
      .put<std::int32_t>(60'000)
      .put<std::int64_t>(-1)
      .put<std::int16_t>(-1)
      .tags()
      .take();
}

ProducerIdentity producer_id_answer(ByteView response) {
  // Correlation, tags, throttle time; then error, id and epoch, as EndTxn answers them too.
  if (response.size() < 21) return {.error = -1};
  return {.error = load_be<std::int16_t>(response.data() + 9),
          .id = load_be<std::int64_t>(response.data() + 11),
          .epoch = load_be<std::int16_t>(response.data() + 19)};
}

Buffer transactional_produce_request(std::int32_t correlation, std::string_view transactional_id,
                                     const ProducerIdentity& producer, std::string_view topic,
                                     std::int32_t partition) {
  const Buffer batch = one_record_batch(1, &producer);
  return Frame(0, 12, correlation)
      .tags()
      .compact_text(transactional_id)
      .put<std::int16_t>(-1)  // acks: all
      .put<std::int32_t>(10'000)
      .compact_count(1)
      .compact_text(topic)
      .compact_count(1)
      .put(partition)
      .compact_count(batch.size())
      .raw(batch)
      .tags()
      .tags()
      .tags()
      .take();
}

std::int16_t transactional_produce_error(ByteView response, std::string_view topic) {
  // Correlation, tags, one topic with its name, one partition with its number, and then the error code.
  const std::size_t at = 4 + 1 + 1 + 1 + topic.size() + 1 + 4;
  return response.size() < at + 2 ? std::int16_t{-1} : load_be<std::int16_t>(response.data() + at);
}

Buffer end_transaction_request(std::int32_t correlation, std::string_view transactional_id,
                               const ProducerIdentity& producer) {
  return Frame(26, 5, correlation)
      .tags()
      .compact_text(transactional_id)
      .put(producer.id)
      .put(producer.epoch)
      .put<std::int8_t>(1)  // commit
      .tags()
      .take();
}

ProducerIdentity end_transaction_answer(ByteView response) {
  return producer_id_answer(response);
}

}  // namespace barnabas::bench
