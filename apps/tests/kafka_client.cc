#include "apps/tests/kafka_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

namespace barnabas::apps {

namespace asio = boost::asio;

struct KafkaClient::Connection {
  asio::io_context context;
  asio::ip::tcp::socket socket{context};
};

KafkaClient::KafkaClient(std::uint16_t port) : connection_(std::make_unique<Connection>()) {
  connection_->socket.connect({asio::ip::address_v4::loopback(), port});
}

KafkaClient::~KafkaClient() = default;

Buffer KafkaClient::ask(ByteView request) {
  Buffer size(4);
  store_be(size.data(), static_cast<std::int32_t>(request.size()));
  asio::write(connection_->socket, asio::buffer(size));
  asio::write(connection_->socket, asio::buffer(request.data(), request.size()));
  asio::read(connection_->socket, asio::buffer(size));
  Buffer answer(static_cast<std::size_t>(load_be<std::int32_t>(size.data())));
  asio::read(connection_->socket, asio::buffer(answer));
  return answer;
}

}  // namespace barnabas::apps
