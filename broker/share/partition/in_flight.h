// What a share partition remembers of records between their first delivery and their end (KIP-932).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace barnabas::broker::share {

// The numbers are those of the persisted state.
enum class RecordState : std::int8_t { kAvailable = 0, kAcquired = 1, kAcknowledged = 2, kArchived = 4 };

inline bool is_final(RecordState state) {
  return state == RecordState::kAcknowledged || state == RecordState::kArchived;
}

// Shared by all the records that a member holds.
using Holder = std::shared_ptr<const std::string>;

// One record's, or that of a whole run of records. A value.
struct DeliveryState {
  RecordState state = RecordState::kAvailable;
  RecordState before = RecordState::kAvailable;  // what a change under way goes back to
  bool is_changing = false;                      // until the persister has answered
  std::int16_t delivery_count = 0;
  std::int64_t deadline_ms = 0;  // monotonic; of the holder's lock
  Holder holder;                 // set while acquired, and while the end of that is not persisted

  bool is_free() const { return state == RecordState::kAvailable && !is_changing; }
  bool is_held() const { return state == RecordState::kAcquired; }
  bool is_held_by(const std::string& member) const { return is_held() && *holder == member; }
  bool is_settled() const { return is_final(state) && !is_changing; }
};

// A run of offsets that is handed out, and mostly answered, as one. Its records get states of their own when
// somebody treats them differently.
struct InFlightBatch {
  std::int64_t last = 0;
  DeliveryState whole;              // unless split
  std::vector<DeliveryState> each;  // by offset from the batch's first

  bool is_split() const { return !each.empty(); }
  void split(std::int64_t first) {
    if (!is_split()) each.assign(static_cast<std::size_t>(last - first + 1), whole);
  }
};

// By first offset, without gaps between them.
using InFlight = std::map<std::int64_t, InFlightBatch>;

}  // namespace barnabas::broker::share
