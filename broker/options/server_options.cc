#include "broker/options/tables.h"

namespace barnabas::broker {

namespace {

using enum OptionType;
using enum OptionUpdate;
using enum OptionUse;

constexpr Option kOptions[] = {
    {"admin.allowed.hosts", kList, "", list_of(""), kReadOnly, kActs,
     "Host names, besides addresses and localhost, under which the HTTP API answers."},
    {"admin.listeners", kList, "http://127.0.0.1:9080", list_of(""), kReadOnly, kActs,
     "Addresses of the HTTP API, as http://host:port; empty for none."},
    {"admin.token", kPassword, std::nullopt, any_value(), kReadOnly, kActs,
     "Bearer token that changes over HTTP must carry; without one they are taken from this machine only."},
    {"auto.create.topics.enable", kBoolean, "true", any_value(), kReadOnly, kActs,
     "Whether a topic comes into being when a client asks for its metadata."},
    {"background.threads", kInt, "10", at_least(1), kClusterWide, kAccepted, "Threads for background work."},
    {"config.providers", kList, "", list_of(""), kClusterWide, kAccepted,
     "Names of providers that resolve references in configuration values."},
    {"controlled.shutdown.enable", kBoolean, "true", any_value(), kReadOnly, kAccepted,
     "Whether the broker hands over its leaderships before it stops."},
    {"max.request.partition.size.limit", kInt, "2000", at_least(1), kReadOnly, kAccepted,
     "Most partitions in one DescribeTopicPartitions response."},
};

}  // namespace

OptionTable server_options() {
  return kOptions;
}

}  // namespace barnabas::broker
