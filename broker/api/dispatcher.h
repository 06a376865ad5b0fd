// From the bytes of a frame to the handler of its API: header, version, decoding, refusal.
#pragma once

#include <memory>

#include "broker/api/api_table.h"
#include "common/clock.h"

namespace barnabas::broker {

// Stateless but for metrics; every network thread calls it.
class Dispatcher {
 public:
  // All must outlive the dispatcher; `observer` may be null.
  Dispatcher(const ApiTable& apis, const Clock& clock, ReplyObserver* observer)
      : apis_(apis), clock_(clock), observer_(observer) {}

  // Runs the handler of the request in `frame` (without its length) to completion or until it parks. A frame
  // that is no request this broker can answer closes the connection, as Kafka does; only ApiVersions at an
  // unknown version is answered (KIP-511), so that a newer client can step down.
  void dispatch(std::shared_ptr<ClientConnection> client, SharedBytes frame,
                std::unique_ptr<ReplySink> sink) const;

 private:
  const ApiTable& apis_;
  const Clock& clock_;
  ReplyObserver* observer_;
};

}  // namespace barnabas::broker
