// The answer a request waits for: made once, from any thread, at once or later.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "common/assert.h"
#include "common/payload.h"
#include "protocol/api_list.h"
#include "protocol/header.h"
#include "protocol/messages/response_header.h"
#include "protocol/wire/writer.h"

namespace barnabas::broker {

// Where the bytes of an answer go: the connection's slot in the broker, a test's variable.
class ReplySink {
 public:
  virtual ~ReplySink() = default;
  // `response` is the whole frame without its length. Called once at most, from any thread.
  virtual void send(Payload response) = 0;
  // The request wants no answer (Produce with acks=0).
  virtual void send_nothing() = 0;
  // The connection cannot go on; `reason` goes to the log.
  virtual void close(std::string_view reason) = 0;
};

// Told of every answer, on the thread that gave it. Must be quick.
class ReplyObserver {
 public:
  virtual ~ReplyObserver() = default;
  virtual void replied(protocol::ApiKey key, std::int16_t version, std::int64_t received_ns,
                       std::size_t response_bytes) = 0;
  // An error code of an answer, 0 too; before its replied().
  virtual void answered(protocol::ApiKey key, std::int16_t error_code) = 0;
  // The handler has returned: the request is answered or parked.
  virtual void handled(protocol::ApiKey key, std::int64_t received_ns) = 0;
};

// A ReplySink with the header it has to write first. Move-only; one of the three verbs is called exactly
// once. A reply that is dropped unanswered closes the connection: a client must never wait for nothing.
class RawReply {
 public:
  // `observer` may be null and must outlive the reply; `received_ns` is when the request was whole.
  RawReply(std::unique_ptr<ReplySink> sink, ReplyObserver* observer, const protocol::ApiInfo& api,
           std::int16_t version, std::int32_t correlation_id, std::int64_t received_ns)
      : sink_(std::move(sink)),
        observer_(observer),
        api_(&api),
        version_(version),
        correlation_id_(correlation_id),
        received_ns_(received_ns) {}
  RawReply(RawReply&&) noexcept = default;
  RawReply& operator=(RawReply&&) noexcept = default;
  ~RawReply() {
    if (sink_) sink_->close("the request was dropped without an answer");
  }

  std::int16_t version() const { return version_; }

  template <class Response>
  void send(const Response& response) {
    protocol::Writer writer;
    protocol::ResponseHeader header;
    header.correlation_id = correlation_id_;
    header.encode(writer, protocol::response_header_version(*api_, version_));
    response.encode(writer, version_);
    Payload bytes = writer.finish();
    if (observer_ != nullptr) count_errors(response);
    if (observer_ != nullptr) observer_->replied(api_->key, version_, received_ns_, bytes.size());
    take_sink()->send(std::move(bytes));
  }
  void send_nothing() {
    if (observer_ != nullptr) observer_->replied(api_->key, version_, received_ns_, 0);
    take_sink()->send_nothing();
  }
  void close(std::string_view reason) { take_sink()->close(reason); }

 private:
  template <class Response>
  void count_errors(const Response& response) {
    const auto count = [this](std::int16_t code) { observer_->answered(api_->key, code); };
    if constexpr (requires { response.for_each_error(count); }) response.for_each_error(count);
  }
  std::unique_ptr<ReplySink> take_sink() {
    ASSERT(sink_ != nullptr);
    return std::move(sink_);
  }

  std::unique_ptr<ReplySink> sink_;
  ReplyObserver* observer_;
  const protocol::ApiInfo* api_;
  std::int16_t version_;
  std::int32_t correlation_id_;
  std::int64_t received_ns_;
};

// A RawReply that takes one kind of response.
template <class Response>
class Reply {
 public:
  explicit Reply(RawReply raw) : raw_(std::move(raw)) {}
  std::int16_t version() const { return raw_.version(); }
  void send(const Response& response) { raw_.send(response); }
  void send_nothing() { raw_.send_nothing(); }
  void close(std::string_view reason) { raw_.close(reason); }

 private:
  RawReply raw_;
};

}  // namespace barnabas::broker
