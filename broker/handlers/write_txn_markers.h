// WriteTxnMarkers (27): transaction coordinators, and tools that abort hanging transactions, have markers
// written (KIP-98, KIP-664, KIP-890).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/transactions/marker_sink.h"
#include "protocol/messages/write_txn_markers_request.h"
#include "protocol/messages/write_txn_markers_response.h"

namespace barnabas::broker {

// Answered when every marker is committed or refused.
void handle_write_txn_markers(const RequestContext& context, transactions::MarkerSink& sink,
                              protocol::WriteTxnMarkersRequest&& request,
                              Reply<protocol::WriteTxnMarkersResponse> reply);

}  // namespace barnabas::broker
