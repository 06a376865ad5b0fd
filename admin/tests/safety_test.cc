// Who is refused, and what a server survives.
#include <thread>

#include "admin/gate.h"
#include "admin/tests/support.h"

namespace barnabas::admin {
namespace {

constexpr std::string_view kTopics = "/v3/clusters/cluster-1/topics";
constexpr std::string_view kNewTopic = R"({"topic_name": "new"})";

using Safety = ApiTest;

TEST_F(Safety, ForeignHostNamesAreRefused) {
  for (const char* host :
       {"Host: evil.example", "Host: evil.example:9080", "Host: localhost.evil.example", "Host:"})
    EXPECT_EQ(ask("GET", "/livez", "", {host}).status, 403) << host;
  for (const char* host :
       {"Host: localhost", "Host: LOCALHOST:1", "Host: 127.0.0.1:9080", "Host: [::1]:9080", "Host: 10.0.0.7"})
    EXPECT_EQ(ask("GET", "/livez", "", {host}).status, 200) << host;
}

TEST_F(Safety, ForeignOriginsAreRefusedAndNoneIsGranted) {
  for (const char* origin : {"Origin: http://evil.example", "Origin: null", "Origin: http://localhost:1"})
    EXPECT_EQ(ask("GET", "/v3/clusters", "", {origin}).status, 403) << origin;
  const auto own = ask("POST", kTopics, kNewTopic, {"Origin: " + url("")});
  EXPECT_EQ(own.status, 201) << own.body;
  EXPECT_FALSE(own.headers.contains("access-control-allow-origin"));
  EXPECT_EQ(own.headers.at("x-content-type-options"), "nosniff");
}

TEST_F(Safety, ChangesMustBeJson) {
  for (const char* type : {"Content-Type: text/plain", "Content-Type: application/x-www-form-urlencoded",
                           "Content-Type: multipart/form-data; boundary=x", "Content-Type:"})
    EXPECT_EQ(ask("POST", kTopics, kNewTopic, {type}).status, 415) << type;
  EXPECT_FALSE(backend.created);
  EXPECT_EQ(ask("POST", kTopics, kNewTopic, {"Content-Type: Application/JSON; charset=utf-8"}).status, 201);
}

struct TokenTest : ApiTest {
  TokenTest() : ApiTest({.token = "secret-token", .allowed_hosts = {"broker.internal"}}) {}
};

TEST_F(TokenTest, EveryChangeNeedsTheToken) {
  const auto without = ask("POST", kTopics, kNewTopic);
  expect_error(without, 401, 40101, "This change needs the token of admin.token as a bearer token.");
  EXPECT_EQ(without.headers.at("www-authenticate"), "Bearer");
  for (const char* wrong :
       {"Authorization: Bearer secret-tokem", "Authorization: Bearer secret-token1", "Authorization: Bearer ",
        "Authorization: Basic secret-token", "Authorization: B"})
    EXPECT_EQ(ask("POST", kTopics, kNewTopic, {wrong}).status, 401) << wrong;
  EXPECT_EQ(ask("DELETE", std::string(kTopics) + "/orders").status, 401);
  EXPECT_EQ(ask("PUT", std::string(kTopics) + "/orders/configs/x", "{}").status, 401);
  EXPECT_FALSE(backend.created);
  EXPECT_TRUE(backend.deleted.empty());
  EXPECT_EQ(ask("POST", kTopics, kNewTopic, {"Authorization: Bearer secret-token"}).status, 201);
  EXPECT_EQ(get("/v3/clusters").status, 200) << "reading needs none";
  EXPECT_EQ(ask("GET", "/livez", "", {"Host: Broker.Internal:9080"}).status, 200);
}

TEST(Gate, WithoutATokenChangesComeFromThisMachine) {
  const Gate gate("", {});
  RequestHead head{.method = "DELETE",
                   .host = "10.0.0.7:9080",
                   .origin = "",
                   .authorization = "",
                   .content_type = "",
                   .peer_is_local = false};
  EXPECT_EQ(gate.check(head)->status, 403);
  head.peer_is_local = true;
  EXPECT_FALSE(gate.check(head));
  const Gate open("t", {"*"});
  head = {.method = "DELETE",
          .host = "any.name",
          .origin = "",
          .authorization = "bearer t",
          .content_type = "",
          .peer_is_local = false};
  EXPECT_FALSE(open.check(head));
  EXPECT_TRUE(is_loopback_address("127.8.8.8"));
  EXPECT_TRUE(is_loopback_address("::ffff:127.0.0.1"));
  EXPECT_FALSE(is_loopback_address("128.0.0.1"));
  EXPECT_EQ(host_name_of("[::1]:9"), "::1");
  EXPECT_EQ(host_name_of("::1"), "::1");
  EXPECT_EQ(host_name_of("[::1"), "");
}

TEST_F(Safety, UnknownPathsAndMethods) {
  expect_error(get("/nothing"), 404, 404, "HTTP 404 Not Found");
  expect_error(get("/v3/clusters/"), 404, 404, "HTTP 404 Not Found");
  const auto wrong = ask("PUT", kTopics, "{}");
  expect_error(wrong, 405, 405, "HTTP 405 Method Not Allowed");
  EXPECT_EQ(wrong.headers.at("allow"), "GET, POST, HEAD, OPTIONS");
  const auto options = ask("OPTIONS", kTopics);
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.headers.at("allow"), "GET, POST, HEAD, OPTIONS");
  expect_error(get("/livez?a=%zz"), 400, 400, "The URL has a broken escape.");
  expect_error(get("/v3/clusters/%g1"), 400, 400, "The URL has a broken escape.");
}

TEST_F(Safety, HeadGivesTheHeaderOfGet) {
  HttpClient client(port());
  const auto head = client.ask("HEAD", "/livez");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), "14");
  EXPECT_EQ(client.ask("GET", "/livez").body, "{\"alive\":true}") << "no body came in between";
}

