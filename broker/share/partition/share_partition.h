// One partition of a topic as one share group works through it (KIP-932): which records are available, held,
// done or given up.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker/share/partition/in_flight.h"
#include "broker/share/persister.h"
#include "protocol/error_code.h"
#include "storage/log.h"

namespace barnabas::broker::share {

// Of the group, as they are at the moment of a call.
struct ShareLimits {
  std::int32_t max_in_flight = 2'000;      // share.partition.max.record.locks
  std::int32_t delivery_count_limit = 5;   // share.delivery.count.limit
  std::int64_t lock_duration_ms = 30'000;  // share.record.lock.duration.ms
  bool renew_acknowledge = true;           // share.renew.acknowledge.enable
};

// A batch of the log, as much as its header says.
struct LogBatch {
  std::int64_t base_offset = 0;
  std::int64_t last_offset = 0;
  std::int64_t producer_id = -1;
  bool is_transactional = false;
  bool is_control = false;
  std::size_t position = 0;  // of its first byte in what was read
  std::size_t bytes = 0;
};

// Records that were handed to a member; the count includes this delivery.
struct AcquiredRange {
  std::int64_t first_offset = 0;
  std::int64_t last_offset = 0;
  std::int16_t delivery_count = 1;
  bool operator==(const AcquiredRange&) const = default;
};

enum class AcknowledgeType : std::int8_t { kGap = 0, kAccept = 1, kRelease = 2, kReject = 3, kRenew = 4 };

// One type for all its offsets, or one for each (the caller has checked that, and the types' range).
struct AcknowledgeBatch {
  std::int64_t first_offset = 0;
  std::int64_t last_offset = 0;
  std::vector<std::int8_t> types;
};

// A core without I/O, in virtual time. Not synchronized: its HostedPartition calls it under a mutex and owns
// it. A change that a member asks for is first made here and marked as under way; the host has it persisted
// and tells with finish() what became of it. Expired locks are given up at once and persisted afterwards.
class SharePartition {
 public:
  // From what was persisted. Records between persisted batches were out when the state was last written: they
  // are available again. `start_offset`: the persisted one, or where the group begins.
  SharePartition(std::int64_t start_offset, std::span<const StateBatch> batches);

  // Everything below is done with.
  std::int64_t start_offset() const { return start_offset_; }
  // The first offset that was never handed out.
  std::int64_t next_new_offset() const { return next_new_offset_; }
  // Of the records from the start on, those that are acknowledged or given up.
  std::int32_t delivery_complete_count() const { return complete_count_; }
  std::int64_t in_flight_count() const { return next_new_offset_ - start_offset_; }
  const InFlight& in_flight() const { return in_flight_; }

  // Where to read the records to hand out next: released ones come first.
  std::int64_t next_fetch_offset();
  bool can_acquire(const ShareLimits& limits);

  struct Acquire {
    Holder member;
    bool record_limit = false;  // never more than max_records (KIP-1206); else whole batches are preferred
    std::int32_t batch_size = 1;
    std::int32_t max_records = 0;
    std::int64_t fetch_offset = 0;      // from next_fetch_offset()
    std::span<const LogBatch> batches;  // what was read there
    // Not null: records of aborted transactions are given up instead (share.isolation.level).
    const std::vector<storage::AbortedTransaction>* aborted = nullptr;
    std::int64_t now_ms = 0;
  };
  // In the order of their offsets.
  std::vector<AcquiredRange> acquire(const Acquire& request, const ShareLimits& limits);

  // What a call changed, to be persisted and then told to finish(); on an error nothing has changed.
  struct Change {
    protocol::ErrorCode error = protocol::ErrorCode::kNone;
    std::string_view message = {};
    std::vector<StateBatch> batches = {};
  };
  // INVALID_RECORD_STATE for records that the member does not hold, INVALID_REQUEST beyond what was handed
  // out. Renewals take effect at once and need no persisting.
  Change acknowledge(const std::string& member, std::span<const AcknowledgeBatch> batches,
                     const ShareLimits& limits, std::int64_t now_ms);
  // Makes what the member holds available again.
  Change release(const std::string& member, const ShareLimits& limits);
  // The changes are persisted, or the persister refused them and they are taken back.
  void finish(std::span<const StateBatch> changed, bool persisted, const ShareLimits& limits,
              std::int64_t now_ms);

  // Takes locks away whose time is over. The result is persisted without finish().
  std::vector<StateBatch> expire(const ShareLimits& limits, std::int64_t now_ms);
  // When to call expire(): not before a lock ends, though perhaps with none ended; INT64_MAX without locks.
  std::int64_t next_deadline_ms() const { return next_deadline_ms_; }

  // Records below are gone from the log.
  void move_log_start(std::int64_t log_start_offset);

 private:
  struct Taking;
  struct Acknowledging;

  void change_state(DeliveryState& state, std::int64_t first, std::int64_t last, RecordState to);
  // Changes an acquired state, giving up what was delivered too often, and notes it.
  void begin_change(DeliveryState& state, std::int64_t first, std::int64_t last, RecordState to,
                    const ShareLimits& limits, std::vector<StateBatch>& changed);
  void finish_change(DeliveryState& state, std::int64_t first, std::int64_t last, bool persisted,
                     const ShareLimits& limits, std::int64_t now_ms);
  void expire_one(DeliveryState& state, std::int64_t first, std::int64_t last, const ShareLimits& limits,
                  std::int64_t now_ms, std::vector<StateBatch>& changed);
  void hand_out(DeliveryState& state, const Taking& taking);
  // Calls see(state, first, last) for what lies in a range: whole batches, or single records; splits batches
  // that are partly in it.
  template <class See>
  void for_each(std::int64_t first, std::int64_t last, See&& see);
  InFlight::iterator batch_at(std::int64_t offset);

  bool take_in_flight(Taking& taking, std::int64_t first, std::int64_t last);
  std::int32_t take_records(Taking& taking, std::int64_t batch_first, InFlightBatch& batch,
                            std::int64_t first, std::int64_t last, std::int32_t most);
  void take_new(Taking& taking, std::int64_t first, std::int64_t last);
  void add_new(const Taking& taking, std::int64_t first, std::int64_t last, std::int64_t last_taken);
  bool is_throttled(const Taking& taking, std::int64_t batch_first, const InFlightBatch& batch,
                    std::int64_t first, std::int64_t last) const;
  void give_up_stale(std::int64_t fetch_offset, std::int64_t first_read);
  void give_up_aborted(Taking& taking);
  void give_up(std::int64_t first, std::int64_t last, RecordState from);

  void acknowledge_batch(Acknowledging& work, const AcknowledgeBatch& batch);
  void acknowledge_whole(Acknowledging& work, const AcknowledgeBatch& batch, std::int64_t first,
                         InFlightBatch& found);
  void acknowledge_each(Acknowledging& work, const AcknowledgeBatch& batch, std::int64_t first,
                        InFlightBatch& found);
  void answer_for(Acknowledging& work, DeliveryState& state, std::int64_t first, std::int64_t last,
                  std::int8_t type);

  // Moves the start over what is done with.
  void advance();
  void count_complete();

  InFlight in_flight_;
  std::int64_t start_offset_;
  std::int64_t next_new_offset_;
  std::int32_t complete_count_ = 0;
  bool has_free_ = false;  // perhaps some of in_flight_ is available; false: certainly none
  std::int64_t next_deadline_ms_ = INT64_MAX;
};

// Appends to `batches`, joining what touches and is alike.
void append_joined(std::vector<StateBatch>& batches, const StateBatch& batch);

}  // namespace barnabas::broker::share
