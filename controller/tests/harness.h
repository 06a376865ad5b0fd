// One node over simulated files and a clock that stands still: format, start, crash, start again.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "common/clock.h"
#include "common/random.h"
#include "controller/active_controller.h"
#include "controller/format.h"
#include "storage/file_cache.h"
#include "storage/pending_deletions.h"
#include "storage/simulation/simulated_file_system.h"

namespace barnabas::controller::testing {

// Knows a handful of keys: enough to see every answer.
class FakeSchema final : public ConfigSchema {
 public:
  ApiError validate(const ConfigResource& resource, const ConfigMap& settings) const override {
    for (const auto& [name, value] : settings) {
      if (!known_.contains(name)) {
        return {protocol::ErrorCode::kInvalidConfig, "Unknown config name: " + name};
      }
      if (value == "bad")
        return {protocol::ErrorCode::kInvalidConfig, "Invalid value bad for configuration " + name};
    }
    (void)resource;
    return {};
  }
  bool is_list(ConfigResourceType, std::string_view name) const override { return name == "cleanup.policy"; }
  std::optional<std::string> default_value(ConfigResourceType, std::string_view name) const override {
    if (name == "cleanup.policy") return "delete";
    return std::nullopt;
  }

 private:
  const std::set<std::string, std::less<>> known_{"cleanup.policy", "retention.ms", "min.insync.replicas",
                                                  "unclean.leader.election.enable", "segment.bytes"};
};

class Node {
 public:
  explicit Node(storage::FileSystem& files, std::uint64_t seed = 1)
      : random(seeded_random(seed)),
        descriptors(files, 100),
        environment{files, descriptors, deletions, clock, 86'400'000, {}} {
    config.metadata_directory = "/data";
    config.cluster_id = "Nk018hRAQFytWskYqtQduw";
    config.node_id = 1;
    config.directory_id = Uuid::reserved(200);
    config.controller_endpoints = {Endpoint("CONTROLLER", "localhost", 9093, 0)};
  }

  Result<void, std::string> format(bool static_quorum = false) {
    FormatRequest request;
    request.directories = {"/data"};
    request.metadata_directory = "/data";
    request.voter.key = {config.node_id, config.directory_id};
    VoterEndpoint endpoint;
    endpoint.listener = "CONTROLLER";
    endpoint.host = "localhost";
    endpoint.port = 9093;
    request.voter.endpoints = {endpoint};
    request.static_quorum = static_quorum;
    request.now_ms = clock.wall_ms();
    if (static_quorum) config.static_voters = {request.voter};
    return format_directories(environment.files, request);
  }

  Result<void, std::string> start() {
    active = std::make_unique<ActiveController>(environment, clock, *random, schema, config);
    return active->start();
  }

  // Decides, writes and commits.
  template <class Decide>
  auto run(Decide decide) {
    auto [reply, error] = active->decide(decide);
    last_error = error.ok() ? active->commit() : error;
    return reply;
  }
  const MetadataImage& image() const { return *active->image(); }

  // Registers broker 1 and unfences it; returns its epoch.
  std::int64_t join(std::int64_t previous_epoch = -1) {
    BrokerDescription broker;
    broker.id = 1;
    broker.endpoints = {Endpoint("PLAINTEXT", "localhost", 9092, 0)};
    broker.directories = {config.directory_id};
    broker.previous_broker_epoch = previous_epoch;
    const auto epoch = run([&](const MetadataImage& now) {
      return active->brokers().register_broker(now, broker, active->next_offset());
    });
    if (!epoch) return -1;
    run([&](const MetadataImage& now) { return active->brokers().unfence(now, 1, *epoch); });
    return *epoch;
  }

  ApiError create_topic(const std::string& name, std::int32_t partitions = 1) {
    CreateTopicsCommand command;
    command.topics.emplace_back().name = name;
    command.topics.back().partitions = partitions;
    const auto reply = run([&](const MetadataImage& now) { return active->topics().create(now, command); });
    return last_error.ok() ? reply.front().error : last_error;
  }

  ManualClock clock;
  std::unique_ptr<Random> random;
  storage::FileCache descriptors;
  storage::PendingDeletions deletions;
  storage::LogEnvironment environment;
  FakeSchema schema;
  ControllerConfig config;
  std::unique_ptr<ActiveController> active;
  ApiError last_error;
};

}  // namespace barnabas::controller::testing
