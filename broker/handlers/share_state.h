// The APIs between those who lead share partitions and the share coordinator (KIP-932):
// InitializeShareGroupState (83), ReadShareGroupState (84), WriteShareGroupState (85), DeleteShareGroupState
// (86) and ReadShareGroupStateSummary (87). Each partition is answered for itself.
#pragma once

#include "broker/api/api_table.h"
#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/share/persister.h"
#include "protocol/messages/delete_share_group_state_request.h"
#include "protocol/messages/delete_share_group_state_response.h"
#include "protocol/messages/initialize_share_group_state_request.h"
#include "protocol/messages/initialize_share_group_state_response.h"
#include "protocol/messages/read_share_group_state_request.h"
#include "protocol/messages/read_share_group_state_response.h"
#include "protocol/messages/read_share_group_state_summary_request.h"
#include "protocol/messages/read_share_group_state_summary_response.h"
#include "protocol/messages/write_share_group_state_request.h"
#include "protocol/messages/write_share_group_state_response.h"

namespace barnabas::broker {

// A request without a group, without topics or with a topic without partitions is answered without results.
void handle_initialize_share_group_state(const RequestContext& context, share::Persister& coordinator,
                                         protocol::InitializeShareGroupStateRequest&& request,
                                         Reply<protocol::InitializeShareGroupStateResponse> reply);
void handle_read_share_group_state(const RequestContext& context, share::Persister& coordinator,
                                   protocol::ReadShareGroupStateRequest&& request,
                                   Reply<protocol::ReadShareGroupStateResponse> reply);
void handle_write_share_group_state(const RequestContext& context, share::Persister& coordinator,
                                    protocol::WriteShareGroupStateRequest&& request,
                                    Reply<protocol::WriteShareGroupStateResponse> reply);
void handle_delete_share_group_state(const RequestContext& context, share::Persister& coordinator,
                                     protocol::DeleteShareGroupStateRequest&& request,
                                     Reply<protocol::DeleteShareGroupStateResponse> reply);
void handle_read_share_group_state_summary(const RequestContext& context, share::Persister& coordinator,
                                           protocol::ReadShareGroupStateSummaryRequest&& request,
                                           Reply<protocol::ReadShareGroupStateSummaryResponse> reply);

// Adds all five. `coordinator` is the share coordinator itself and outlives the table: who asks over the wire
// has found it with FindCoordinator and asks again if it has to.
void add_share_state_apis(ApiTable& apis, share::Persister& coordinator);

}  // namespace barnabas::broker
