#include "broker/handlers/delete_groups.h"

#include <unordered_set>

namespace barnabas::broker {

void handle_delete_groups(const RequestContext&, groups::GroupCoordinator& groups,
                          protocol::DeleteGroupsRequest&& request,
                          Reply<protocol::DeleteGroupsResponse> reply) {
  // A group that is named twice is deleted and answered once.
  std::vector<std::string> names;
  std::unordered_set<std::string> seen;
  for (std::string& name : request.groups_names) {
    if (seen.insert(name).second) names.push_back(std::move(name));
  }
  groups.delete_groups(std::move(names),
                       [reply = std::move(reply)](std::vector<groups::DeletedGroup>&& deleted) mutable {
                         protocol::DeleteGroupsResponse response;
                         response.results.reserve(deleted.size());
                         for (auto& group : deleted) {
                           auto& out = response.results.emplace_back();
                           out.group_id = std::move(group.group_id);
                           out.error_code = static_cast<std::int16_t>(group.error);
                         }
                         reply.send(response);
                       });
}

}  // namespace barnabas::broker
