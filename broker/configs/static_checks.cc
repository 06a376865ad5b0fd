#include "broker/configs/static_checks.h"

#include <algorithm>
#include <array>

#include "broker/configs/listeners.h"
#include "common/text.h"

namespace barnabas::broker {

namespace {

using Checked = Result<void, std::string>;

std::unexpected<std::string> refuse(std::string sentence) {
  return std::unexpected(std::move(sentence));
}

std::unexpected<std::string> requirement(std::string_view sentence) {
  return std::unexpected(concat("requirement failed: ", sentence));
}

bool contains(const OptionList& items, std::string_view item) {
  return std::ranges::find(items, item) != items.end();
}

OptionList list_or_empty(const ConfigLayers& layers, std::string_view key) {
  const auto value = layers.find(key);
  return value ? std::get<OptionList>(*value) : OptionList();
}

Checked check_values(const ConfigLayers& layers) {
  for (const auto& [key, value] : layers.fixed()) {
    const Option* option = layers.registry().find(OptionScope::kBroker, without_listener_prefix(key));
    if (option == nullptr) continue;
    const auto parsed = parse_option(*option, value);
    if (!parsed) return refuse(parsed.error());
  }
  return {};
}

Checked check_node(const ConfigLayers& layers) {
  const std::int64_t broker_id = layers.integer("broker.id");
  const auto node_id = layers.find("node.id");
  if (!node_id && broker_id < 0) {
    return refuse("Missing required configuration \"node.id\" which has no default value.");
  }
  if (node_id && broker_id >= 0 && std::get<std::int64_t>(*node_id) != broker_id) {
    return refuse("You must set `node.id` to the same value as `broker.id`.");
  }
  const std::int64_t id = node_id ? std::get<std::int64_t>(*node_id) : broker_id;
  const OptionList roles = list_or_empty(layers, "process.roles");
  if (!contains(roles, "broker") || !contains(roles, "controller")) {
    return refuse(
        "process.roles must be broker,controller: a node is both, other roles are not supported yet");
  }
  const OptionList voters = layers.list("controller.quorum.voters");
  if (voters.empty()) return {};
  std::string ids;
  bool has_own = false;
  for (const std::string& voter : voters) {
    const std::string voter_id = voter.substr(0, voter.find('@'));
    has_own |= parse_number<std::int64_t>(voter_id) == id;
    ids += concat(ids.empty() ? "" : ", ", voter_id);
  }
  if (!has_own) {
    return requirement(concat("If process.roles contains the 'controller' role, the node id ", id,
                              " must be included in the set of voters controller.quorum.voters=Set(", ids,
                              ")"));
  }
  if (voters.size() > 1) {
    return refuse(concat("controller.quorum.voters names ", voters.size(),
                         " voters; only a quorum of one is supported yet"));
  }
  return {};
}

Checked check_listener_protocols(const ConfigLayers& layers) {
  const auto settings = parse_listeners(layers);
  if (!settings) return refuse(settings.error());
  for (const auto* endpoints : {&settings->broker, &settings->controller}) {
    for (const ListenerEndpoint& endpoint : *endpoints) {
      if (endpoint.protocol == "PLAINTEXT") continue;
      return refuse(concat("The listener ", endpoint.name, " asks for ", endpoint.protocol,
                           "; only PLAINTEXT is supported yet"));
    }
  }
  return {};
}

Checked check_retention(const ConfigLayers& layers) {
  const auto retention =
      resolve_option(layers, *layers.registry().find(OptionScope::kTopic, "retention.ms"), {});
  if (std::get<std::int64_t>(*retention) == 0) {
    return requirement("log.retention.ms must be unlimited (-1) or, greater than or equal to 1");
  }
  constexpr std::int64_t kLeastPerCleaner = 1 << 20;
  if (layers.integer("log.cleaner.dedupe.buffer.size") /
          std::max<std::int64_t>(layers.integer("log.cleaner.threads"), 1) <=
      kLeastPerCleaner) {
    return requirement("log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.");
  }
  for (const auto& [key, least] :
       {std::pair<std::string_view, std::int64_t>{"log.roll.ms", 1}, {"log.roll.jitter.ms", 0}}) {
    const auto value = layers.find(key);
    if (value && std::get<std::int64_t>(*value) < least) {
      return requirement(concat(key, " must be greater than or equal to ", least));
    }
  }
  return {};
}

Checked check_directories(const ConfigLayers& layers) {
  const OptionList directories = layers.is_set("log.dirs") ? layers.list("log.dirs") : layers.list("log.dir");
  const OptionList cordoned = layers.list("cordoned.log.dirs");
  if (contains(cordoned, "*")) {
    if (cordoned.size() == 1) return {};
    return requirement("When cordoned.log.dirs is set to *, it must not contain other values");
  }
  for (const std::string& directory : cordoned) {
    if (contains(directories, directory)) continue;
    return requirement(
        concat("All entries in cordoned.log.dirs must be present in log.dirs or log.dir. Missing entries : ",
               directory));
  }
  return {};
}

Checked check_connections(const ConfigLayers& layers) {
  const std::int64_t queued = layers.integer("queued.max.request.bytes");
  if (queued > 0 && queued < layers.integer("socket.request.max.bytes")) {
    return requirement("queued.max.request.bytes must be larger or equal to socket.request.max.bytes");
  }
  const std::int64_t delay = layers.integer("connection.failed.authentication.delay.ms");
  const std::int64_t idle = layers.integer("connections.max.idle.ms");
  if (idle >= 0 && delay >= idle) {
    return requirement(concat("connection.failed.authentication.delay.ms=", delay,
                              " should always be less than connections.max.idle.ms=", idle,
                              " to prevent failed authentication responses from timing out"));
  }
  const std::string overrides = layers.text("max.connections.per.ip.overrides");
  if (layers.integer("max.connections.per.ip") == 0 && overrides.empty()) {
    return requirement(
        "max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is "
        "set.");
  }
  for (const std::string& entry : split(overrides, ',')) {
    const auto colon = entry.rfind(':');
    if (colon != std::string::npos && parse_number<std::int32_t>(std::string_view(entry).substr(colon + 1)))
      continue;
    return refuse(concat("Error parsing configuration property 'max.connections.per.ip.overrides': ", entry));
  }
  return {};
}

Checked check_replication(const ConfigLayers& layers) {
  const std::int64_t wait = layers.integer("replica.fetch.wait.max.ms");
  if (wait > layers.integer("replica.socket.timeout.ms")) {
    return requirement(
        "replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent "
        "unnecessary "
        "socket timeouts");
  }
  if (wait > layers.integer("replica.lag.time.max.ms")) {
    return requirement(
        "replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms to prevent "
        "frequent changes in ISR");
  }
  return {};
}

// A group's setting that the broker gives must keep within the broker's own bounds.
Checked check_groups(const ConfigLayers& layers) {
  constexpr std::array<std::string_view, 8> kBounded = {
      "group.consumer.$heartbeat.interval.ms", "group.consumer.$session.timeout.ms",
      "group.share.$heartbeat.interval.ms",    "group.share.$session.timeout.ms",
      "group.share.$record.lock.duration.ms",  "group.share.$delivery.count.limit",
      "group.streams.$heartbeat.interval.ms",  "group.streams.$session.timeout.ms"};
  for (const std::string_view pattern : kBounded) {
    const std::size_t at = pattern.find('$');
    const auto key = [&](std::string_view infix) {
      return concat(pattern.substr(0, at), infix, pattern.substr(at + 1));
    };
    const std::int64_t value = layers.integer(key(""));
    if (value < layers.integer(key("min."))) {
      return refuse(concat(key(""), " must be greater than or equal to ", key("min.")));
    }
    if (value > layers.integer(key("max."))) {
      return refuse(concat(key(""), " must be less than or equal to ", key("max.")));
    }
  }
  if (!contains(layers.list("group.coordinator.rebalance.protocols"), "classic")) {
    return refuse("Disabling the 'classic' protocol is not supported.");
  }
  constexpr std::int64_t kLastCodec = 4;
  for (const std::string_view key :
       {"offsets.topic.compression.codec", "share.coordinator.state.topic.compression.codec"}) {
    const std::int64_t codec = layers.integer(key);
    if (codec < 0 || codec > kLastCodec) return refuse(concat("Unknown compression type id: ", codec));
  }
  return {};
}

constexpr std::string_view kAuthorizer = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";
// The authorizer's own, no option of the broker.
constexpr const char* kAllowedWithoutAcl = "allow.everyone.if.no.acl.found";

bool denies_by_default(const ConfigLayers& layers) {
  const auto allowed = layers.fixed().find(kAllowedWithoutAcl);
  return allowed == layers.fixed().end() || allowed->second != "true";
}

// What would be dangerous to take and not to do.
Checked check_promises(const ConfigLayers& layers) {
  const std::string authorizer = layers.text("authorizer.class.name");
  if (!authorizer.empty() && authorizer != kAuthorizer) {
    return refuse(concat("authorizer.class.name is ", authorizer, ", but only ", kAuthorizer, " is known"));
  }
  if (!authorizer.empty() && denies_by_default(layers)) {
    return refuse(
        concat("authorizer.class.name is set, but ACLs are not enforced yet: everything would be allowed to ",
               "everyone. Set ", kAllowedWithoutAcl, "=true if that is meant, or leave the authorizer out"));
  }
  if (layers.flag("remote.log.storage.system.enable")) {
    return refuse("remote.log.storage.system.enable is true, but tiered storage is not supported yet");
  }
  return {};
}

// Keys of the authorizer's own, which are no options of the broker.
bool is_of_authorizer(const ConfigLayers& layers, std::string_view key) {
  return !layers.text("authorizer.class.name").empty() && (key == "super.users" || key == kAllowedWithoutAcl);
}

std::vector<std::string> warnings(const ConfigLayers& layers) {
  std::vector<std::string> sentences;
  std::string idle;
  for (const auto& [key, value] : layers.fixed()) {
    const std::string_view plain = without_listener_prefix(key);
    const Option* option = layers.registry().find(OptionScope::kBroker, plain);
    if (is_of_authorizer(layers, key)) {
      idle += concat(idle.empty() ? "" : ", ", key);
    } else if (option == nullptr) {
      const auto closest = layers.registry().closest(OptionScope::kBroker, plain);
      sentences.push_back(
          closest ? concat("Unknown configuration ", key, " is ignored; the closest known one is ", *closest)
                  : concat("Unknown configuration ", key, " is ignored"));
    } else if (option->use == OptionUse::kAccepted && value != option->default_value.value_or("")) {
      idle += concat(idle.empty() ? "" : ", ", key);
    }
  }
  if (!layers.text("authorizer.class.name").empty()) {
    sentences.push_back(
        "An authorizer is configured, but ACLs are only stored and shown, not enforced yet: everything is "
        "allowed to everyone");
  }
  if (!idle.empty()) sentences.push_back(concat("Accepted, but without effect in this version: ", idle));
  return sentences;
}

}  // namespace

Result<std::vector<std::string>, std::string> check_static_configs(const OptionRegistry& registry,
                                                                   const ConfigTexts& texts) {
  const ConfigLayers layers(registry, std::make_shared<const ConfigTexts>(texts), nullptr, nullptr);
  for (const auto check :
       {check_values, check_node, check_listener_protocols, check_retention, check_directories,
        check_connections, check_replication, check_groups, check_promises}) {
    if (const Checked checked = check(layers); !checked) return std::unexpected(checked.error());
  }
  return warnings(layers);
}

}  // namespace barnabas::broker
