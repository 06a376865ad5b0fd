// A server of its own in a fresh directory, and the HTTP requests of tests to it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "apps/server.h"

namespace barnabas::apps {

using Json = nlohmann::json;

struct HttpReply {
  unsigned status = 0;
  std::string body;
  Json json() const { return Json::parse(body, nullptr, false); }
};

// Ports are chosen by the system; the directory goes with the object.
class RunningServer {
 public:
  explicit RunningServer(broker::ConfigTexts more = {});
  ~RunningServer();
  RunningServer(const RunningServer&) = delete;

  Server& server() { return *server_; }
  std::uint16_t kafka_port() const { return kafka_port_; }
  // "/v3/clusters/ID" + path.
  std::string in_cluster(std::string_view path) const;
  HttpReply ask(std::string_view method, std::string_view target, std::string_view body = {}) const;
  HttpReply get(std::string_view target) const { return ask("GET", target); }

 private:
  std::filesystem::path directory_;
  std::unique_ptr<Server> server_;
  std::uint16_t http_port_ = 0;
  std::uint16_t kafka_port_ = 0;
};

}  // namespace barnabas::apps
