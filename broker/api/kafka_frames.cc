#include "broker/api/kafka_frames.h"

#include "common/text.h"

namespace barnabas::broker {
namespace {

class SlotSink final : public ReplySink {
 public:
  explicit SlotSink(network::ResponseSlot slot) : slot_(std::move(slot)) {}
  void send(Payload response) override { slot_.send(std::move(response)); }
  void send_nothing() override { slot_.send_nothing(); }
  void close(std::string_view reason) override { slot_.close(std::string(reason)); }

 private:
  network::ResponseSlot slot_;
};

}  // namespace

void KafkaFrames::on_open(network::Connection& connection) {
  const network::ConnectionInfo& info = connection.info();
  auto client = std::make_shared<ClientConnection>();
  client->connection_id = concat(info.local_address, ":", info.local_port, "-", info.peer_address, ":",
                                 info.peer_port, "-", info.id);
  client->listener = info.listener;
  client->peer_address = info.peer_address;
  client->peer_port = info.peer_port;
  client->local_address = info.local_address;
  client->local_port = info.local_port;
  connection.session = std::move(client);
}

void KafkaFrames::on_frame(network::Connection& connection, SharedBytes frame, network::ResponseSlot slot) {
  dispatcher_->dispatch(std::static_pointer_cast<ClientConnection>(connection.session), std::move(frame),
                        std::make_unique<SlotSink>(std::move(slot)));
}

void KafkaFrames::on_close(network::Connection& connection, std::string_view /*reason*/) {
  const auto client = std::static_pointer_cast<ClientConnection>(connection.session);
  if (client && client->on_close) std::exchange(client->on_close, nullptr)();
}

}  // namespace barnabas::broker
