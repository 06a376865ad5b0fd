// Share sessions (KIP-932): a member names the partitions it reads once, and afterwards what changed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/result.h"
#include "common/uuid.h"
#include "protocol/error_code.h"

namespace barnabas::broker::share {

// A partition of a session. The name is that of the topic when it was added; empty: no topic had the id.
struct SessionPartition {
  Uuid topic_id;
  std::string topic;
  std::int32_t partition = 0;
};

// What a request asks for once its session is taken into account.
struct SharePlan {
  bool is_first = false;                          // of its session: everything is told
  bool is_final = false;                          // nothing is read, the session ends
  std::vector<SessionPartition> partitions = {};  // in the order in which they are served
};

inline constexpr std::int32_t kFirstShareEpoch = 0;
inline constexpr std::int32_t kFinalShareEpoch = -1;

// The sessions of a broker, bounded in number. Any thread; one mutex, held briefly.
class ShareSessions {
 public:
  explicit ShareSessions(std::size_t most_sessions) : most_sessions_(most_sessions) {}

  struct Request {
    std::string group_id;
    std::string member_id;
    std::int32_t epoch = 0;
    std::vector<SessionPartition> wanted = {};
    std::vector<SessionPartition> forgotten = {};
    bool has_acknowledgements = false;
  };
  // For ShareFetch: makes a session (epoch 0), goes on with one, or looks at one that ends (-1). Errors:
  // SHARE_SESSION_NOT_FOUND, INVALID_SHARE_SESSION_EPOCH, SHARE_SESSION_LIMIT_REACHED, INVALID_REQUEST for
  // acknowledgements before there is a session.
  Result<SharePlan, protocol::ErrorCode> open(Request&& request);
  // For ShareAcknowledge, which needs a session and counts it on.
  protocol::ErrorCode acknowledge(const std::string& group_id, const std::string& member_id,
                                  std::int32_t epoch);

  // Whether an answer in a going session has to name the partition, and notes that it was told. One with
  // records goes to the back, so that the others get their turn.
  bool must_tell(const std::string& group_id, const std::string& member_id, const SessionPartition& partition,
                 bool has_records, bool has_error);

  // Ends the session and gives what it was about; none if there is none.
  std::optional<std::vector<SessionPartition>> close(const std::string& group_id,
                                                     const std::string& member_id);
  // A connection that opened a session is gone. `serial`: of the session, from serial_of().
  std::optional<std::vector<SessionPartition>> close_if(const std::string& group_id,
                                                        const std::string& member_id, std::uint64_t serial);
  // 0 if there is no session.
  std::uint64_t serial_of(const std::string& group_id, const std::string& member_id) const;
  bool has_members(const std::string& group_id) const;

  struct Numbers {
    std::size_t sessions = 0;
    std::size_t partitions = 0;
  };
  Numbers numbers() const;
  std::int64_t evictions() const;

 private:
  using Key = std::pair<std::string, std::string>;
  struct PartitionHash {
    std::size_t operator()(const std::pair<Uuid, std::int32_t>& key) const {
      return std::hash<Uuid>()(key.first) * 31 + static_cast<std::size_t>(key.second);
    }
  };
  struct Entry {
    SessionPartition partition;
    bool must_tell = false;
  };
  struct Session {
    std::uint64_t serial = 0;
    std::int32_t next_epoch = 1;
    std::uint64_t last_place = 0;
    std::map<std::uint64_t, Entry> order;
    std::unordered_map<std::pair<Uuid, std::int32_t>, std::uint64_t, PartitionHash> places;

    void put(SessionPartition partition, bool must_tell);
    void remove(const SessionPartition& partition);
  };

  Result<SharePlan, protocol::ErrorCode> begin(Request&& request);
  std::vector<SessionPartition> erase(std::map<Key, Session>::iterator found);

  const std::size_t most_sessions_;
  mutable std::mutex mutex_;  // guards all below
  std::map<Key, Session> sessions_;
  std::size_t partitions_ = 0;
  std::uint64_t last_serial_ = 0;
  std::int64_t evictions_ = 0;
};

}  // namespace barnabas::broker::share
