#include "broker/handlers/group_apis.h"

#include "broker/handlers/consumer_groups.h"
#include "broker/handlers/delete_groups.h"
#include "broker/handlers/describe_groups.h"
#include "broker/handlers/heartbeat.h"
#include "broker/handlers/join_group.h"
#include "broker/handlers/leave_group.h"
#include "broker/handlers/list_groups.h"
#include "broker/handlers/offset_commit.h"
#include "broker/handlers/offset_delete.h"
#include "broker/handlers/offset_fetch.h"
#include "broker/handlers/sync_group.h"

namespace barnabas::broker {
namespace {

template <class Request, class Response, class Handler>
void add_group_api(ApiTable& apis, groups::GroupCoordinator& groups, Handler handler) {
  apis.add<Request, Response>(
      [&groups, handler](const RequestContext& context, Request&& request, Reply<Response> reply) {
        handler(context, groups, std::move(request), std::move(reply));
      });
}

template <class Request, class Response, class Handler>
void add_api_with_metadata(ApiTable& apis, groups::GroupCoordinator& groups, const MetadataCache& metadata,
                           Handler handler) {
  apis.add<Request, Response>(
      [&groups, &metadata, handler](const RequestContext& context, Request&& request, Reply<Response> reply) {
        handler(context, groups, metadata, std::move(request), std::move(reply));
      });
}

}  // namespace

void add_group_apis(ApiTable& apis, groups::GroupCoordinator& groups, const MetadataCache& metadata,
                    CoordinatorLookup& lookup) {
  using namespace protocol;
  apis.add<FindCoordinatorRequest, FindCoordinatorResponse>([&lookup](const RequestContext& context,
                                                                      FindCoordinatorRequest&& request,
                                                                      Reply<FindCoordinatorResponse> reply) {
    handle_find_coordinator(context, lookup, std::move(request), std::move(reply));
  });
  add_group_api<JoinGroupRequest, JoinGroupResponse>(apis, groups, handle_join_group);
  add_group_api<SyncGroupRequest, SyncGroupResponse>(apis, groups, handle_sync_group);
  add_group_api<HeartbeatRequest, HeartbeatResponse>(apis, groups, handle_heartbeat);
  add_group_api<LeaveGroupRequest, LeaveGroupResponse>(apis, groups, handle_leave_group);
  add_group_api<ListGroupsRequest, ListGroupsResponse>(apis, groups, handle_list_groups);
  add_group_api<DescribeGroupsRequest, DescribeGroupsResponse>(apis, groups, handle_describe_groups);
  add_group_api<DeleteGroupsRequest, DeleteGroupsResponse>(apis, groups, handle_delete_groups);
  add_api_with_metadata<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(
      apis, groups, metadata, handle_consumer_group_heartbeat);
  add_api_with_metadata<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse>(
      apis, groups, metadata, handle_consumer_group_describe);
  add_api_with_metadata<OffsetCommitRequest, OffsetCommitResponse>(apis, groups, metadata,
                                                                   handle_offset_commit);
  add_api_with_metadata<OffsetFetchRequest, OffsetFetchResponse>(apis, groups, metadata, handle_offset_fetch);
  add_api_with_metadata<OffsetDeleteRequest, OffsetDeleteResponse>(apis, groups, metadata,
                                                                   handle_offset_delete);
}

}  // namespace barnabas::broker
