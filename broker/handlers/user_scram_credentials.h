// DescribeUserScramCredentials (50) and AlterUserScramCredentials (51): the users of SASL/SCRAM (KIP-554).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/handlers/admin_service.h"
#include "protocol/messages/alter_user_scram_credentials_request.h"
#include "protocol/messages/alter_user_scram_credentials_response.h"
#include "protocol/messages/describe_user_scram_credentials_request.h"
#include "protocol/messages/describe_user_scram_credentials_response.h"

namespace barnabas::broker {

void handle_describe_user_scram_credentials(const RequestContext& context, const AdminService& service,
                                            protocol::DescribeUserScramCredentialsRequest&& request,
                                            Reply<protocol::DescribeUserScramCredentialsResponse> reply);
void handle_alter_user_scram_credentials(const RequestContext& context, const AdminService& service,
                                         protocol::AlterUserScramCredentialsRequest&& request,
                                         Reply<protocol::AlterUserScramCredentialsResponse> reply);

}  // namespace barnabas::broker
