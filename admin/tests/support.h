// A server over the fake backend.
#pragma once

#include <gtest/gtest.h>

#include "admin/api.h"
#include "admin/server.h"
#include "admin/tests/client.h"
#include "admin/tests/fake_backend.h"

namespace barnabas::admin {

struct ApiTest : testing::Test {
  explicit ApiTest(ServerOptions options = {}) : router(make_api(backend)) {
    options.listeners = {"http://127.0.0.1:0"};
    auto started = Server::start(std::move(options), router);
    EXPECT_TRUE(started.has_value()) << (started ? "" : started.error());
    server = std::move(*started);
  }
  ~ApiTest() override { server->stop(); }

  std::uint16_t port() const { return server->ports().front(); }
  Reply get(std::string_view path) { return ask("GET", path); }
  Reply ask(std::string_view method, std::string_view path, std::string_view body = {},
            const std::vector<std::string>& headers = {}) {
    return HttpClient(port()).ask(method, path, body, headers);
  }
  std::string url(std::string_view path) const { return concat("http://localhost:", port(), path); }
  void expect_error(const Reply& reply, int status, int code, std::string_view message) {
    EXPECT_EQ(reply.status, status) << reply.body;
    EXPECT_EQ(reply.json(), (Json{{"error_code", code}, {"message", message}}));
    EXPECT_EQ(reply.headers.at("content-type"), "application/json");
  }

  FakeBackend backend;
  Router router;
  std::unique_ptr<Server> server;
};

}  // namespace barnabas::admin
