#include "broker/api/dispatcher.h"

#include "common/text.h"
#include "protocol/error_code.h"
#include "protocol/messages/api_versions_response.h"
#include "protocol/messages/request_header.h"

namespace barnabas::broker {
namespace {

using protocol::ApiKey;

constexpr std::size_t kFixedHeaderBytes = 8;  // api key, version, correlation id: the same in every version

// Version 0 is the one that every client can read.
void refuse_api_versions(RawReply reply, const ServedApi& served) {
  protocol::ApiVersionsResponse response;
  response.error_code = static_cast<std::int16_t>(protocol::ErrorCode::kUnsupportedVersion);
  auto& range = response.api_keys.emplace_back();
  range.api_key = static_cast<std::int16_t>(served.info->key);
  range.min_version = served.min_version;
  range.max_version = served.max_version;
  reply.send(response);
}

}  // namespace

void Dispatcher::dispatch(std::shared_ptr<ClientConnection> client, SharedBytes frame,
                          std::unique_ptr<ReplySink> sink) const {
  if (frame.size() < kFixedHeaderBytes) return sink->close("a frame shorter than a request header");
  const auto* bytes = frame.view.data();
  const auto key = load_be<std::int16_t>(bytes);
  const auto version = load_be<std::int16_t>(bytes + 2);
  const auto correlation_id = load_be<std::int32_t>(bytes + 4);

  const ServedApi* served = apis_.find(key);
  if (served == nullptr) return sink->close(concat("unknown or unserved api key ", key));
  if (version < served->min_version || version > served->max_version) {
    if (served->info->key == ApiKey::kApiVersions) {
      return refuse_api_versions(
          RawReply(std::move(sink), observer_, *served->info, 0, correlation_id, clock_.monotonic_ns()),
          *served);
    }
    return sink->close(
        concat("api key ", key, " (", served->info->name, ") with unsupported version ", version));
  }

  protocol::Reader reader(frame.view);
  protocol::RequestHeader header;
  if (!header.decode(reader, protocol::request_header_version(*served->info, version)) || reader.failed()) {
    return sink->close(concat("malformed header of a ", served->info->name, " request"));
  }
  RequestContext context;
  context.api_key = served->info->key;
  context.api_version = version;
  context.correlation_id = correlation_id;
  context.client_id = std::move(header.client_id);
  context.client = std::move(client);
  context.frame = std::move(frame);
  const std::int64_t received_ns = context.received_ns = clock_.monotonic_ns();

  RawReply reply(std::move(sink), observer_, *served->info, version, correlation_id, context.received_ns);
  if (!served->handle(context, reader, reply)) {
    reply.close(concat("malformed ", served->info->name, " request, version ", version));
  }
  if (observer_ != nullptr) observer_->handled(served->info->key, received_ns);
}

}  // namespace barnabas::broker
