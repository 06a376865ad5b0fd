// Binding, limits and shutdown.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "network/tests/support.h"

namespace barnabas::network {
namespace {

using std::chrono::milliseconds;

TEST(Listener, TellsThePortTheSystemChose) {
  TestHandler handler;
  TestServer server(handler);
  EXPECT_GT(server.port(), 0);
}

TEST(Listener, AnEmptyHostTakesEveryAddress) {
  TestHandler handler;
  SystemClock clock;
  IoThreads threads({.threads = 1});
  NetworkResources resources{.threads = &threads, .clock = &clock};
  auto listener = Listener::open({.host = ""}, resources, handler);
  ASSERT_TRUE(listener.has_value()) << listener.error();
  (*listener)->start();
  for (const char* address : {"127.0.0.1", "127.0.0.5"}) {
    TestClient client((*listener)->port(), address);
    client.send_frame("x");
    EXPECT_EQ(client.read_frame(), "x");
  }
}

TEST(Listener, ANameBindsItsAddresses) {
  TestHandler handler;
  TestServer server(handler, {.host = "localhost"});
  auto client = server.connect();
  client.send_frame("x");
  EXPECT_EQ(client.read_frame(), "x");
}

TEST(Listener, OpenFailsWithASentenceThatNamesTheAddress) {
  TestHandler handler;
  TestServer server(handler);
  NetworkResources resources{.threads = &server.threads, .clock = &server.clock};
  const auto taken =
      Listener::open({.name = "SECOND", .host = "127.0.0.1", .port = server.port()}, resources, handler);
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error(), "Cannot listen on SECOND://127.0.0.1:" + std::to_string(server.port()) +
                               ": Address already in use");
  EXPECT_FALSE(
      Listener::open({.host = "127.0.0.1", .congestion_control = "no-such"}, resources, handler).has_value());
  EXPECT_FALSE(Listener::open({.host = "no.such.host.invalid"}, resources, handler).has_value());
}

TEST(Listener, CongestionControlIsSetPerListener) {
  TestHandler handler;
  TestServer server(handler, {.congestion_control = "reno"});
  auto client = server.connect();
  client.send_frame("x");
  EXPECT_EQ(client.read_frame(), "x");
}

TEST(Listener, SpreadsConnectionsOverThreads) {
  TestHandler handler;
  TestServer server(handler, {}, {}, 3);
  std::vector<TestClient> clients;
  for (int count = 0; count < 9; ++count) clients.push_back(server.connect());
  ASSERT_TRUE(handler.wait_until([&] { return server.listener->counters().connections == 9; }));
  for (std::size_t thread = 0; thread < 3; ++thread) EXPECT_EQ(server.listener->connections_on(thread), 3);
}

TEST(Listener, ClosesConnectionsBeyondTheLimitAndLogsOneLine) {
  LogCapture log;
  TestHandler handler;
  NetworkResources resources;
  resources.limits = std::make_shared<ConnectionLimits>(ConnectionLimits::Limits{.per_address = 2});
  TestServer server(handler, {}, resources);
  auto first = server.connect();
  auto second = server.connect();
  ASSERT_TRUE(handler.wait_until([&] { return handler.opened() == 2; }));
  for (int count = 0; count < 20; ++count) EXPECT_TRUE(server.connect().closed_within(milliseconds(5000)));
  EXPECT_EQ(log.lines_with("max.connections.per.ip").size(), 1u);
  EXPECT_EQ(server.listener->counters().refused, 20);
  first.send_frame("x");
  EXPECT_EQ(first.read_frame(), "x");
  first.reset();
  ASSERT_TRUE(handler.wait_closed(1));
  auto third = server.connect();
  third.send_frame("y");
  EXPECT_EQ(third.read_frame(), "y");
}

TEST(Listener, CreationRateDelaysAccepting) {
  TestHandler handler;
  NetworkResources resources;
  resources.limits = std::make_shared<ConnectionLimits>(ConnectionLimits::Limits{.creations_per_second = 20});
  TestServer server(handler, {}, resources);
  const auto began = std::chrono::steady_clock::now();
  std::vector<TestClient> clients;
  for (int count = 0; count < 24; ++count) clients.push_back(server.connect());
  ASSERT_TRUE(handler.wait_until([&] { return handler.opened() == 24; }));
  EXPECT_GE(std::chrono::steady_clock::now() - began, milliseconds(150));
}

TEST(Listener, StopAnswersWhatIsInFlightAndCloses) {
  TestHandler handler;
  SlotBox slots;
  handler.on_frame_do = [&](Connection&, SharedBytes, ResponseSlot slot) { slots.put(std::move(slot)); };
  TestServer server(handler);
  auto busy = server.connect();
  auto idle = server.connect();
  busy.send(framed("in flight") + framed("too late"));
  ResponseSlot slot = slots.take();
  auto stopped = std::async(std::launch::async, [&] { server.listener->stop(std::chrono::seconds(10)); });
  EXPECT_TRUE(idle.closed_within(milliseconds(5000)));
  EXPECT_EQ(stopped.wait_for(milliseconds(20)), std::future_status::timeout);
  slot.send(Payload::own(Buffer{'d'}));
  EXPECT_EQ(busy.read_frame(), "d");
  EXPECT_EQ(busy.read_frame(), std::nullopt);
  EXPECT_EQ(stopped.wait_for(std::chrono::seconds(5)), std::future_status::ready);
  EXPECT_EQ(handler.frames(), 1);
  EXPECT_EQ(handler.closed(), 2);
}

TEST(Listener, StopWithRequestsOutstandingEndsAfterTheGrace) {
  TestHandler handler;
  SlotBox slots;
  handler.on_frame_do = [&](Connection&, SharedBytes, ResponseSlot slot) { slots.put(std::move(slot)); };
  auto server = std::make_unique<TestServer>(handler);
  auto client = server->connect();
  client.send_frame("never answered in time");
  ResponseSlot late = slots.take();
  server->listener->stop(milliseconds(20));
  EXPECT_EQ(handler.closed(), 1);
  server.reset();  // threads and loops are gone
  late.send(Payload::own(Buffer{'l'}));
}

TEST(Listener, SlotsMayOutliveEverything) {
  SlotBox slots;
  {
    TestHandler handler;
    handler.on_frame_do = [&](Connection&, SharedBytes, ResponseSlot slot) { slots.put(std::move(slot)); };
    TestServer server(handler);
    auto client = server.connect();
    client.send_frame("x");
    handler.wait_until([&] { return slots.size() == 1; });
    server.threads.stop();  // before the listener: nothing runs, and nothing hangs
  }
  slots.take().send(Payload::own(Buffer(10, 'x')));
}

TEST(Listener, AcceptsNoMoreAfterStopAccepting) {
  TestHandler handler;
  TestServer server(handler);
  auto client = server.connect();
  client.send_frame("x");
  EXPECT_EQ(client.read_frame(), "x");
  server.listener->stop_accepting();
  client.send_frame("y");
  EXPECT_EQ(client.read_frame(), "y");
  NetworkResources resources{.threads = &server.threads, .clock = &server.clock};
  EXPECT_TRUE(Listener::open({.host = "127.0.0.1", .port = server.port()}, resources, handler).has_value())
      << "the port is free again";
}

TEST(Listener, ManyConnectionsUnderLoadStopCleanly) {
  TestHandler handler;
  auto server = std::make_unique<TestServer>(handler);
  std::atomic<bool> ending{false};
  std::atomic<int> answered{0};
  std::vector<std::thread> clients;
  for (int count = 0; count < 8; ++count) {
    clients.emplace_back([&, count] {
      while (!ending) {
        TestClient client(server->port());
        for (int round = 0; round < 20; ++round) {
          if (!client.send_frame(std::string(static_cast<std::size_t>(1 + round * 400 * count), 'x'))) break;
          if (!client.read_frame()) break;
          ++answered;
        }
      }
    });
  }
  EXPECT_TRUE(handler.wait_until([&] { return answered > 400; }));
  ending = true;
  server->listener->stop(milliseconds(0));
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(handler.opened(), handler.closed());
  EXPECT_EQ(server->listener->counters().connections, 0);
}

}  // namespace
}  // namespace barnabas::network
