#include "broker/handlers/list_groups.h"

#include "broker/groups/java_text.h"

namespace barnabas::broker {

void handle_list_groups(const RequestContext&, groups::GroupCoordinator& groups,
                        protocol::ListGroupsRequest&& request, Reply<protocol::ListGroupsResponse> reply) {
  groups::GroupFilter filter;
  for (const std::string& state : request.states_filter) filter.states.push_back(groups::folded(state));
  for (const std::string& type : request.types_filter) filter.types.push_back(groups::folded(type));
  groups.list(std::move(filter), [reply = std::move(reply)](groups::ListReply&& listed) mutable {
    protocol::ListGroupsResponse response;
    response.error_code = static_cast<std::int16_t>(listed.error);
    response.groups.reserve(listed.groups.size());
    for (auto& group : listed.groups) {
      auto& out = response.groups.emplace_back();
      out.group_id = std::move(group.group_id);
      out.protocol_type = std::move(group.protocol_type);
      out.group_state = std::move(group.state);
      out.group_type = std::move(group.type);
    }
    reply.send(response);
  });
}

}  // namespace barnabas::broker
