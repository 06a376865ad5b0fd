#include "broker/configs/listeners.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "common/text.h"

namespace barnabas::broker {

namespace {

using Endpoints = std::vector<ListenerEndpoint>;
using ProtocolMap = std::map<std::string, std::string, std::less<>>;

constexpr std::array<std::string_view, 4> kProtocols = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"};
constexpr std::string_view kEmptyName = "The provided listener name is null or empty string";

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string joined(const std::vector<std::string>& items, std::string_view separator) {
  std::string text;
  for (const std::string& item : items) text += concat(text.empty() ? "" : separator, item);
  return text;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::vector<std::string> names_of(const Endpoints& endpoints) {
  std::vector<std::string> names;
  for (const ListenerEndpoint& endpoint : endpoints) names.push_back(endpoint.name);
  return names;
}

std::unexpected<std::string> requirement(std::string_view sentence) {
  return std::unexpected(concat("requirement failed: ", sentence));
}

std::vector<std::string> controller_names(const ConfigLayers& layers) {
  std::vector<std::string> names;
  const auto value = layers.find("controller.listener.names");
  if (!value) return names;
  for (const std::string& name : std::get<OptionList>(*value)) names.push_back(upper(name));
  return names;
}

// Kafka's default map knows the protocols' own names alone; unless TLS or SASL is in use, controller
// listeners are PLAINTEXT without being named in it.
bool adds_controllers(const ConfigLayers& layers, const std::vector<std::string>& controllers) {
  if (layers.is_set("listener.security.protocol.map")) return false;
  std::vector<std::string> names = controllers;
  for (const std::string& listener : layers.list("listeners")) {
    names.push_back(upper(listener.substr(0, listener.find("://"))));
  }
  return std::ranges::none_of(
      names, [](const std::string& name) { return name == "SSL" || name.starts_with("SASL_"); });
}

Result<ProtocolMap, std::string> protocol_map(const ConfigLayers& layers,
                                              const std::vector<std::string>& controllers) {
  constexpr std::string_view kKey = "listener.security.protocol.map";
  ProtocolMap protocols;
  for (const std::string& entry : split(layers.text(kKey), ',')) {
    const auto colon = entry.rfind(':');
    if (colon == std::string::npos) {
      return std::unexpected(concat("Error parsing configuration property '", kKey, "': ", entry));
    }
    const std::string name = upper(trim(std::string_view(entry).substr(0, colon)));
    const std::string protocol = upper(trim(std::string_view(entry).substr(colon + 1)));
    if (name.empty()) return std::unexpected(std::string(kEmptyName));
    if (std::ranges::find(kProtocols, protocol) == kProtocols.end()) {
      return std::unexpected(concat("Invalid security protocol `", protocol, "` defined in ", kKey));
    }
    protocols[name] = protocol;
  }
  if (adds_controllers(layers, controllers)) {
    for (const std::string& name : controllers) protocols.try_emplace(name, "PLAINTEXT");
  }
  return protocols;
}

bool is_ipv6(std::string_view host) {
  return host.contains(':');
}

// Two listeners may share a port when one is for IPv4 and the other for IPv6.
std::optional<std::string> check_ports(const Endpoints& endpoints, std::string_view all) {
  std::map<std::uint16_t, std::vector<const ListenerEndpoint*>> by_port;
  for (const ListenerEndpoint& endpoint : endpoints) {
    if (endpoint.port != 0) by_port[endpoint.port].push_back(&endpoint);
  }
  for (const auto& [port, sharing] : by_port) {
    if (sharing.size() == 1) continue;
    const bool all_addresses = std::ranges::all_of(
        sharing, [](const ListenerEndpoint* endpoint) { return !endpoint->host.empty(); });
    if (!all_addresses || sharing.size() > 2) {
      return concat("Each listener must have a different port, listeners: ", all);
    }
    if (is_ipv6(sharing[0]->host) == is_ipv6(sharing[1]->host)) {
      return concat(
          "If you have two listeners on the same port then one needs to be IPv4 and the other IPv6, ",
          "listeners: ", all, ", port: ", port);
    }
  }
  return std::nullopt;
}

Result<Endpoints, std::string> parse_endpoints(const OptionList& items, const ProtocolMap& protocols,
                                               bool ports_differ) {
  const std::string all = concat("[", joined(items, ", "), "]");
  const auto refused = [&all](std::string_view reason) {
    return std::unexpected(concat("Error creating broker listeners from '", all, "': ", reason));
  };
  Endpoints endpoints;
  for (const std::string& item : items) {
    auto endpoint = parse_endpoint(item);
    if (!endpoint) return refused(endpoint.error());
    const auto protocol = protocols.find(endpoint->name);
    if (protocol == protocols.end()) {
      return refused(concat("No security protocol defined for listener ", endpoint->name));
    }
    endpoint->protocol = protocol->second;
    endpoints.push_back(std::move(*endpoint));
  }
  const std::vector<std::string> names = names_of(endpoints);
  if (std::set<std::string>(names.begin(), names.end()).size() != names.size()) {
    return refused(concat("Each listener must have a different name, listeners: ", all));
  }
  if (ports_differ) {
    if (const auto wrong = check_ports(endpoints, all)) return refused(*wrong);
  }
  return endpoints;
}

Result<std::string, std::string> inter_broker_name(const ConfigLayers& layers, const ProtocolMap& protocols) {
  const auto name = layers.find("inter.broker.listener.name");
  if (!name) return layers.text("security.inter.broker.protocol");
  if (layers.is_set("security.inter.broker.protocol")) {
    return std::unexpected(std::string(
        "Only one of inter.broker.listener.name and security.inter.broker.protocol should be set."));
  }
  std::string listener = upper(std::get<std::string>(*name));
  if (listener.empty()) return std::unexpected(std::string(kEmptyName));
  if (!protocols.contains(listener)) {
    return std::unexpected(
        concat("Listener with name ", listener,
               " defined in inter.broker.listener.name not found in listener.security.protocol.map."));
  }
  return listener;
}

Result<void, std::string> check_controller(const ListenerSettings& settings,
                                           const std::vector<std::string>& controllers) {
  if (controllers.empty()) return {};
  if (settings.controller.empty()) {
    return requirement(
        "controller.listener.names must contain at least one value appearing in the 'listeners' "
        "configuration "
        "when running the KRaft controller role");
  }
  if (settings.controller.size() != controllers.size()) {
    return requirement(
        "controller.listener.names must only contain values appearing in the 'listeners' configuration when "
        "running the KRaft controller role");
  }
  return {};
}

Result<void, std::string> check_advertised(const ListenerSettings& settings) {
  if (settings.advertised.empty()) {
    return requirement(
        "There must be at least one broker advertised listener. Perhaps all listeners appear in "
        "controller.listener.names?");
  }
  const std::vector<std::string> names = names_of(settings.advertised);
  if (!contains(names, settings.inter_broker_name)) {
    return requirement(concat(
        "inter.broker.listener.name must be a listener name defined in advertised.listeners. The valid ",
        "options based on currently configured listeners are ", joined(names, ",")));
  }
  const std::vector<std::string> bound = names_of(settings.broker);
  if (!std::ranges::all_of(names, [&](const std::string& name) { return contains(bound, name); })) {
    return requirement(
        concat("advertised.listeners listener names must be equal to or a subset of the ones defined in ",
               "listeners. Found ", joined(names, ","),
               ". The valid options based on the current configuration are ", joined(bound, ",")));
  }
  const auto is_nowhere = [](const ListenerEndpoint& endpoint) { return endpoint.host == "0.0.0.0"; };
  if (std::ranges::any_of(settings.advertised, is_nowhere)) {
    return requirement(
        "advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address.");
  }
  return {};
}

}  // namespace

Result<ListenerEndpoint, std::string> parse_endpoint(std::string_view text) {
  const auto refused = [text] {
    return std::unexpected(concat("Unable to parse ", text, " to a broker endpoint"));
  };
  constexpr std::string_view kHostLetters =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-%._:";
  const auto slashes = text.find("://");
  if (slashes == std::string_view::npos) return refused();
  std::string_view rest = text.substr(slashes + 3);
  const auto colon = rest.rfind(':');
  if (colon == std::string_view::npos) return refused();
  std::string_view host = rest.substr(0, colon);
  const std::string_view port_text = rest.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.find_first_not_of(kHostLetters) != std::string_view::npos) return refused();
  const auto port = parse_number<std::int64_t>(port_text);
  if (!port) return refused();
  if (*port < 0 || *port > 65'535) {
    return std::unexpected(concat("The port of ", text, " must be between 0 and 65535"));
  }
  ListenerEndpoint endpoint;
  endpoint.name = upper(text.substr(0, slashes));
  if (endpoint.name.empty()) return std::unexpected(std::string(kEmptyName));
  endpoint.host = host;
  endpoint.port = static_cast<std::uint16_t>(*port);
  return endpoint;
}

Result<ListenerSettings, std::string> parse_listeners(const ConfigLayers& layers) {
  const std::vector<std::string> controllers = controller_names(layers);
  const auto protocols = protocol_map(layers, controllers);
  if (!protocols) return std::unexpected(protocols.error());
  const auto listeners = parse_endpoints(layers.list("listeners"), *protocols, true);
  if (!listeners) return std::unexpected(listeners.error());
  auto inter_broker = inter_broker_name(layers, *protocols);
  if (!inter_broker) return std::unexpected(inter_broker.error());

  ListenerSettings settings;
  settings.inter_broker_name = std::move(*inter_broker);
  for (const ListenerEndpoint& endpoint : *listeners) {
    (contains(controllers, endpoint.name) ? settings.controller : settings.broker).push_back(endpoint);
  }
  if (const auto advertised = layers.find("advertised.listeners")) {
    auto endpoints = parse_endpoints(std::get<OptionList>(*advertised), *protocols, false);
    if (!endpoints) return std::unexpected(endpoints.error());
    std::erase_if(*endpoints, [&](const auto& endpoint) { return contains(controllers, endpoint.name); });
    settings.advertised = std::move(*endpoints);
  } else {
    settings.advertised = settings.broker;
  }
  if (const auto checked = check_controller(settings, controllers); !checked) {
    return std::unexpected(checked.error());
  }
  if (const auto checked = check_advertised(settings); !checked) return std::unexpected(checked.error());
  return settings;
}

}  // namespace barnabas::broker
