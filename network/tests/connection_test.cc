// Frames, order and completion over real sockets.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "network/tests/support.h"

namespace barnabas::network {
namespace {

using std::chrono::milliseconds;

TEST(Connection, AnswersFramesAndSaysWhoIsConnected) {
  TestHandler handler;
  ConnectionInfo seen;
  handler.on_open_do = [&](Connection& connection) { seen = connection.info(); };
  TestServer server(handler, {.name = "INTERNAL"});
  auto client = server.connect();
  ASSERT_TRUE(client.send_frame("hello"));
  EXPECT_EQ(client.read_frame(), "hello");
  EXPECT_GT(seen.id, 0u);
  EXPECT_EQ(seen.listener, "INTERNAL");
  EXPECT_EQ(seen.peer_address, "127.0.0.1");
  EXPECT_EQ(seen.peer_port, client.local_port());
  EXPECT_EQ(seen.local_address, "127.0.0.1");
  EXPECT_EQ(seen.local_port, server.port());
}

TEST(Connection, OneByteAtATime) {
  TestHandler handler;
  TestServer server(handler);
  auto client = server.connect();
  for (const char& byte : framed("slow") + framed("")) ASSERT_TRUE(client.send({&byte, 1}));
  EXPECT_EQ(client.read_frame(), "slow");
  EXPECT_EQ(client.read_frame(), "");
}

TEST(Connection, ManyFramesInOneWriteAreAnsweredInOrder) {
  TestHandler handler;
  TestServer server(handler);
  auto client = server.connect();
  std::string all;
  for (int number = 0; number < 1000; ++number) all += framed(std::to_string(number));
  ASSERT_TRUE(client.send(all));
  for (int number = 0; number < 1000; ++number) ASSERT_EQ(client.read_frame(), std::to_string(number));
}

TEST(Connection, LargeFramesBothWays) {
  TestHandler handler;
  TestServer server(handler);
  auto client = server.connect();
  for (const std::size_t size : {100'000u, 1'000'000u, 5'000'000u, 20'000'000u}) {
    std::string body(size, 'x');
    for (std::size_t at = 0; at < size; at += 997) body[at] = static_cast<char>(at);
    std::thread sender([&] { EXPECT_TRUE(client.send_frame(body)); });
    const auto answer = client.read_frame();
    sender.join();
    EXPECT_TRUE(answer == body) << size;
  }
}

TEST(Connection, DeliversTheNextRequestOnlyAfterTheAnswerToTheFirst) {
  TestHandler handler;
  SlotBox slots;
  handler.on_frame_do = [&](Connection&, SharedBytes, ResponseSlot slot) { slots.put(std::move(slot)); };
  TestServer server(handler);
  auto client = server.connect();
  ASSERT_TRUE(client.send(framed("a") + framed("b")));
  ResponseSlot first = slots.take();
  std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(handler.frames(), 1);
  first.send(Payload::own(Buffer{'1'}));
  EXPECT_EQ(client.read_frame(), "1");
  slots.take().send(Payload::own(Buffer{'2'}));
  EXPECT_EQ(client.read_frame(), "2");
}

TEST(Connection, PipelinedResponsesLeaveInRequestOrderWhateverOrderTheyComplete) {
  TestHandler handler;
  SlotBox slots;
  handler.on_frame_do = [&](Connection&, SharedBytes, ResponseSlot slot) { slots.put(std::move(slot)); };
  TestServer server(handler, {.max_in_flight = 3});
  auto client = server.connect();
  ASSERT_TRUE(client.send(framed("a") + framed("b") + framed("c") + framed("d")));
  ResponseSlot a = slots.take(), b = slots.take(), c = slots.take();
  std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(slots.size(), 0u) << "the fourth waits for a place";
  c.send(Payload::own(Buffer{'c'}));
  b.send_nothing();
  a.send(Payload::own(Buffer{'a'}));
  EXPECT_EQ(client.read_frame(), "a");
  EXPECT_EQ(client.read_frame(), "c");
  slots.take().send(Payload::own(Buffer{'d'}));
  EXPECT_EQ(client.read_frame(), "d");
}

TEST(Connection, CompletionFromOtherThreadsKeepsOrder) {
  TestHandler handler;
  SlotBox slots;
  std::atomic<int> number{0};
  handler.on_frame_do = [&](Connection&, SharedBytes, ResponseSlot slot) { slots.put(std::move(slot)); };
  TestServer server(handler, {.max_in_flight = 16});
  auto client = server.connect();
  constexpr int kRequests = 400;
  std::thread sender([&] {
    for (int request = 0; request < kRequests; ++request) EXPECT_TRUE(client.send_frame("r"));
  });
  std::vector<std::thread> workers;
  std::mutex order;
  for (int worker = 0; worker < 4; ++worker) {
    workers.emplace_back([&] {
      for (;;) {
        std::unique_lock lock(order);
        if (number >= kRequests) return;
        const int mine = number++;
        ResponseSlot slot = slots.take();
        lock.unlock();
        const std::string text = std::to_string(mine);
        slot.send(Payload::own(Buffer(text.begin(), text.end())));
      }
    });
  }
  for (int request = 0; request < kRequests; ++request)
    ASSERT_EQ(client.read_frame(), std::to_string(request));
  for (auto& worker : workers) worker.join();
  sender.join();
}

TEST(Connection, ARequestMayAnswerAnotherConnectionsRequest) {
  TestHandler handler;
  SlotBox parked;
  handler.on_frame_do = [&](Connection&, SharedBytes frame, ResponseSlot slot) {
    if (as_text(frame.view) == "wait") return parked.put(std::move(slot));
    parked.take().send(Payload::own(Buffer{'w'}));
    slot.send(Payload::own(Buffer{'d'}));
  };
  TestServer server(handler, {}, {}, 1);  // both on one thread
  auto waiter = server.connect();
  auto waker = server.connect();
  for (int round = 0; round < 50; ++round) {
    ASSERT_TRUE(waiter.send_frame("wait"));
    ASSERT_TRUE(handler.wait_until([&] { return parked.size() == 1; }));
    ASSERT_TRUE(waker.send_frame("wake"));
    EXPECT_EQ(waiter.read_frame(), "w");
    EXPECT_EQ(waker.read_frame(), "d");
  }
}

TEST(Connection, ASlotDroppedWithoutAnAnswerClosesTheConnection) {
  TestHandler handler;
  handler.on_frame_do = [](Connection&, SharedBytes, ResponseSlot) {};
  TestServer server(handler);
  auto client = server.connect();
  client.send_frame("lost");
  EXPECT_EQ(client.read_frame(), std::nullopt);
  ASSERT_TRUE(handler.wait_closed(1));
  EXPECT_EQ(handler.last_reason(), "a request was dropped without an answer");
}

TEST(Connection, CloseThroughASlotSendsEarlierResponsesFirst) {
  TestHandler handler;
  handler.on_frame_do = [](Connection&, SharedBytes frame, ResponseSlot slot) {
    if (as_text(frame.view) == "bad") return slot.close("it was bad");
    slot.send(Payload(std::move(frame)));
  };
  TestServer server(handler);
  auto client = server.connect();
  client.send(framed("good") + framed("bad"));
  EXPECT_EQ(client.read_frame(), "good");
  EXPECT_EQ(client.read_frame(), std::nullopt);
  ASSERT_TRUE(handler.wait_closed(1));
  EXPECT_EQ(handler.last_reason(), "it was bad");
}

TEST(Connection, TheHandlerMayCloseFromWithinItsCalls) {
  TestHandler handler;
  handler.on_frame_do = [](Connection& connection, SharedBytes, ResponseSlot slot) {
    connection.close("enough");
    slot.send(Payload::own(Buffer{'x'}));  // a no-op by now
  };
  TestServer server(handler);
  auto client = server.connect();
  client.send(framed("a") + framed("b"));
  EXPECT_EQ(client.read_frame(), std::nullopt);
  ASSERT_TRUE(handler.wait_closed(1));
  EXPECT_EQ(handler.frames(), 1);
  handler.on_open_do = [](Connection& connection) { connection.close("not today"); };
  EXPECT_TRUE(server.connect().closed_within(milliseconds(5000)));
}

TEST(Connection, AfterAHalfCloseWhatWasAskedIsAnswered) {
  TestHandler handler;
  SlotBox slots;
  handler.on_frame_do = [&](Connection&, SharedBytes, ResponseSlot slot) { slots.put(std::move(slot)); };
  TestServer server(handler);
  auto client = server.connect();
  client.send(framed("a") + framed("b"));
  client.half_close();
  slots.take().send(Payload::own(Buffer{'1'}));
  EXPECT_EQ(client.read_frame(), "1");
  slots.take().send(Payload::own(Buffer{'2'}));
  EXPECT_EQ(client.read_frame(), "2");
  EXPECT_EQ(client.read_frame(), std::nullopt);
  EXPECT_TRUE(handler.wait_closed(1));
}

TEST(Connection, SlotsAreNoOpsOnceThePeerIsGone) {
  TestHandler handler;
  SlotBox slots;
  handler.on_frame_do = [&](Connection&, SharedBytes, ResponseSlot slot) { slots.put(std::move(slot)); };
  TestServer server(handler);
  auto client = server.connect();
  client.send_frame("a");
  ResponseSlot slot = slots.take();
  client.reset();
  EXPECT_TRUE(handler.wait_closed(1)) << "a reset is noticed while the request waits";
  slot.send(Payload::own(Buffer(100, 'x')));
  EXPECT_FALSE(slot.pending());
  EXPECT_EQ(server.listener->counters().connections, 0);
}

TEST(Connection, SessionLivesAsLongAsTheConnection) {
  TestHandler handler;
  auto session = std::make_shared<int>(7);
  handler.on_open_do = [&](Connection& connection) { connection.session = session; };
  TestServer server(handler);
  {
    auto client = server.connect();
    client.send_frame("x");
    EXPECT_EQ(client.read_frame(), "x");
    EXPECT_EQ(session.use_count(), 2);
  }
  EXPECT_TRUE(handler.wait_until([&] { return session.use_count() == 1; }));
}

TEST(Connection, PostRunsOnTheConnectionsThread) {
  TestHandler handler;
  std::atomic<bool> same{false};
  handler.on_frame_do = [&](Connection& connection, SharedBytes, ResponseSlot slot) {
    const auto here = std::this_thread::get_id();
    connection.post([&, here, held = std::move(slot)]() mutable {
      same = std::this_thread::get_id() == here;
      held.send(Payload::own(Buffer{'p'}));
    });
  };
  TestServer server(handler);
  auto client = server.connect();
  client.send_frame("x");
  EXPECT_EQ(client.read_frame(), "p");
  EXPECT_TRUE(same);
}

TEST(Connection, CountsBytesAndFrames) {
  TestHandler handler;
  std::atomic<std::uint64_t> in{0};
  handler.on_frame_do = [&](Connection& connection, SharedBytes frame, ResponseSlot slot) {
    in = connection.bytes_in();
    slot.send(Payload(std::move(frame)));
  };
  TestServer server(handler);
  auto client = server.connect();
  client.send_frame("12345");
  client.read_frame();
  EXPECT_EQ(in, 9u);
  ASSERT_TRUE(handler.wait_until([&] { return server.listener->counters().bytes_out == 9; }));
  const auto counters = server.listener->counters();
  EXPECT_EQ(counters.bytes_in, 9);
  EXPECT_EQ(counters.frames_in, 1);
  EXPECT_EQ(counters.frames_out, 1);
  EXPECT_EQ(counters.accepted, 1);
  EXPECT_EQ(counters.connections, 1);
}

}  // namespace
}  // namespace barnabas::network
