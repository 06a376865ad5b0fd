#include "common/payload.h"

#include <unistd.h>

#include <cstdio>
#include <system_error>

namespace barnabas {
namespace {

// A file that is gone when its last user is.
FileSlice file_with(std::string_view content, std::int64_t position, std::int64_t length) {
  std::shared_ptr<std::FILE> file(std::tmpfile(), [](std::FILE* open) { std::fclose(open); });
  const int fd = ::fileno(file.get());
  EXPECT_EQ(::pwrite(fd, content.data(), content.size(), 0), static_cast<ssize_t>(content.size()));
  return {file, fd, position, length};
}

TEST(Payload, KeepsMemoryAndFilesInOrder) {
  Payload payload = Payload::own({'a', 'b'});
  payload.append(file_with("0123456789", 3, 4));
  payload.append(SharedBytes::borrow(as_bytes("z")));
  EXPECT_EQ(payload.size(), 7u);
  const Buffer all = payload.to_buffer();
  EXPECT_EQ(as_text(all), "ab3456z");
}

TEST(Payload, TakesOverAnother) {
  Payload first = Payload::own({'a'});
  Payload second = Payload::own({'b', 'c'});
  first.append(std::move(second));
  EXPECT_EQ(as_text(first.to_buffer()), "abc");
  EXPECT_TRUE(second.empty());  // NOLINT: a moved-from payload is empty, by contract
}

TEST(Payload, FailsWhenAFileEndsEarly) {
  Payload payload;
  payload.append(file_with("short", 0, 6));
  EXPECT_THROW(payload.to_buffer(), std::system_error);
}

}  // namespace
}  // namespace barnabas