TEST_F(Safety, ConnectionsAreKeptAndPipelinedRequestsAnsweredInOrder) {
  HttpClient client(port());
  for (int round = 0; round < 5; ++round) EXPECT_EQ(client.ask("GET", "/livez").status, 200);
  client.send(
      "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nGET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.read().status, 200);
  EXPECT_EQ(client.read().status, 404);
  EXPECT_EQ(client.read().body, "# TYPE up gauge\nup 1\n");
  EXPECT_TRUE(client.closed());
}

TEST_F(Safety, ExpectContinueIsAnswered) {
  HttpClient client(port());
  client.send(concat("POST ", kTopics,
                     " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                     "Expect: 100-continue\r\nContent-Length: ",
                     kNewTopic.size(), "\r\n\r\n"));
  EXPECT_EQ(client.read().status, 100);
  client.send(kNewTopic);
  EXPECT_EQ(client.read().status, 201);
}

TEST_F(Safety, WhatIsNoHttpIsRefused) {
  HttpClient client(port());
  client.send("\x16\x03\x01\x02 not http\r\n\r\n");
  EXPECT_EQ(client.read().status, 400);
  EXPECT_TRUE(client.closed());
}

struct LimitsTest : ApiTest {
  LimitsTest()
      : ApiTest({.header_bytes_max = 1024,
                 .body_bytes_max = 1000,
                 .connections_max = 3,
                 .idle_timeout = std::chrono::milliseconds(300),
                 .request_timeout = std::chrono::milliseconds(300),
                 .answer_timeout = std::chrono::milliseconds(200)}) {}
};

TEST_F(LimitsTest, HeadersAndBodiesHaveLimits) {
  EXPECT_EQ(ask("GET", "/livez", "", {"X: " + std::string(2000, 'x')}).status, 431);
  EXPECT_EQ(ask("POST", kTopics, std::string(1001, ' ')).status, 413);
  EXPECT_EQ(ask("POST", kTopics, R"({"topic_name": ")" + std::string(900, 'x') + "\"}").status, 201);
}

