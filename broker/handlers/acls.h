// DescribeAcls (29), CreateAcls (30) and DeleteAcls (31): who may do what, as it is written down. Nothing is
// enforced. Without an authorizer they answer SECURITY_DISABLED.
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/handlers/admin_service.h"
#include "protocol/messages/create_acls_request.h"
#include "protocol/messages/create_acls_response.h"
#include "protocol/messages/delete_acls_request.h"
#include "protocol/messages/delete_acls_response.h"
#include "protocol/messages/describe_acls_request.h"
#include "protocol/messages/describe_acls_response.h"

namespace barnabas::broker {

void handle_describe_acls(const RequestContext& context, const AdminService& service,
                          protocol::DescribeAclsRequest&& request,
                          Reply<protocol::DescribeAclsResponse> reply);
void handle_create_acls(const RequestContext& context, const AdminService& service,
                        protocol::CreateAclsRequest&& request, Reply<protocol::CreateAclsResponse> reply);
void handle_delete_acls(const RequestContext& context, const AdminService& service,
                        protocol::DeleteAclsRequest&& request, Reply<protocol::DeleteAclsResponse> reply);

}  // namespace barnabas::broker
