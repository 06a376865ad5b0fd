// What one Fetch request asks for once its session is taken into account, and how its answer is trimmed.
#pragma once

#include <memory>
#include <vector>

#include "broker/fetch/fetch_session.h"
#include "common/result.h"
#include "protocol/error_code.h"
#include "protocol/messages/fetch_request.h"

namespace barnabas::broker {

class FetchPlan {
 public:
  // Looks up, makes or ends the session that `request` names (KIP-227) and takes its changes over.
  // Errors: FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR.
  static Result<FetchPlan, protocol::ErrorCode> make(const protocol::FetchRequest& request,
                                                     std::int16_t version, FetchSessionCache& sessions);

  // In the order to read them.
  const std::vector<FetchPartition>& partitions() const { return partitions_; }
  // 0 for a fetch without a session.
  std::int32_t session_id() const { return session_ ? session_->id : 0; }

  // Whether an incremental answer has to name this partition, and notes what the client is told now. A
  // partition with data goes to the back of the session's order. Always true without a session and in the
  // answer that opens one.
  struct Answer {
    bool has_error = false;
    bool has_records = false;
    bool has_extras = false;  // a diverging epoch or a preferred replica
    std::int64_t high_watermark = -1;
    std::int64_t log_start_offset = -1;
  };
  bool must_tell(const FetchKey& key, const Answer& answer);
  // The same question without taking note: used to decide whether there is anything to say yet.
  bool is_incremental() const { return incremental_; }

 private:
  std::vector<FetchPartition> partitions_;
  std::shared_ptr<FetchSession> session_;
  bool incremental_ = false;
};

}  // namespace barnabas::broker
