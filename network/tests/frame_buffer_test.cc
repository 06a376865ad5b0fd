#include "network/frame_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "common/random.h"
#include "network/tests/support.h"

namespace barnabas::network {
namespace {

constexpr std::int32_t kMax = 100'000'000;

struct FrameBufferTest : testing::Test {
  std::shared_ptr<SlabPool> pool = std::make_shared<SlabPool>();
  std::shared_ptr<MemoryBudget> budget = std::make_shared<MemoryBudget>(0);
  ReceiveArena arena{pool};

  FrameBuffer make(std::int32_t max = kMax) { return FrameBuffer(arena, budget, max); }

  // What one receive call would take of `bytes`, at most `most` of them.
  static std::size_t feed(FrameBuffer& buffer, std::string_view bytes, std::size_t most) {
    std::size_t taken = 0;
    most = std::min(most, bytes.size());
    for (const iovec& target : buffer.prepare()) {
      EXPECT_GT(target.iov_len, 0u);  // a read into nothing looks like the end of the connection
      const std::size_t part = std::min(target.iov_len, most - taken);
      std::memcpy(target.iov_base, bytes.data() + taken, part);
      taken += part;
    }
    buffer.received(taken);
    return taken;
  }

  static std::string body(std::size_t size, std::uint64_t seed) {
    std::string text(size, '\0');
    for (std::size_t at = 0; at < size; ++at) text[at] = static_cast<char>(seed + at * 7 + at / 251);
    return text;
  }
};

TEST_F(FrameBufferTest, OneByteAtATimeGivesTheFrameAtItsLastByte) {
  auto buffer = make();
  const std::string wire = framed("hello") + framed("");
  SharedBytes frame;
  std::string reason;
  std::vector<std::string> got;
  for (const char& byte : wire) {
    EXPECT_EQ(feed(buffer, {&byte, 1}, 1), 1u);
    while (buffer.next(frame, reason) == FrameBuffer::Next::kFrame) got.emplace_back(as_text(frame.view));
    buffer.settle();
  }
  EXPECT_EQ(got, (std::vector<std::string>{"hello", ""}));
  EXPECT_TRUE(buffer.empty());
  frame = {};
  EXPECT_EQ(budget->used(), 0);
}

TEST_F(FrameBufferTest, AnyChunkingGivesTheSameFrames) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const auto random = seeded_random(seed);
    constexpr std::size_t kSizes[] = {0,      1,      200,    300,     2048,      2049,
                                      20'000, 65'536, 70'000, 900'000, 2'200'000, 3'500'000};
    std::vector<std::string> bodies;
    std::string wire;
    for (int count = 0; count < 12; ++count) {
      bodies.push_back(
          body(kSizes[random->below(std::size(kSizes))] + random->below(5), seed + bodies.size()));
      wire += framed(bodies.back());
    }
    constexpr std::size_t kChunks[] = {100, 4096, 70'000, 300'000, 3'000'000};
    const std::size_t chunk = kChunks[random->below(std::size(kChunks))] + 1;
    auto buffer = make();
    std::vector<SharedBytes> held;  // frames stay whole while later ones arrive
    std::size_t at = 0, seen = 0;
    SharedBytes frame;
    std::string reason;
    while (seen < bodies.size()) {
      // Sometimes a frame waits, as it does while its predecessor is being handled.
      const bool take_all = random->below(3) > 0;
      if (!buffer.ready()) {
        ASSERT_LT(at, wire.size()) << "seed " << seed;
        at += feed(buffer, std::string_view(wire).substr(at), 1 + random->below(chunk));
      }
      do {
        const auto next = buffer.next(frame, reason);
        ASSERT_NE(next, FrameBuffer::Next::kBad) << reason << " seed " << seed;
        if (next == FrameBuffer::Next::kNeedMore) break;
        ASSERT_EQ(as_text(frame.view), bodies[seen++]) << "seed " << seed;
        if (random->below(2)) held.push_back(frame);
      } while (take_all);
      buffer.settle();
    }
    EXPECT_TRUE(buffer.empty());
    for (const SharedBytes& one : held) {
      EXPECT_NE(std::find(bodies.begin(), bodies.end(), as_text(one.view)), bodies.end()) << "seed " << seed;
    }
    frame = {};
    held.clear();
    EXPECT_EQ(budget->used(), 0) << "seed " << seed;
  }
}

