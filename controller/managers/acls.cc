#include "controller/managers/acls.h"

#include <set>
#include <tuple>

#include "common/text.h"

namespace barnabas::controller {

using protocol::ErrorCode;
using namespace acl_code;  // NOLINT: the codes are what this file is about

namespace {

constexpr std::size_t kMaxRecords = 10'000;

struct EntryOrder {
  static auto parts(const AclEntry& entry) {
    return std::tie(entry.resource_type, entry.resource_name, entry.pattern_type, entry.principal, entry.host,
                    entry.operation, entry.permission_type);
  }
  bool operator()(const AclEntry& a, const AclEntry& b) const { return parts(a) < parts(b); }
};

// The names of the codes that no entry may have: 0, 1 and PatternType's 2.
std::string_view name_of(std::int8_t code) {
  if (code == kMatch) return "MATCH";
  return code == kAny ? "ANY" : "UNKNOWN";
}

ApiError invalid(auto&&... parts) {
  return {ErrorCode::kInvalidRequest, concat(parts...)};
}

// A broker of Kafka fails on ANY and MATCH before its controller sees them, with UNKNOWN_SERVER_ERROR for the
// whole request, and closes the connection on 0; the controller's own INVALID_REQUEST says what is wrong.
ApiError check(const AclEntry& entry) {
  if (entry.resource_type == kCluster && entry.resource_name != "kafka-cluster") {
    return invalid("The only valid name for the CLUSTER resource is kafka-cluster");
  }
  if (entry.resource_name.empty()) return invalid("Invalid empty resource name");
  const std::int8_t resource_type = known_code(entry.resource_type, kLastResourceType);
  if (resource_type <= kAny) return invalid("Invalid resourceType ", name_of(resource_type));
  const std::int8_t pattern_type = known_code(entry.pattern_type, kPrefixed);
  if (pattern_type < kLiteral) return invalid("Invalid patternType ", name_of(pattern_type));
  const std::int8_t operation = known_code(entry.operation, kLastOperation);
  if (operation <= kAny) return invalid("Invalid operation ", name_of(operation));
  const std::int8_t permission = known_code(entry.permission_type, kAllow);
  if (permission <= kAny) return invalid("Invalid permissionType ", name_of(permission));
  if (entry.principal.find(':') == std::string::npos) {
    return invalid("Could not parse principal from `", entry.principal,
                   "` (no colon is present separating the principal type from the principal name)");
  }
  return {};
}

protocol::AccessControlEntryRecord to_record(const Uuid& id, const AclEntry& entry) {
  protocol::AccessControlEntryRecord record;
  record.id = id;
  record.resource_type = entry.resource_type;
  record.resource_name = entry.resource_name;
  record.pattern_type = entry.pattern_type;
  record.principal = entry.principal;
  record.host = entry.host;
  record.operation = entry.operation;
  record.permission_type = entry.permission_type;
  return record;
}

}  // namespace

Decision<std::vector<ApiError>> AclManager::create(const MetadataImage& image,
                                                   const std::vector<AclEntry>& entries) const {
  Decision<std::vector<ApiError>> decision;
  std::set<AclEntry, EntryOrder> existing;
  image.acls().for_each([&](const Uuid&, const AclEntry& entry) { existing.insert(entry); });
  for (const AclEntry& entry : entries) {
    ApiError error = check(entry);
    if (error.ok() && existing.insert(entry).second) {
      Uuid id = Uuid::random(random_);
      while (image.acls().contains(id)) id = Uuid::random(random_);
      decision.records.emplace_back(to_record(id, entry));
    }
    decision.reply.push_back(std::move(error));
  }
  if (decision.records.size() > kMaxRecords) {
    decision.records.clear();
    decision.reply.assign(entries.size(), {ErrorCode::kPolicyViolation,
                                           "Unable to perform excessively large batch operation."});
  }
  return decision;
}

Decision<std::vector<DeletedAcls>> AclManager::remove(const MetadataImage& image,
                                                      const std::vector<AclFilter>& filters) const {
  Decision<std::vector<DeletedAcls>> decision;
  std::set<Uuid> removed;
  for (const AclFilter& filter : filters) {
    DeletedAcls& deleted = decision.reply.emplace_back();
    if (filter.unknown_pattern() || filter.unknown_entry()) {
      deleted.error = invalid(filter.unknown_pattern() ? "Unknown patternFilter." : "Unknown entryFilter.");
      continue;
    }
    image.acls().for_each([&](const Uuid& id, const AclEntry& entry) {
      if (!filter.matches(entry)) return;
      deleted.entries.push_back(entry);
      removed.insert(id);
    });
  }
  if (removed.size() > kMaxRecords) {
    DeletedAcls refused;
    refused.error = invalid("Cannot remove more than 10000 acls in a single delete operation.");
    decision.reply.assign(filters.size(), refused);
    return decision;
  }
  for (const Uuid& id : removed) {
    protocol::RemoveAccessControlEntryRecord record;
    record.id = id;
    decision.records.emplace_back(std::move(record));
  }
  return decision;
}

}  // namespace barnabas::controller
