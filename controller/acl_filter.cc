#include "controller/acl_filter.h"

namespace barnabas::controller {

using namespace acl_code;  // NOLINT: the codes are what this file is about

namespace {

bool matches_code(std::int8_t wanted, std::int8_t held) {
  return wanted == kAny || wanted == held;
}

bool matches_text(const std::optional<std::string>& wanted, const std::string& held) {
  return !wanted || *wanted == held;
}

}  // namespace

std::int8_t known_code(std::int8_t code, std::int8_t last) {
  return code >= 0 && code <= last ? code : kUnknown;
}

bool AclFilter::unknown_pattern() const {
  return known_code(resource_type, kLastResourceType) == kUnknown ||
         known_code(pattern_type, kPrefixed) == kUnknown;
}

bool AclFilter::unknown_entry() const {
  return known_code(operation, kLastOperation) == kUnknown || known_code(permission_type, kAllow) == kUnknown;
}

bool AclFilter::matches_resource(const AclEntry& entry) const {
  if (!matches_code(resource_type, entry.resource_type)) return false;
  if (pattern_type != kMatch && !matches_code(pattern_type, entry.pattern_type)) return false;
  if (!resource_name) return true;
  if (pattern_type != kMatch) return *resource_name == entry.resource_name;
  if (entry.pattern_type == kPrefixed) return resource_name->starts_with(entry.resource_name);
  return *resource_name == entry.resource_name || entry.resource_name == "*";
}

bool AclFilter::matches(const AclEntry& entry) const {
  return matches_resource(entry) && matches_text(principal, entry.principal) &&
         matches_text(host, entry.host) && matches_code(operation, entry.operation) &&
         matches_code(permission_type, entry.permission_type);
}

}  // namespace barnabas::controller
