#include "apps/tests/running_server.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "apps/server_config.h"
#include "common/text.h"

namespace barnabas::apps {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

constexpr std::string_view kHttp = "http://127.0.0.1:";
constexpr std::string_view kKafka = "PLAINTEXT://127.0.0.1:";

std::filesystem::path fresh_directory() {
  std::string path = testing::TempDir() + "barnabas-server-XXXXXX";
  EXPECT_NE(::mkdtemp(path.data()), nullptr);
  return path;
}

}  // namespace

RunningServer::RunningServer(broker::ConfigTexts more) : directory_(fresh_directory()) {
  broker::ConfigTexts texts = embedded_defaults();
  texts["log.dirs"] = directory_.string();
  texts["listeners"] = "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0";
  texts["admin.listeners"] = "http://127.0.0.1:0";
  texts["num.network.threads"] = "1";
  texts["offsets.topic.num.partitions"] = "2";
  texts["offsets.topic.replication.factor"] = "1";
  for (auto& [key, value] : more) texts[key] = value;
  server_ = std::make_unique<Server>(std::move(texts));
  const auto started = server_->start();
  EXPECT_TRUE(started) << (started ? "" : started.error());
  for (const std::string& address : server_->addresses()) {
    const auto port_behind = [&](std::string_view start, std::uint16_t& port) {
      if (address.starts_with(start)) {
        port = parse_number<std::uint16_t>(address.substr(start.size())).value_or(0);
      }
    };
    port_behind(kHttp, http_port_);
    port_behind(kKafka, kafka_port_);
  }
}

RunningServer::~RunningServer() {
  server_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string RunningServer::in_cluster(std::string_view path) const {
  return concat("/v3/clusters/", server_->cluster_id(), path);
}

HttpReply RunningServer::ask(std::string_view method, std::string_view target, std::string_view body) const {
  asio::io_context context;
  boost::beast::tcp_stream stream(context);
  stream.connect({asio::ip::address_v4::loopback(), http_port_});
  http::request<http::string_body> request;
  request.method_string({method.data(), method.size()});
  request.target({target.data(), target.size()});
  request.set(http::field::host, concat("127.0.0.1:", http_port_));
  request.keep_alive(false);
  if (!body.empty()) request.set(http::field::content_type, "application/json");
  request.body() = body;
  request.prepare_payload();
  http::write(stream, request);
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> response;
  http::read(stream, buffer, response);
  return {response.result_int(), std::move(response.body())};
}

}  // namespace barnabas::apps
