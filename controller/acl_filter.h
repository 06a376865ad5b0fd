// Which access control entries a DescribeAcls or DeleteAcls request means (KIP-290).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "controller/image/metadata_image.h"

namespace barnabas::controller {

// The codes of Kafka's ResourceType, PatternType, AclOperation and AclPermissionType, as requests and records
// carry them. Codes beyond the last one count as unknown, like 0.
namespace acl_code {
inline constexpr std::int8_t kUnknown = 0, kAny = 1;
inline constexpr std::int8_t kCluster = 4, kLastResourceType = 7;
inline constexpr std::int8_t kMatch = 2, kLiteral = 3, kPrefixed = 4;
inline constexpr std::int8_t kLastOperation = 15;
inline constexpr std::int8_t kDeny = 2, kAllow = 3;
}  // namespace acl_code

// A code as Kafka reads it: 0 unless it lies in 0 to `last`.
std::int8_t known_code(std::int8_t code, std::int8_t last);

struct AclFilter {
  AclFilter() = default;

  std::int8_t resource_type = acl_code::kAny;
  std::optional<std::string> resource_name;  // none: every name
  std::int8_t pattern_type = acl_code::kAny;
  std::optional<std::string> principal;
  std::optional<std::string> host;
  std::int8_t operation = acl_code::kAny;
  std::int8_t permission_type = acl_code::kAny;

  // Holds something that nobody knows and that therefore matches nothing.
  bool unknown_pattern() const;
  bool unknown_entry() const;
  // ANY compares names as they are; MATCH asks which entries would decide about the resource of that name:
  // literal ones of the name or '*', and prefixes of it.
  bool matches(const AclEntry& entry) const;

 private:
  bool matches_resource(const AclEntry& entry) const;
};

}  // namespace barnabas::controller
