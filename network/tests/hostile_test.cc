// Peers that lie, flood, stall or speak something else.
#include <gtest/gtest.h>

#include <thread>

#include "network/tests/support.h"

namespace barnabas::network {
namespace {

using std::chrono::milliseconds;

class HostileBytes : public testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(HostileBytes, AreRefusedAtOnceWithOneLineThatNamesPeerAndReason) {
  LogCapture log;
  TestHandler handler;
  TestServer server(handler, {.max_frame_bytes = 512 * 1024});
  auto neighbour = server.connect();
  auto client = server.connect();
  const std::string peer = "127.0.0.1:" + std::to_string(client.local_port());
  client.send(GetParam().first);
  EXPECT_TRUE(client.closed_within(milliseconds(5000)));
  ASSERT_TRUE(log.wait_for(GetParam().second));
  EXPECT_EQ(log.lines_with(peer).size(), 1u);
  EXPECT_EQ(handler.frames(), 0);
  neighbour.send_frame("still served");
  EXPECT_EQ(neighbour.read_frame(), "still served");
  EXPECT_TRUE(handler.wait_until([&] { return server.listener->counters().closed_on_error == 1; }));
}

INSTANTIATE_TEST_SUITE_P(
    All, HostileBytes,
    testing::Values(std::pair(std::string("GET /v3/clusters HTTP/1.1\r\nHost: x\r\n\r\n"),
                              std::string("speaks HTTP")),
                    std::pair(std::string("\x16\x03\x01\x00\xa5\x01\x00", 7), std::string("TLS handshake")),
                    std::pair(std::string("\x80\x00\x00\x00", 4), std::string("negative length -2147483648")),
                    std::pair(std::string("\x7f\xff\xff\xff", 4), std::string("2147483647 bytes is longer")),
                    std::pair(std::string("\x00\x08\x00\x01", 4), std::string("524289 bytes is longer"))));

TEST(Hostile, TheFrameLimitOfOneConnectionMayBeRaised) {
  TestHandler handler;
  handler.on_frame_do = [](Connection& connection, SharedBytes frame, ResponseSlot slot) {
    if (as_text(frame.view) == "authenticated") connection.set_max_frame_bytes(1'000'000);
    slot.send(Payload(std::move(frame)));
  };
  TestServer server(handler, {.max_frame_bytes = 100});
  auto trusted = server.connect();
  trusted.send_frame("authenticated");
  trusted.read_frame();
  trusted.send_frame(std::string(5000, 'x'));
  EXPECT_EQ(trusted.read_frame(), std::string(5000, 'x'));
  auto stranger = server.connect();
  stranger.send_frame(std::string(101, 'x'));
  EXPECT_TRUE(stranger.closed_within(milliseconds(5000)));
}

TEST(Hostile, ASenderOfSingleBytesHoldsNoMemoryAndIsIdle) {
  TestHandler handler;
  NetworkResources resources;
  TestServer server(handler, {.idle_timeout_ms = 200}, resources);
  auto client = server.connect();
  std::string start = framed(std::string(1, 'x'));
  start[1] = 10;  // declares ten megabytes or so
  client.send(start);
  const auto began = std::chrono::steady_clock::now();
  while (client.send("x") && std::chrono::steady_clock::now() - began < std::chrono::seconds(5)) {
    EXPECT_LE(resources.budget->used(), 1024);
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_TRUE(handler.wait_closed(1));
  EXPECT_NE(handler.last_reason().find("idle for"), std::string::npos);
  EXPECT_EQ(server.listener->counters().closed_idle, 1);
}

TEST(Hostile, IdleConnectionsAreClosedButNotWhileTheirRequestIsHandled) {
  TestHandler handler;
  SlotBox slots;
  handler.on_frame_do = [&](Connection&, SharedBytes, ResponseSlot slot) { slots.put(std::move(slot)); };
  TestServer server(handler, {.idle_timeout_ms = 100});
  auto idle = server.connect();
  auto busy = server.connect();
  busy.send_frame("long poll");
  ResponseSlot slot = slots.take();
  EXPECT_TRUE(idle.closed_within(milliseconds(5000)));
  std::this_thread::sleep_for(milliseconds(150));
  slot.send(Payload::own(Buffer{'k'}));
  EXPECT_EQ(busy.read_frame(), "k");
  EXPECT_TRUE(busy.closed_within(milliseconds(5000)));
}

TEST(Hostile, AFrameMustBeFinishedWithinItsDeadline) {
  TestHandler handler;
  TestServer server(handler, {.idle_timeout_ms = -1, .frame_timeout_ms = 100});
  auto quiet = server.connect();  // between frames there is no deadline
  auto client = server.connect();
  client.send(framed("unfinished").substr(0, 8));
  EXPECT_TRUE(client.closed_within(milliseconds(5000)));
  ASSERT_TRUE(handler.wait_closed(1));
  EXPECT_NE(handler.last_reason().find("unfinished after"), std::string::npos);
  quiet.send_frame("here");
  EXPECT_EQ(quiet.read_frame(), "here");
}

TEST(Hostile, ReadingStopsWhileTheBudgetIsExhausted) {
  TestHandler handler;
  SlotBox slots;
  std::mutex mutex;
  std::vector<SharedBytes> held;
  handler.on_frame_do = [&](Connection&, SharedBytes frame, ResponseSlot slot) {
    const std::scoped_lock lock(mutex);
    held.push_back(std::move(frame));
    slots.put(std::move(slot));
  };
  NetworkResources resources;
  resources.budget = std::make_shared<MemoryBudget>(300'000);
  TestServer server(handler, {}, resources);
  std::vector<TestClient> clients;
  for (int count = 0; count < 6; ++count) {
    clients.push_back(server.connect());
    clients.back().send_frame(std::string(100'000, 'x'));
    handler.wait_until([&] { return handler.frames() == std::min(count + 1, 3); });
  }
  std::this_thread::sleep_for(milliseconds(30));
  EXPECT_EQ(handler.frames(), 3) << "the other three wait";
  EXPECT_LE(resources.budget->used(), 301'000);
  for (int round = 0; round < 6; ++round) {
    ResponseSlot slot = slots.take();
    {
      const std::scoped_lock lock(mutex);
      held.erase(held.begin());
    }
    slot.send_nothing();
  }
  EXPECT_EQ(handler.frames(), 6);
  EXPECT_TRUE(handler.wait_until([&] { return resources.budget->used() == 0; }));
}

TEST(Hostile, UnfinishedFramesThatFillTheBudgetLoseTheirConnections) {
  TestHandler handler;
  NetworkResources resources;
  resources.budget = std::make_shared<MemoryBudget>(4'000'000);
  TestServer server(handler, {.frame_timeout_under_pressure_ms = 100}, resources);
  std::vector<TestClient> hoarders;
  for (int count = 0; count < 3; ++count) {
    hoarders.push_back(server.connect());
    hoarders.back().send(framed(std::string(1'500'000, 'x')).substr(0, 1'400'000));
  }
  auto honest = server.connect();
  honest.send_frame("me too");
  EXPECT_EQ(honest.read_frame(), "me too");
}

TEST(Hostile, APeerThatDoesNotReadItsResponsesGetsNoMoreOfThem) {
  TestHandler handler;
  handler.on_frame_do = [&](Connection&, SharedBytes, ResponseSlot slot) {
    slot.send(Payload::own(Buffer(500'000, 'r')));
  };
  TestServer server(handler, {.send_buffer_bytes = 65536, .idle_timeout_ms = 1000});
  auto client = server.connect();
  std::string requests;
  for (int count = 0; count < 200; ++count) requests += framed("more");
  client.send(requests);
  handler.wait_until([&] { return handler.frames() >= 2; });
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_LT(handler.frames(), 50);
  EXPECT_TRUE(handler.wait_closed(1)) << "idle, since nothing leaves";
}

TEST(Hostile, APeerThatReadsSlowlyGetsEverything) {
  TestHandler handler;
  handler.on_frame_do = [&](Connection&, SharedBytes frame, ResponseSlot slot) {
    Buffer answer(300'000, 'r');
    answer[0] = frame.view[0];
    slot.send(Payload::own(std::move(answer)));
  };
  TestServer server(handler, {.send_buffer_bytes = 16384});
  auto client = server.connect();
  std::string requests;
  for (char number = 0; number < 8; ++number) requests += framed({&number, 1});
  client.send(requests);
  for (char number = 0; number < 8; ++number) {
    const auto answer = client.read_frame();
    ASSERT_TRUE(answer && answer->size() == 300'000);
    EXPECT_EQ(answer->front(), number);
    std::this_thread::sleep_for(milliseconds(2));
  }
}

}  // namespace
}  // namespace barnabas::network
