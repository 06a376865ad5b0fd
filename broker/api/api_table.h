// The one list of what this broker serves: API key -> versions and handler. ApiVersions, the dispatcher and
// the metrics' names all come from it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "common/assert.h"
#include "protocol/api_key.h"
#include "protocol/api_list.h"
#include "protocol/wire/reader.h"

namespace barnabas::broker {

struct ServedApi {
  const protocol::ApiInfo* info = nullptr;
  std::int16_t min_version = 0;
  std::int16_t max_version = 0;
  // Decodes the body and answers. False if the body is malformed; the reply is then untouched.
  std::function<bool(const RequestContext&, protocol::Reader&, RawReply&)> handle;
};

// Filled at start-up by one thread, constant and shared by all threads afterwards.
class ApiTable {
 public:
  // Serves `Request` at every version that Kafka 4.3 serves.
  //   handler: void(const RequestContext&, Request&&, Reply<Response>)
  template <class Request, class Response, class Handler>
  void add(Handler handler) {
    const protocol::ApiInfo* info = protocol::find_api(static_cast<std::int16_t>(Request::kApiKey));
    ASSERT(info != nullptr);
    const auto newest = static_cast<std::int16_t>(info->kafka_max_version - (info->kafka_hides_last ? 1 : 0));
    add<Request, Response>(info->kafka_min_version, newest, std::move(handler));
  }
  template <class Request, class Response, class Handler>
  void add(std::int16_t min_version, std::int16_t max_version, Handler handler) {
    static_assert(Request::kApiKey == Response::kApiKey);
    const protocol::ApiInfo* info = protocol::find_api(static_cast<std::int16_t>(Request::kApiKey));
    ASSERT(info != nullptr && info->knows(min_version) && info->knows(max_version));
    insert({info, min_version, max_version,
            [handler = std::move(handler)](const RequestContext& context, protocol::Reader& reader,
                                           RawReply& reply) {
              Request request;
              // Bytes after the body are passed over, as Kafka does: librdkafka 2.15 leaves three behind a
              // Metadata request for all topics.
              if (!request.decode(reader, context.api_version) || reader.failed()) {
                return false;
              }
              handler(context, std::move(request), Reply<Response>(std::move(reply)));
              return true;
            }});
  }

  // Serves what `other` serves on controllers' listeners, with the same handlers; ApiVersions, which speaks
  // of its own table, is the caller's to add.
  void add_controller_apis_of(const ApiTable& other);

  // Null if the key is not served.
  const ServedApi* find(std::int16_t key) const;
  // In rising order of keys.
  std::vector<const ServedApi*> all() const;

 private:
  void insert(ServedApi api);
  std::array<ServedApi, 128> apis_{};
  std::array<bool, 128> served_{};
};

}  // namespace barnabas::broker
