#include "broker/handlers/describe_groups.h"

#include "broker/authorized_operations.h"
#include "protocol/error_code.h"

namespace barnabas::broker {
namespace {

using protocol::DescribeGroupsRequest;
using protocol::DescribeGroupsResponse;
using protocol::ErrorCode;
using DescribedGroup = DescribeGroupsResponse::DescribedGroup;

// Until KIP-1043 an unknown group was a dead one without an error.
constexpr std::int16_t kFirstVersionWithNotFound = 6;

DescribedGroup described(groups::GroupDescription&& group, std::int16_t version, bool with_operations) {
  DescribedGroup out;
  const bool hidden = group.error == ErrorCode::kGroupIdNotFound && version < kFirstVersionWithNotFound;
  const ErrorCode error = hidden ? ErrorCode::kNone : group.error;
  out.error_code = static_cast<std::int16_t>(error);
  if (version >= kFirstVersionWithNotFound && !group.error_message.empty()) {
    out.error_message = std::move(group.error_message);
  }
  out.group_id = std::move(group.group_id);
  out.group_state = std::move(group.state);
  out.protocol_type = std::move(group.protocol_type);
  out.protocol_data = std::move(group.protocol);
  out.members.reserve(group.members.size());
  for (auto& member : group.members) {
    auto& added = out.members.emplace_back();
    added.member_id = std::move(member.member_id);
    added.group_instance_id = std::move(member.instance_id);
    added.client_id = std::move(member.client_id);
    added.client_host = std::move(member.client_host);
    added.member_metadata = std::move(member.metadata);
    added.member_assignment = std::move(member.assignment);
  }
  if (with_operations && error == ErrorCode::kNone) out.authorized_operations = kGroupOperations;
  return out;
}

}  // namespace

void handle_describe_groups(const RequestContext&, groups::GroupCoordinator& groups,
                            DescribeGroupsRequest&& request, Reply<DescribeGroupsResponse> reply) {
  groups.describe(std::move(request.groups), [with_operations = request.include_authorized_operations,
                                              reply = std::move(reply)](
                                                 std::vector<groups::GroupDescription>&& all) mutable {
    DescribeGroupsResponse response;
    response.groups.reserve(all.size());
    for (auto& group : all) {
      response.groups.push_back(described(std::move(group), reply.version(), with_operations));
    }
    reply.send(response);
  });
}

}  // namespace barnabas::broker