TEST_F(FrameBufferTest, ConnectionsSharingAnArenaDoNotDisturbEachOther) {
  const auto random = seeded_random(7);
  std::vector<FrameBuffer> buffers;
  std::vector<std::string> wires(8);
  std::vector<std::size_t> at(8, 0), seen(8, 0);
  std::vector<std::vector<std::string>> bodies(8);
  for (std::size_t who = 0; who < 8; ++who) {
    buffers.push_back(make());
    for (int count = 0; count < 15; ++count) {
      bodies[who].push_back(body(random->below(150'000), who * 100 + bodies[who].size()));
      wires[who] += framed(bodies[who].back());
    }
  }
  std::vector<SharedBytes> held;
  SharedBytes frame;
  std::string reason;
  for (std::size_t open = 8; open > 0;) {
    const std::size_t who = random->below(8);
    if (seen[who] == bodies[who].size()) continue;
    auto& buffer = buffers[who];
    if (!buffer.ready())
      at[who] += feed(buffer, std::string_view(wires[who]).substr(at[who]), 1 + random->below(200'000));
    if (buffer.next(frame, reason) == FrameBuffer::Next::kFrame) {
      ASSERT_EQ(as_text(frame.view), bodies[who][seen[who]]);
      if (++seen[who] == bodies[who].size()) --open;
      if (random->below(4) == 0) held.push_back(frame);
    }
    buffer.settle();
  }
}

TEST_F(FrameBufferTest, ADeclaredLengthTakesNoMemory) {
  auto buffer = make();
  std::string wire = framed("x");
  store_be(reinterpret_cast<std::uint8_t*>(wire.data()), std::int32_t{90'000'000});
  feed(buffer, wire, 5);
  buffer.settle();
  EXPECT_LE(budget->used(), 1024);
  for (int count = 0; count < 20'000; ++count) feed(buffer, "x", 1);
  buffer.settle();
  EXPECT_LE(budget->used(), 2 * 20'005);
  const std::string more(200'000, 'x');
  for (int count = 0; count < 10; ++count) feed(buffer, more, more.size());
  buffer.settle();
  EXPECT_LE(budget->used(), 2 * static_cast<std::int64_t>(buffer.buffered()));
}

TEST_F(FrameBufferTest, SmallFramesPinNoSlab) {
  auto buffer = make();
  SharedBytes frame;
  std::string reason;
  feed(buffer, framed(std::string(FrameBuffer::kCopyBytes, 's')), 1 << 20);
  ASSERT_EQ(buffer.next(frame, reason), FrameBuffer::Next::kFrame);
  buffer.settle();
  const auto* where = arena.room().data();
  feed(buffer, framed("again"), 100);
  EXPECT_EQ(arena.room().data(), where + 9);
  SharedBytes second;
  ASSERT_EQ(buffer.next(second, reason), FrameBuffer::Next::kFrame);
  EXPECT_EQ(arena.room().data(), where) << "nobody holds the slab any more";
  EXPECT_EQ(frame.size(), FrameBuffer::kCopyBytes);
}

TEST_F(FrameBufferTest, LargeFramesAreViewsWithoutACopy) {
  auto buffer = make();
  SharedBytes frame;
  std::string reason;
  const auto* where = arena.room().data();
  feed(buffer, framed(std::string(100'000, 'l')), 1 << 20);
  ASSERT_EQ(buffer.next(frame, reason), FrameBuffer::Next::kFrame);
  EXPECT_EQ(frame.view.data(), where + 4);
  EXPECT_EQ(budget->used(), 100'004);
}

TEST_F(FrameBufferTest, RefusesWhatIsNoKafkaFrame) {
  const struct {
    std::string bytes, reason;
  } cases[] = {
      {"GET / HTTP/1.1\r\n\r\n", "HTTP"},
      {"POST /x HTTP/1.1\r\n", "HTTP"},
      {std::string("\x16\x03\x01\x02\x00\x01", 6), "TLS"},
      {std::string("\xff\xff\xff\xff", 4), "negative length -1"},
      {std::string("\x00\x00\x04\x01x", 5), "1025 bytes is longer than the 1024 allowed"},
  };
  for (const auto& one : cases) {
    auto buffer = make(1024);
    feed(buffer, one.bytes, one.bytes.size());
    SharedBytes frame;
    std::string reason;
    EXPECT_EQ(buffer.next(frame, reason), FrameBuffer::Next::kBad) << one.bytes;
    EXPECT_NE(reason.find(one.reason), std::string::npos) << reason;
  }
}

TEST_F(FrameBufferTest, TheLimitMayBeRaisedBetweenFrames) {
  auto buffer = make(10);
  SharedBytes frame;
  std::string reason;
  feed(buffer, framed("0123456789") + framed("0123456789a"), 100);
  ASSERT_EQ(buffer.next(frame, reason), FrameBuffer::Next::kFrame);
  buffer.set_max_frame_bytes(11);
  EXPECT_EQ(buffer.next(frame, reason), FrameBuffer::Next::kFrame);
}

TEST(SlabPool, TrimGivesBackWhatWasNotNeeded) {
  const auto pool = std::make_shared<SlabPool>();
  {
    std::vector<SlabRef> held;
    for (int count = 0; count < 5; ++count) held.push_back(pool->take());
  }
  EXPECT_EQ(pool->free_count(), 5u);
  pool->trim();
  EXPECT_EQ(pool->free_count(), 5u) << "all five were in use since the last time";
  {
    const SlabRef one = pool->take();
  }
  pool->trim();
  EXPECT_EQ(pool->free_count(), 1u);
}

}  // namespace
}  // namespace barnabas::network
