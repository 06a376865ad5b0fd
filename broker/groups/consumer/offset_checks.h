// Who may commit and fetch the offsets of a consumer group (KIP-848).
#pragma once

#include "broker/groups/commands.h"
#include "broker/groups/consumer/protocol.h"

namespace barnabas::broker::groups::consumer {

// A commit of an older epoch passes if the member has had every partition since.
ErrorCode check_commit(const Protocol& groups, const Group& group, const CommitCommand& command,
                       bool transactional);
ErrorCode check_fetch(const Group& group, const FetchOffsetsCommand& command);

}  // namespace barnabas::broker::groups::consumer
