// DescribeLogDirs (35): log directories, their room and what lies in them (KIP-113, KIP-827).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "protocol/messages/describe_log_dirs_request.h"
#include "protocol/messages/describe_log_dirs_response.h"
#include "storage/log_manager.h"

namespace barnabas::broker {

void handle_describe_log_dirs(const RequestContext& context, const storage::LogManager& logs,
                              protocol::DescribeLogDirsRequest&& request,
                              Reply<protocol::DescribeLogDirsResponse> reply);

}  // namespace barnabas::broker
