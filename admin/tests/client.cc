#include "admin/tests/client.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/text.h"

namespace barnabas::admin {

HttpClient::HttpClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)), port_(port) {
  const timeval patience{10, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
}

HttpClient::~HttpClient() {
  ::close(socket_);
}

void HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool HttpClient::fill() {
  char chunk[16384];
  const auto got = ::recv(socket_, chunk, sizeof chunk, 0);
  if (got <= 0) return false;
  buffer_.append(chunk, static_cast<std::size_t>(got));
  return true;
}

bool HttpClient::closed() {
  while (fill()) {
  }
  return true;
}

Reply HttpClient::read(bool is_head) {
  Reply reply;
  std::size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return reply;
  }
  const std::string head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  reply.status = parse_number<int>(std::string_view(head).substr(9, 3)).value_or(0);
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const auto line_end = head.find("\r\n", at);
    const std::string line = head.substr(at, line_end - at);
    const auto colon = line.find(':');
    std::string name = line.substr(0, colon);
    for (char& letter : name) letter = static_cast<char>(std::tolower(letter));
    reply.headers[name] = trim(std::string_view(line).substr(colon + 1));
    at = line_end + 2;
  }
  if (is_head || !reply.headers.contains("content-length")) return reply;
  const auto length = parse_number<std::size_t>(reply.headers["content-length"]).value_or(0);
  while (buffer_.size() < length) {
    if (!fill()) return reply;
  }
  reply.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return reply;
}

Reply HttpClient::ask(std::string_view method, std::string_view path, std::string_view body,
                      const std::vector<std::string>& headers) {
  std::string request = concat(method, " ", path, " HTTP/1.1\r\n");
  bool has_host = false, has_type = false;
  for (const std::string& header : headers) {
    request += header + "\r\n";
    has_host |= header.starts_with("Host:");
    has_type |= header.starts_with("Content-Type:");
  }
  if (!has_host) request += concat("Host: localhost:", port_, "\r\n");
  if (!has_type && !body.empty()) request += "Content-Type: application/json\r\n";
  if (!body.empty() || method == "POST") request += concat("Content-Length: ", body.size(), "\r\n");
  send(request + "\r\n" + std::string(body));
  return read(method == "HEAD");
}

}  // namespace barnabas::admin
