// Who may commit and fetch the offsets of a streams group (KIP-1071).
#pragma once

#include "broker/groups/commands.h"
#include "broker/groups/streams/group.h"

namespace barnabas::broker::groups::streams {

// A commit of an older epoch passes if the member has had every task since.
ErrorCode check_commit(const Group& group, const CommitCommand& command, bool transactional);
ErrorCode check_fetch(const Group& group, const FetchOffsetsCommand& command);

}  // namespace barnabas::broker::groups::streams