TEST_F(LimitsTest, IdleAndSlowConnectionsAreClosed) {
  HttpClient idle(port()), slow(port());
  slow.send("GET /livez HT");
  EXPECT_TRUE(idle.closed());
  EXPECT_TRUE(slow.closed());
}

TEST_F(LimitsTest, ConnectionsBeyondTheLimitAreClosed) {
  HttpClient a(port()), b(port()), c(port());
  for (HttpClient* client : {&a, &b, &c}) EXPECT_EQ(client->ask("GET", "/livez").status, 200);
  EXPECT_EQ(HttpClient(port()).ask("GET", "/livez").status, 0);
}

struct SlowAnswers : testing::Test {
  SlowAnswers() {
    router.add(
        {.method = "GET",
         .path = "/never",
         .operation_id = "never",
         .summary = "",
         .handler = [this](RequestPtr, Responder responder) { kept.push_back(std::move(responder)); }});
    router.add({.method = "GET",
                .path = "/dropped",
                .operation_id = "dropped",
                .summary = "",
                .handler = [](RequestPtr, Responder) {}});
    auto started = Server::start({.listeners = {"http://127.0.0.1:0", "http://127.0.0.1:0"},
                                  .answer_timeout = std::chrono::milliseconds(100)},
                                 router);
    server = std::move(*started);
  }
  std::vector<Responder> kept;
  Router router;
  std::unique_ptr<Server> server;
};

TEST_F(SlowAnswers, GetATimeoutAndLateOnesAreDropped) {
  ASSERT_EQ(server->ports().size(), 2u);
  EXPECT_EQ(HttpClient(server->ports()[0]).ask("GET", "/never").status, 504);
  const auto dropped = HttpClient(server->ports()[1]).ask("GET", "/dropped");
  EXPECT_EQ(dropped.status, 500);
  HttpClient gone(server->ports()[0]);
  gone.send("GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(gone.read().status, 504);
  server->stop();
  server.reset();
  ASSERT_EQ(kept.size(), 2u);
  kept[0].send({.status = 200});  // nobody is there any more
}

TEST(Server, StartFailsWithASentence) {
  const Router router;
  for (const char* bad : {"https://127.0.0.1:1", "127.0.0.1:9080", "http://127.0.0.1", "http://127.0.0.1:x"})
    EXPECT_EQ(Server::start({.listeners = {bad}}, router).error(),
              concat("admin.listeners: '", bad, "' is not of the form http://host:port"));
  const auto first = Server::start({.listeners = {"http://127.0.0.1:0"}}, router);
  const std::string taken = concat("http://127.0.0.1:", (*first)->ports()[0]);
  EXPECT_EQ(Server::start({.listeners = {taken}}, router).error(),
            concat("Cannot listen on ", taken, ": Address already in use"));
}

TEST(RouterTable, LiteralSegmentsWin) {
  Router router;
  const Handler none = [](RequestPtr, Responder) {};
  router.add({.method = "GET", .path = "/a/{x}/c", .operation_id = "1", .summary = "", .handler = none});
  router.add({.method = "GET", .path = "/a/-/c", .operation_id = "2", .summary = "", .handler = none});
  EXPECT_EQ(router.match("GET", "/a/-/c").route->operation_id, "2");
  const auto match = router.match("HEAD", "/a/b%20b/c");
  EXPECT_EQ(match.route->operation_id, "1");
  EXPECT_EQ(match.parameters.at("x"), "b b");
  EXPECT_EQ(router.match("GET", "/a//c").allowed, "");
  EXPECT_EQ(router.match("GET", "/a").allowed, "");
  EXPECT_TRUE(router.match("GET", "/a/%/c").broken_path);
}

}  // namespace
}  // namespace barnabas::admin
