// Requests to a dispatcher as bytes, and their answers decoded: what a connection would do, without one.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "broker/api/dispatcher.h"
#include "protocol/header.h"
#include "protocol/messages/request_header.h"
#include "protocol/messages/response_header.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace barnabas::broker::testing {

// What became of one request.
struct Outcome {
  std::optional<Buffer> response;
  bool nothing = false;
  std::optional<std::string> closed;
  bool answered() const { return response || nothing || closed; }
};

class OutcomeSink final : public ReplySink {
 public:
  explicit OutcomeSink(std::shared_ptr<Outcome> outcome) : outcome_(std::move(outcome)) {}
  void send(Payload response) override { outcome_->response = response.to_buffer(); }
  void send_nothing() override { outcome_->nothing = true; }
  void close(std::string_view reason) override { outcome_->closed = std::string(reason); }

 private:
  std::shared_ptr<Outcome> outcome_;
};

// A client of a dispatcher.
class Caller {
 public:
  explicit Caller(const Dispatcher& dispatcher)
      : dispatcher_(dispatcher), client_(std::make_shared<ClientConnection>()) {
    client_->listener = "PLAINTEXT";
    client_->peer_address = "127.0.0.1";
  }

  ClientConnection& client() { return *client_; }

  std::shared_ptr<Outcome> send_bytes(Buffer frame) {
    auto outcome = std::make_shared<Outcome>();
    dispatcher_.dispatch(client_, SharedBytes::own(std::move(frame)), std::make_unique<OutcomeSink>(outcome));
    return outcome;
  }

  template <class Request>
  static Buffer frame(const Request& request, std::int16_t version, std::int32_t correlation_id = 7) {
    const auto& api = *protocol::find_api(static_cast<std::int16_t>(Request::kApiKey));
    protocol::Writer writer;
    protocol::RequestHeader header;
    header.request_api_key = static_cast<std::int16_t>(Request::kApiKey);
    header.request_api_version = version;
    header.correlation_id = correlation_id;
    header.client_id = "tester";
    header.encode(writer, protocol::request_header_version(api, version));
    request.encode(writer, version);
    EXPECT_FALSE(writer.failed()) << writer.error();
    return writer.finish().to_buffer();
  }

  template <class Request>
  std::shared_ptr<Outcome> send(const Request& request, std::int16_t version) {
    return send_bytes(frame(request, version));
  }

  // Decodes an answer; fails the test if there is none or bytes are left over.
  template <class Response>
  static Response decode(const Outcome& outcome, std::int16_t version) {
    Response response;
    if (!outcome.response) {
      ADD_FAILURE() << "no response: " << outcome.closed.value_or("still waiting");
      return response;
    }
    const auto& api = *protocol::find_api(static_cast<std::int16_t>(Response::kApiKey));
    protocol::Reader reader(*outcome.response);
    protocol::ResponseHeader header;
    EXPECT_TRUE(header.decode(reader, protocol::response_header_version(api, version)));
    EXPECT_EQ(header.correlation_id, 7);
    EXPECT_TRUE(response.decode(reader, version)) << reader.error();
    EXPECT_EQ(reader.remaining(), 0u);
    // Records are views of the response's bytes, which the outcome keeps.
    return response;
  }

  template <class Response, class Request>
  Response call(const Request& request, std::int16_t version) {
    last_ = send(request, version);
    return decode<Response>(*last_, version);
  }

 private:
  const Dispatcher& dispatcher_;
  std::shared_ptr<ClientConnection> client_;
  std::shared_ptr<Outcome> last_;  // keeps what the last response borrows from
};

}  // namespace barnabas::broker::testing
