// A shard on the bench: virtual time, a log in memory, and clients that
// remember what they were answered.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/groups/group_shard.h"
#include "common/random.h"

namespace barnabas::broker::groups {

// One answer that comes at once, later or not yet. Counts how often it came.
template <class Answer>
class Answered {
 public:
  Answerer<Answer> answerer() {
    return [state = state_](Answer&& answer) {
      state->answer = std::move(answer);
      ++state->times;
    };
  }
  bool done() const { return state_->times > 0; }
  int times() const { return state_->times; }
  // Nobody else can answer any more or looks at the answer.
  bool alone() const { return state_.use_count() == 1; }
  const Answer& operator*() const { return state_->answer.value(); }
  const Answer* operator->() const { return &state_->answer.value(); }

 private:
  struct State {
    std::optional<Answer> answer;
    int times = 0;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

struct LoggedRecord {
  EncodedRecord bytes;
  std::int64_t producer_id = -1;
  std::optional<transactions::Marker> marker = {};  // in place of a record
};

// What a test says of a member that joins.
struct Joiner {
  std::string group_id = "g";
  std::string member_id = {};
  std::optional<std::string> instance_id = std::nullopt;
  std::vector<std::string> protocols = {"range"};
  std::int32_t session_timeout_ms = 10'000;
  std::int32_t rebalance_timeout_ms = 60'000;
  std::string protocol_type = "consumer";
  std::vector<std::string> topics = {"t"};
  bool needs_known_member_id = false;
  bool can_skip_assignment = false;
  std::string client_id = "client";
};

Buffer subscription(const std::vector<std::string>& topics);
Buffer bytes_of(std::string_view text);

class ShardBench {
 public:
  explicit ShardBench(GroupSettings settings = {}, std::uint64_t seed = 1);

  // --- Time ---
  void advance(std::int64_t ms);  // through every deadline on the way, in order
  Instant now() const { return now_; }

  // --- Requests ---
  Answered<JoinReply> join(const Joiner& joiner);
  Answered<SyncReply> sync(const JoinReply& joined, const std::vector<std::string>& assigned_members = {},
                           const std::string& group_id = "g");
  Answered<SyncReply> sync(SyncCommand command);
  ErrorCode heartbeat(const std::string& member_id, std::int32_t generation_id,
                      const std::string& group_id = "g",
                      std::optional<std::string> instance_id = std::nullopt);
  Answered<LeaveReply> leave(std::vector<LeavingMember> members, const std::string& group_id = "g");
  Answered<CommitReply> commit(CommitCommand command);
  // Of one offset, without membership unless a generation is given.
  ErrorCode commit(const std::string& topic, std::int32_t partition, std::int64_t offset,
                   std::int32_t generation_id = -1, const std::string& member_id = "",
                   const std::string& group_id = "g");
  // Of one offset by a producer in its transaction.
  ErrorCode commit_in_transaction(std::int64_t producer_id, const std::string& topic, std::int32_t partition,
                                  std::int64_t offset, std::int32_t generation_id = -1,
                                  const std::string& member_id = "", const std::string& group_id = "g");
  ErrorCode end_transaction(std::int64_t producer_id, bool commit);
  // UNSTABLE_OFFSET_COMMIT while a transaction holds the partition's next
  // offset.
  ErrorCode fetch_stable(const std::string& topic, std::int32_t partition, const std::string& group_id = "g");
  std::int64_t fetch(const std::string& topic, std::int32_t partition, const std::string& group_id = "g");
  DeleteOffsetsReply delete_offsets(const std::string& topic, std::vector<std::int32_t> partitions,
                                    const std::string& group_id = "g");
  ErrorCode delete_group(const std::string& group_id = "g");
  std::string state(const std::string& group_id = "g") const { return shard().describe(group_id).state; }

  // A stable group of `count` dynamic members; the first is the leader.
  std::vector<JoinReply> stable_group(int count, Joiner joiner = {});

  GroupShard& shard() { return *shard_; }
  const GroupShard& shard() const { return *shard_; }
  std::vector<LoggedRecord>& log() { return log_; }
  // The records as they read back, without markers.
  std::vector<GroupRecord> records() const;
  // Loads the log into a new shard, which takes the old one's place.
  void restart();
  // What a shard that loads the log now would be.
  std::unique_ptr<GroupShard> reloaded() const;

  consumer::ClusterViewPtr cluster = consumer::empty_cluster();
  ErrorCode append_error = ErrorCode::kNone;  // of the next appends
  bool hold_commits = false;                  // appended, but not committed until release_commits
  void release_commits(ErrorCode error = ErrorCode::kNone);
  void carry_out(Effects effects);
  void replay_foreign(std::int16_t key_type, const std::string& group_id, bool exists);

 private:
  const GroupSettings settings_;
  std::unique_ptr<Random> random_;
  std::unique_ptr<GroupShard> shard_;
  Instant now_{1'700'000'000'000, 5'000};
  std::vector<LoggedRecord> log_;
  std::vector<WriteDone> held_;
};

}  // namespace barnabas::broker::groups
