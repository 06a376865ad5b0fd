#include "broker/telemetry/client_subscription.h"

#include <re2/re2.h>

#include "common/text.h"

namespace barnabas::broker {
namespace {

const std::string* attribute(const ClientAttributes& client, std::string_view name) {
  if (name == "client_instance_id") return &client.client_instance_id;
  if (name == "client_id") return &client.client_id;
  if (name == "client_software_name") return &client.client_software_name;
  if (name == "client_software_version") return &client.client_software_version;
  if (name == "client_source_address") return &client.client_source_address;
  if (name == "client_source_port") return &client.client_source_port;
  return nullptr;
}

std::string setting(const controller::ConfigMap& settings, std::string_view name) {
  const auto found = settings.find(name);
  return found == settings.end() ? std::string() : found->second;
}

}  // namespace

struct ClientSubscription::Pattern {
  Pattern(std::string attribute_name, const std::string& text)
      : attribute(std::move(attribute_name)), expression(text, RE2::Quiet) {}
  std::string attribute;
  RE2 expression;  // in linear time, whatever a client is called
};

ClientSubscription::ClientSubscription(const controller::ConfigMap& settings) {
  if (const auto interval = parse_number<std::int32_t>(trim(setting(settings, "interval.ms"))))
    interval_ms_ = *interval;
  for (auto& metric : split(setting(settings, "metrics"), ',')) {
    if (metric == "*") all_metrics_ = true;
    if (!metric.empty()) metrics_.push_back(std::move(metric));
  }
  for (const auto& pair : split(setting(settings, "match"), ',')) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos) continue;
    patterns_.push_back(
        std::make_shared<const Pattern>(std::string(trim(std::string_view(pair).substr(0, equals))),
                                        std::string(trim(std::string_view(pair).substr(equals + 1)))));
  }
}

bool ClientSubscription::matches(const ClientAttributes& client) const {
  for (const auto& pattern : patterns_) {
    const std::string* value = attribute(client, pattern->attribute);
    if (value == nullptr || !pattern->expression.ok() || !RE2::FullMatch(*value, pattern->expression))
      return false;
  }
  return true;
}

}  // namespace barnabas::broker
