// Responses made of memory and slices of files.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "network/send_queue.h"
#include "network/tests/support.h"

namespace barnabas::network {
namespace {

// A file that is gone when nobody holds it any more.
class TestFile {
 public:
  explicit TestFile(std::string content) : content_(std::move(content)) {
    FILE* file = std::tmpfile();
    const int fd = ::dup(::fileno(file));
    std::fclose(file);
    EXPECT_EQ(::pwrite(fd, content_.data(), content_.size(), 0), static_cast<ssize_t>(content_.size()));
    holder_ = std::shared_ptr<const int>(new int(fd), [](const int* owned) {
      ::close(*owned);
      delete owned;
    });
  }
  FileSlice slice(std::int64_t position, std::int64_t length) const {
    return {holder_, *holder_, position, length};
  }
  const std::string& content() const { return content_; }
  long users() const { return holder_.use_count() - 1; }
  int fd() const { return *holder_; }

 private:
  std::string content_;
  std::shared_ptr<const int> holder_;
};

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t at = 0; at < size; ++at) text[at] = static_cast<char>(at * 31 + at / 4096);
  return text;
}

SharedBytes text(std::string_view content) {
  return SharedBytes::own(Buffer(content.begin(), content.end()));
}

TEST(FileSlices, MemoryAndFilePiecesArriveInOrder) {
  const TestFile file(pattern(3'000'000));
  TestHandler handler;
  handler.on_frame_do = [&](Connection&, SharedBytes, ResponseSlot slot) {
    Payload answer;
    answer.append(text("head"));
    answer.append(text("er"));
    answer.append(file.slice(10, 5));
    answer.append(file.slice(100'000, 2'500'000));
    answer.append(text("between"));
    answer.append(file.slice(2'999'999, 1));
    answer.append(text("tail"));
    slot.send(std::move(answer));
  };
  TestServer server(handler);
  auto client = server.connect();
  const std::string expected = "header" + file.content().substr(10, 5) +
                               file.content().substr(100'000, 2'500'000) + "between" +
                               file.content().substr(2'999'999, 1) + "tail";
  client.send(framed("1") + framed("2") + framed("3"));
  for (int round = 0; round < 3; ++round) EXPECT_TRUE(client.read_frame() == expected) << round;
  EXPECT_TRUE(handler.wait_until([&] { return file.users() == 0; })) << "sent slices let go of their file";
}

TEST(FileSlices, LargeSlicesShareTheThreadWithOthers) {
  const TestFile file(pattern(8'000'000));
  TestHandler handler;
  handler.on_frame_do = [&](Connection&, SharedBytes frame, ResponseSlot slot) {
    if (as_text(frame.view) == "small") return slot.send(Payload(std::move(frame)));
    Payload answer;
    for (int count = 0; count < 5; ++count) answer.append(file.slice(0, 8'000'000));
    slot.send(std::move(answer));
  };
  TestServer server(handler, {}, {}, 1);
  auto large = server.connect();
  auto small = server.connect();
  large.send_frame("large");
  std::thread reader([&] {
    const auto answer = large.read_frame();
    EXPECT_TRUE(answer && answer->size() == 40'000'000 && answer->ends_with(file.content()));
  });
  small.send_frame("small");
  EXPECT_EQ(small.read_frame(), "small");
  reader.join();
}

TEST(FileSlices, AFileThatEndsWithinTheSliceClosesTheConnection) {
  LogCapture log;
  const TestFile file("short");
  TestHandler handler;
  handler.on_frame_do = [&](Connection&, SharedBytes, ResponseSlot slot) {
    Payload answer;
    answer.append(file.slice(0, 100));
    slot.send(std::move(answer));
  };
  TestServer server(handler);
  auto client = server.connect();
  client.send_frame("x");
  EXPECT_EQ(client.read_frame(), std::nullopt);
  EXPECT_TRUE(log.wait_for("a file ended within the slice"));
}

TEST(FileSlices, DescriptorsThatSendfileRefusesAreCopied) {
  // Files of /proc are such.
  FILE* proc = std::fopen("/proc/self/cmdline", "r");
  ASSERT_NE(proc, nullptr);
  char content[64] = {};
  const auto size = ::pread(::fileno(proc), content, sizeof content, 0);
  ASSERT_GT(size, 4);
  TestHandler handler;
  handler.on_frame_do = [&](Connection&, SharedBytes, ResponseSlot slot) {
    Payload answer;
    answer.append(FileSlice{nullptr, ::fileno(proc), 1, size - 1});
    slot.send(std::move(answer));
  };
  TestServer server(handler);
  auto client = server.connect();
  client.send_frame("x");
  EXPECT_EQ(client.read_frame(), std::string(content + 1, static_cast<std::size_t>(size - 1)));
  std::fclose(proc);
}

TEST(FileSlices, ColdSlicesAreReadByThePoolAndSentWhole) {
  const TestFile file(pattern(5'000'000));
  ::fsync(file.fd());
  ::posix_fadvise(file.fd(), 0, 0, POSIX_FADV_DONTNEED);
  const bool cold = !in_page_cache(file.fd(), 0, 5'000'000);
  TestHandler handler;
  handler.on_frame_do = [&](Connection&, SharedBytes, ResponseSlot slot) {
    Payload answer;
    answer.append(file.slice(0, 5'000'000));
    slot.send(std::move(answer));
  };
  TestServer server(handler);
  auto client = server.connect();
  client.send_frame("x");
  EXPECT_TRUE(client.read_frame() == file.content()) << "cold: " << cold;
  EXPECT_TRUE(in_page_cache(file.fd(), 0, 5'000'000));
}

// A transport that takes a few bytes at a time and reports what it was asked.
class StutteringTransport : public Transport {
 public:
  IoResult receive(std::span<const iovec>) override { return {IoResult::Status::kEnd, 0, 0}; }
  IoResult send(std::span<const iovec> from, bool) override {
    if (++calls % 3 == 0) return {IoResult::Status::kWantWrite, 0, 0};
    const std::size_t bytes = std::min<std::size_t>(from[0].iov_len, 3);
    sent.append(static_cast<const char*>(from[0].iov_base), bytes);
    return {IoResult::Status::kOk, bytes, 0};
  }
  IoResult send_file(int file, std::int64_t position, std::size_t bytes) override {
    if (++calls % 3 == 0) return {IoResult::Status::kWantWrite, 0, 0};
    char buffer[4];
    const auto got = ::pread(file, buffer, std::min(bytes, sizeof buffer), position);
    sent.append(buffer, static_cast<std::size_t>(got));
    return {IoResult::Status::kOk, static_cast<std::size_t>(got), 0};
  }
  int calls = 0;
  std::string sent;
};

TEST(SendQueue, PartialWritesContinueWhereTheyStopped) {
  const TestFile file("0123456789");
  StutteringTransport transport;
  SendQueue queue;
  std::string expected;
  for (int count = 0; count < 100; ++count) {
    Payload frame;
    frame.append(text("begin"));
    frame.append(file.slice(1, 7));
    frame.append(text("e"));
    queue.push(std::move(frame));
    expected += framed("begin1234567e");
    queue.push(Payload());
    expected += framed("");
  }
  EXPECT_EQ(queue.pending_bytes(), expected.size());
  int turns = 0;
  for (auto progress = queue.flush(transport); progress != SendQueue::Progress::kDrained; ++turns) {
    ASSERT_LT(turns, 10'000);
    if (progress == SendQueue::Progress::kColdFile) {
      ASSERT_GT(queue.cold_slice().length, 0);
    }
    progress = queue.flush(transport);
  }
  EXPECT_EQ(transport.sent, expected);
  EXPECT_EQ(queue.pending_bytes(), 0u);
  EXPECT_EQ(queue.frames_sent(), 200u);
  EXPECT_EQ(queue.bytes_sent(), expected.size());
}

}  // namespace
}  // namespace barnabas::network
