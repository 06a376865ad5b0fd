// The seam between the network and the protocol: frames of a listener go to the dispatcher.
#pragma once

#include "broker/api/dispatcher.h"
#include "network/connection.h"

namespace barnabas::broker {

// One for the listeners that serve the same APIs; called on the connections' threads. Listeners are bound
// before there is a dispatcher, because their ports are part of what the broker registers: serve() comes
// before they start to accept. The dispatcher outlives the listeners.
class KafkaFrames final : public network::FrameHandler {
 public:
  void serve(const Dispatcher& dispatcher) { dispatcher_ = &dispatcher; }

  void on_open(network::Connection& connection) override;
  void on_frame(network::Connection& connection, SharedBytes frame, network::ResponseSlot slot) override;
  void on_close(network::Connection& connection, std::string_view reason) override;

 private:
  const Dispatcher* dispatcher_ = nullptr;
};

}  // namespace barnabas::broker
