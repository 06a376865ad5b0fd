// TxnOffsetCommit (28): a group's positions as part of a transaction (KIP-98, KIP-447, KIP-890).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/groups/group_coordinator.h"
#include "broker/metadata_cache.h"
#include "broker/partition/partition_manager.h"
#include "broker/partition/transaction_verifier.h"
#include "protocol/messages/txn_offset_commit_request.h"
#include "protocol/messages/txn_offset_commit_response.h"

namespace barnabas::broker {

// Long-lived parts of every TxnOffsetCommit; all outlive the requests.
struct TxnOffsetCommitService {
  groups::GroupCoordinator& groups;
  const MetadataCache& metadata;
  const PartitionManager& partitions;
  TransactionVerifier& verifier;
};

// The group's partition of __consumer_offsets is a partition of the transaction like any other: version 5 has
// the broker add it, for older ones it must be there.
void handle_txn_offset_commit(const RequestContext& context, TxnOffsetCommitService& service,
                              protocol::TxnOffsetCommitRequest&& request,
                              Reply<protocol::TxnOffsetCommitResponse> reply);

}  // namespace barnabas::broker
