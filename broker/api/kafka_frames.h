// The seam between the network and the protocol: frames of a listener go to the dispatcher.
#pragma once

#include "broker/api/dispatcher.h"
#include "network/connection.h"

namespace barnabas::broker {

// One for all listeners; called on the connections' threads. The dispatcher outlives it.
class KafkaFrames final : public network::FrameHandler {
 public:
  explicit KafkaFrames(const Dispatcher& dispatcher) : dispatcher_(dispatcher) {}

  void on_open(network::Connection& connection) override;
  void on_frame(network::Connection& connection, SharedBytes frame, network::ResponseSlot slot) override;

 private:
  const Dispatcher& dispatcher_;
};

}  // namespace barnabas::broker
