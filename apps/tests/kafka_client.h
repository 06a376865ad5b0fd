// Requests of Kafka's protocol to a server under test, one at a time.
#pragma once

#include <cstdint>
#include <memory>

#include "common/bytes.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace barnabas::apps {

// One connection to 127.0.0.1. Throws what Asio throws when it is gone.
class KafkaClient {
 public:
  explicit KafkaClient(std::uint16_t port);
  ~KafkaClient();
  KafkaClient(const KafkaClient&) = delete;

  // Sends a request, header included, and returns the answer, correlation id included.
  Buffer ask(ByteView request);

  // A request and its answer in flexible versions.
  template <class Response, class Request>
  Response call(const Request& request, std::int16_t version) {
    protocol::Writer writer;
    writer.int16(static_cast<std::int16_t>(Request::kApiKey));
    writer.int16(version);
    writer.int32(1);
    writer.string("test", false);
    writer.unsigned_varint(0);  // tags of the header
    request.encode(writer, version);
    const Buffer answer = ask(writer.finish_buffer());
    protocol::Reader reader(ByteView(answer).subspan(5));  // correlation id and tags
    Response response;
    response.decode(reader, version);
    return response;
  }

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace barnabas::apps
