#include "broker/handlers/acls.h"

#include <map>
#include <tuple>

#include "protocol/error_code.h"

namespace barnabas::broker {
namespace {

using controller::AclEntry;
using controller::AclFilter;
using controller::ApiError;
using protocol::CreateAclsResponse;
using protocol::DeleteAclsResponse;
using protocol::DescribeAclsResponse;
using protocol::ErrorCode;

bool disabled(const AdminService& service) {
  return service.configs.layers()->text("authorizer.class.name").empty();
}

ApiError no_authorizer() {
  return {ErrorCode::kSecurityDisabled, "No Authorizer is configured."};
}

// Where this is not called the message is empty, not null: as Kafka leaves it in what DescribeAcls and
// CreateAcls did.
template <class At>
void set_error(At& at, const ApiError& error) {
  at.error_code = static_cast<std::int16_t>(error.code);
  at.error_message = error.nullable_message();
}

// DescribeAcls and DeleteAcls ask in the same fields.
template <class Asked>
AclFilter filter_of(Asked&& asked) {
  AclFilter filter;
  filter.resource_type = asked.resource_type_filter;
  filter.resource_name = std::move(asked.resource_name_filter);
  filter.pattern_type = asked.pattern_type_filter;
  filter.principal = std::move(asked.principal_filter);
  filter.host = std::move(asked.host_filter);
  filter.operation = asked.operation;
  filter.permission_type = asked.permission_type;
  return filter;
}

AclEntry entry_of(protocol::CreateAclsRequest::AclCreation&& creation) {
  AclEntry entry;
  entry.resource_type = creation.resource_type;
  entry.resource_name = std::move(creation.resource_name);
  entry.pattern_type = creation.resource_pattern_type;
  entry.principal = std::move(creation.principal);
  entry.host = std::move(creation.host);
  entry.operation = creation.operation;
  entry.permission_type = creation.permission_type;
  return entry;
}

// Entries of one resource stand together in the answer.
void add_resources(DescribeAclsResponse& response, const controller::MetadataImage& image,
                   const AclFilter& filter) {
  std::map<std::tuple<std::int8_t, std::string, std::int8_t>, DescribeAclsResponse::DescribeAclsResource>
      resources;
  image.acls().for_each([&](const Uuid&, const AclEntry& entry) {
    if (!filter.matches(entry)) return;
    auto& resource = resources[{entry.resource_type, entry.resource_name, entry.pattern_type}];
    resource.resource_type = entry.resource_type;
    resource.resource_name = entry.resource_name;
    resource.pattern_type = entry.pattern_type;
    auto& acl = resource.acls.emplace_back();
    acl.principal = entry.principal;
    acl.host = entry.host;
    acl.operation = entry.operation;
    acl.permission_type = entry.permission_type;
  });
  for (auto& [key, resource] : resources) response.resources.push_back(std::move(resource));
}

void add_deleted(DeleteAclsResponse& response, controller::DeletedAcls&& deleted) {
  auto& result = response.filter_results.emplace_back();
  set_error(result, deleted.error);
  for (AclEntry& entry : deleted.entries) {
    auto& acl = result.matching_acls.emplace_back();
    acl.error_message = std::nullopt;
    acl.resource_type = entry.resource_type;
    acl.resource_name = std::move(entry.resource_name);
    acl.pattern_type = entry.pattern_type;
    acl.principal = std::move(entry.principal);
    acl.host = std::move(entry.host);
    acl.operation = entry.operation;
    acl.permission_type = entry.permission_type;
  }
}

}  // namespace

void handle_describe_acls(const RequestContext&, const AdminService& service,
                          protocol::DescribeAclsRequest&& request, Reply<DescribeAclsResponse> reply) {
  DescribeAclsResponse response;
  const AclFilter filter = filter_of(std::move(request));
  if (disabled(service)) {
    set_error(response, {ErrorCode::kSecurityDisabled, "No Authorizer is configured on the broker"});
  } else if (filter.unknown_pattern() || filter.unknown_entry()) {
    set_error(response, {ErrorCode::kInvalidRequest, "DescribeAclsRequest contains UNKNOWN elements"});
  } else {
    add_resources(response, *service.metadata.get(), filter);
  }
  reply.send(response);
}

void handle_create_acls(const RequestContext&, const AdminService& service,
                        protocol::CreateAclsRequest&& request, Reply<CreateAclsResponse> reply) {
  auto answer = [reply = std::move(reply)](const std::vector<ApiError>& errors) mutable {
    CreateAclsResponse response;
    for (const ApiError& error : errors) {
      auto& result = response.results.emplace_back();
      if (!error.ok()) set_error(result, error);
    }
    reply.send(response);
  };
  if (disabled(service)) return answer(std::vector<ApiError>(request.creations.size(), no_authorizer()));
  std::vector<AclEntry> entries;
  for (auto& creation : request.creations) entries.push_back(entry_of(std::move(creation)));
  service.controller.create_acls(std::move(entries), std::move(answer));
}

void handle_delete_acls(const RequestContext&, const AdminService& service,
                        protocol::DeleteAclsRequest&& request, Reply<DeleteAclsResponse> reply) {
  auto answer = [reply = std::move(reply)](std::vector<controller::DeletedAcls> all) mutable {
    DeleteAclsResponse response;
    for (auto& deleted : all) add_deleted(response, std::move(deleted));
    reply.send(response);
  };
  if (disabled(service)) {
    controller::DeletedAcls refused;
    refused.error = no_authorizer();
    return answer(std::vector<controller::DeletedAcls>(request.filters.size(), refused));
  }
  std::vector<AclFilter> filters;
  for (auto& filter : request.filters) filters.push_back(filter_of(std::move(filter)));
  service.controller.delete_acls(std::move(filters), std::move(answer));
}

}  // namespace barnabas::broker
