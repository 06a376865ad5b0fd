// Incremental fetch sessions (KIP-227): a consumer of many partitions names only what changed since its last
// fetch, and is answered only with what changed.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "broker/fetch/fetch_partition.h"
#include "common/clock.h"
#include "common/random.h"
#include "protocol/error_code.h"

namespace barnabas::broker {

// What the client was told of a partition last; -1 when nothing yet, so that a first answer always differs.
struct ToldPartition {
  std::int64_t high_watermark = -1;
  std::int64_t log_start_offset = -1;
};

// Remembered partitions in the order in which they are served next. Guarded by its mutex: a client may misuse
// one session from two connections.
class FetchSession {
 public:
  struct Entry {
    FetchPartition partition;
    ToldPartition told;
  };

  FetchSession(std::int32_t session_id, bool uses_topic_ids) : id(session_id), by_topic_id(uses_topic_ids) {}

  const std::int32_t id;
  const bool by_topic_id;  // made by version 13 or later; a session never mixes the two

  std::mutex mutex;
  std::int32_t next_epoch = 1;
  std::list<Entry> order;
  std::unordered_map<FetchKey, std::list<Entry>::iterator> by_key;

  void put(FetchPartition partition);
  void remove(const FetchKey& key);
  // Partitions that were answered with data go to the back, so that the others get their turn.
  void move_to_back(const FetchKey& key);
};

// The sessions of a broker, bounded in number. Any thread.
class FetchSessionCache {
 public:
  struct Limits {
    std::size_t slots = 1000;                // max.incremental.fetch.session.cache.slots
    std::int64_t min_eviction_ms = 120'000;  // min.incremental.fetch.session.eviction.ms
  };
  FetchSessionCache(Limits limits, const Clock& clock, std::unique_ptr<Random> random)
      : limits_(limits), clock_(clock), random_(std::move(random)) {}

  // A new session, or null when the cache is full of sessions in use: the fetch then stays sessionless.
  std::shared_ptr<FetchSession> create(bool by_topic_id);
  // Marks it as used now. Null if unknown.
  std::shared_ptr<FetchSession> find(std::int32_t id);
  void remove(std::int32_t id);
  std::size_t size() const;
  // Sessions that had to make room for others, since the start.
  std::int64_t evictions() const;

 private:
  struct Slot {
    std::shared_ptr<FetchSession> session;
    std::int64_t used_ms = 0;
  };
  using Slots = std::list<Slot>;  // least recently used first

  const Limits limits_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::unique_ptr<Random> random_;
  Slots slots_;
  std::unordered_map<std::int32_t, Slots::iterator> by_id_;
  std::int64_t evictions_ = 0;
};

}  // namespace barnabas::broker
