#include "network/transport.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

namespace barnabas::network {
namespace {

using Status = IoResult::Status;

// BBR paces what it is given: large chunks cost several times the CPU there.
constexpr std::size_t kFileChunkBytes = 1024 * 1024;
constexpr std::size_t kPacedFileChunkBytes = 64 * 1024;

IoResult failure(Status when_blocked) {
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {when_blocked, 0, 0};
  return {Status::kFailed, 0, errno};
}

std::size_t file_chunk_bytes(int socket) {
  char name[16] = {};
  socklen_t size = sizeof name - 1;
  if (::getsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name, &size) != 0) return kFileChunkBytes;
  return std::string_view(name).starts_with("bbr") ? kPacedFileChunkBytes : kFileChunkBytes;
}

template <class Call>
auto retry_interrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace

PlainTransport::PlainTransport(int socket) : socket_(socket), file_chunk_bytes_(file_chunk_bytes(socket)) {}

IoResult PlainTransport::receive(std::span<const iovec> into) {
  const auto got =
      retry_interrupted([&] { return ::readv(socket_, into.data(), static_cast<int>(into.size())); });
  if (got < 0) return failure(Status::kWantRead);
  if (got == 0) return {Status::kEnd, 0, 0};
  return {Status::kOk, static_cast<std::size_t>(got), 0};
}

IoResult PlainTransport::send(std::span<const iovec> from, bool more) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(from.data());
  message.msg_iovlen = from.size();
  const int flags = MSG_NOSIGNAL | (more ? MSG_MORE : 0);
  const auto sent = retry_interrupted([&] { return ::sendmsg(socket_, &message, flags); });
  if (sent < 0) return failure(Status::kWantWrite);
  return {Status::kOk, static_cast<std::size_t>(sent), 0};
}

IoResult PlainTransport::send_file(int file, std::int64_t position, std::size_t bytes) {
  bytes = std::min(bytes, file_chunk_bytes_);
  if (!sendfile_works_) return copy_file(file, position, bytes);
  off_t offset = position;
  const auto sent = retry_interrupted([&] { return ::sendfile(socket_, file, &offset, bytes); });
  if (sent > 0) return {Status::kOk, static_cast<std::size_t>(sent), 0};
  if (sent == 0) return {Status::kEnd, 0, 0};
  if (errno != EINVAL && errno != ENOSYS) return failure(Status::kWantWrite);
  sendfile_works_ = false;  // a file system without it
  return copy_file(file, position, bytes);
}

IoResult PlainTransport::copy_file(int file, std::int64_t position, std::size_t bytes) {
  std::array<std::uint8_t, 64 * 1024> buffer;
  bytes = std::min(bytes, buffer.size());
  const auto got = retry_interrupted([&] { return ::pread(file, buffer.data(), bytes, position); });
  if (got < 0) return {Status::kFailed, 0, errno};
  if (got == 0) return {Status::kEnd, 0, 0};
  const iovec part{buffer.data(), static_cast<std::size_t>(got)};
  return send({&part, 1}, false);
}

}  // namespace barnabas::network
