// The place in a connection's order of responses that belongs to one request.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "common/payload.h"

namespace barnabas::network {

// What became of a request: bytes to send, nothing to send, or the end of the connection.
struct ResponseOutcome {
  enum class Kind : std::uint8_t { kSend, kNothing, kClose };
  Kind kind = Kind::kNothing;
  Payload payload;
  std::string reason;
};

// Where slots report to. A connection implements it; tests of layers above may too. Any thread.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  virtual void complete(std::uint64_t sequence, ResponseOutcome outcome) = 0;
};

// Move-only and used once, from any thread; the first of the calls below counts, the rest are ignored. Once
// the connection is gone every call is a no-op. A slot destroyed without an answer closes the connection,
// since its client would wait forever.
class ResponseSlot {
 public:
  ResponseSlot() = default;
  ResponseSlot(std::shared_ptr<ResponseSink> sink, std::uint64_t sequence)
      : sink_(std::move(sink)), sequence_(sequence) {}
  ResponseSlot(ResponseSlot&&) noexcept = default;
  ResponseSlot& operator=(ResponseSlot&& other) noexcept {
    if (this != &other) {
      drop();
      sink_ = std::move(other.sink_);
      sequence_ = other.sequence_;
    }
    return *this;
  }
  ~ResponseSlot() { drop(); }

  // Sends `payload` as one frame: the four bytes of length are added here. Responses leave in the order of
  // their requests. File slices are read after this call returns: their owner keeps the file open.
  void send(Payload payload) { finish({ResponseOutcome::Kind::kSend, std::move(payload), {}}); }
  // The request has no response (Produce with acks=0).
  void send_nothing() { finish({ResponseOutcome::Kind::kNothing, {}, {}}); }
  // Sends what earlier requests have to answer, then closes the connection and logs `reason`.
  void close(std::string reason) { finish({ResponseOutcome::Kind::kClose, {}, std::move(reason)}); }

  bool pending() const { return sink_ != nullptr; }

 private:
  void finish(ResponseOutcome outcome) {
    if (const auto sink = std::exchange(sink_, nullptr)) sink->complete(sequence_, std::move(outcome));
  }
  void drop() {
    if (sink_) close("a request was dropped without an answer");
  }

  std::shared_ptr<ResponseSink> sink_;
  std::uint64_t sequence_ = 0;
};

}  // namespace barnabas::network
