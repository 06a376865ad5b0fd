// The group coordinator of one __consumer_offsets partition, without I/O:
// commands and the time go in, records to append and answers come out
// (Effects). Offsets and the existence of groups change by replay alone, so
// what a restart loads is what was; a live classic group runs ahead of its
// record and is rebuilt from it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/groups/classic_protocol.h"
#include "broker/groups/commands.h"
#include "broker/groups/consumer/protocol.h"
#include "broker/groups/deadlines.h"
#include "broker/groups/effects.h"
#include "broker/groups/group_settings.h"
#include "broker/groups/group_table.h"
#include "broker/groups/offset_rules.h"
#include "broker/groups/offset_store.h"
#include "broker/groups/share/protocol.h"
#include "broker/groups/streams/protocol.h"
#include "common/random.h"

namespace barnabas::broker::groups {

struct GroupCounts {
  std::array<std::size_t, kGroupStates> classic_by_state{};
  std::array<std::size_t, consumer::kGroupStates> consumer_by_state{};
  std::uint64_t consumer_rebalances = 0;
  std::array<std::size_t, share::kGroupStates> share_by_state{};
  std::uint64_t share_rebalances = 0;
  std::array<std::size_t, streams::kGroupStates> streams_by_state{};
  std::uint64_t streams_rebalances = 0;
  std::size_t groups = 0;
  std::size_t offsets = 0;
};

// Not thread-safe: the host calls it under its lock. Every call may fill
// `effects` once; the host carries them out before the next call.
class GroupShard {
 public:
  using Record = GroupRecord;
  static std::optional<GroupRecord> decode(ByteView key, std::optional<ByteView> value) {
    return decode_record(key, value);
  }
  static coordination::EncodedRecord encode(const GroupRecord& record) { return encode_record(record); }

  // `view` gives the newest metadata that consumer groups see.
  GroupShard(const GroupSettings& settings, Random& random,
             consumer::Protocol::View view = consumer::empty_cluster)
      : settings_(settings),
        classic_(settings_, random, deadlines_, table_),
        consumers_(settings_.consumer, view, random),
        shares_(settings_.share, view),
        streams_(settings_.streams, std::move(view)),
        offset_rules_(settings_, table_, offsets_, classic_, consumers_, streams_) {}
  GroupShard(const GroupShard&) = delete;
  GroupShard& operator=(const GroupShard&) = delete;

  ClassicProtocol& classic() { return classic_; }
  OffsetRules& offsets() { return offset_rules_; }

  // --- The classic protocol, in classic and in consumer groups
  // (consumer_requests.cc) --- A consumer group without members makes way for a
  // classic one.
  void join(JoinCommand&& command, JoinAnswerer answerer, Instant now, Effects& effects);
  void sync(SyncCommand&& command, SyncAnswerer answerer, Instant now, Effects& effects);
  ErrorCode heartbeat(const HeartbeatCommand& command, Instant now);
  void leave(const LeaveCommand& command, Answerer<LeaveReply> answerer, Instant now, Effects& effects);

  // --- Consumer groups (consumer_requests.cc) ---
  void consumer_heartbeat(consumer::HeartbeatCommand&& command, Answerer<consumer::HeartbeatReply> answerer,
                          Instant now, Effects& effects);
  consumer::Description describe_consumer(const std::string& group_id) const;

  // --- Share groups (share_requests.cc). What is left to the persister is the caller's, who tells of its end
  // --- Leaving, joining and staying.
  void share_heartbeat(const share::HeartbeatCommand& command, Answerer<share::HeartbeatOutcome> answerer,
                       Instant now, Effects& effects);
  share::Description describe_share(const std::string& group_id) const;
  void alter_share_offsets(const share::AlterOffsetsCommand& command,
                           Answerer<share::AlterOffsetsOutcome> answerer, Instant now, Effects& effects);
  void delete_share_offsets(const share::DeleteOffsetsCommand& command,
                            Answerer<share::DeleteOffsetsOutcome> answerer, Effects& effects);
  // Of any group; without states there is nothing to do before its deletion.
  void begin_deletion(const std::string& group_id, Answerer<share::GroupDeletion> answerer, Effects& effects);
  void share_states_made(const std::string& group_id, const consumer::TopicPartitions& made,
                         const consumer::TopicPartitions& not_made, Answerer<ErrorCode> answerer,
                         Effects& effects);
  void share_states_removed(const std::string& group_id, const std::vector<Uuid>& topics,
                            Answerer<ErrorCode> answerer, Effects& effects);

  // --- Streams groups (streams_requests.cc) ---
  // Joining, staying and leaving. An empty classic group makes way for a streams group, and one without
  // members for a classic one.
  void streams_heartbeat(const streams::HeartbeatCommand& command, Answerer<streams::HeartbeatReply> answerer,
                         Instant now, Effects& effects);
  streams::Description describe_streams(const std::string& group_id) const;

  // --- Groups as a whole (group_queries.cc) ---
  std::vector<GroupListing> list(const GroupFilter& filter) const;
  GroupDescription describe(const std::string& group_id) const;
  void delete_groups(const std::vector<std::string>& group_ids, Answerer<std::vector<DeletedGroup>> answerer,
                     Effects& effects);
  void topics_deleted(const std::vector<DeletedTopic>& topics, Effects& effects) const;
  GroupCounts counts() const;

  // --- Transactions ---
  // Writes the marker; replay_end_transaction follows its append.
  static void end_transaction(const transactions::Marker& marker, Answerer<ErrorCode> answerer,
                              Effects& effects);

  // --- Time ---
  // When run_due has something to do, in monotonic milliseconds.
  std::optional<std::int64_t> next_deadline_ms() const;
  // Carries out one deadline. False if none is due.
  bool run_due(Instant now, Effects& effects);

  // --- State ---
  // One record of the log at its offset; -1 as producer id outside
  // transactions. Answers of a live group that a tombstone removes go to
  // `effects`.
  void replay(const GroupRecord& record, std::int64_t record_offset, std::int64_t producer_id, Instant now,
              Effects& effects);
  void replay_end_transaction(std::int64_t producer_id, bool committed) {
    offsets_.replay_end(producer_id, committed);
  }
  void led(std::int32_t) {}
  // After the last record of the log: sessions and the periodic expiry start.
  void loaded(Instant now, Effects& effects);
  void unload(Effects& effects) { classic_.unload(effects); }

  // For tests and metrics.
  const GroupTable& table() const { return table_; }
  const OffsetStore& committed() const { return offsets_; }
  const consumer::Protocol& consumers() const { return consumers_; }
  const share::Protocol& shares() const { return shares_; }
  const streams::Protocol& streams_groups() const { return streams_; }

 private:
  void expire_offsets(Instant now, Effects& effects);
  void await_expiry(Instant now);
  void replay_group(const GroupMetadataRecord& record, Effects& effects);
  void replay_consumer(const consumer::Record& record, Effects& effects);
  void replay_share(const share::Record& record, Instant now, Effects& effects);
  bool run_consumer_due(Instant now, Effects& effects);
  bool run_share_due(Instant now, Effects& effects);
  void replay_streams(const streams::Record& record, Effects& effects);
  bool run_streams_due(Instant now, Effects& effects);
  void make_way(JoinCommand&& command, JoinAnswerer answerer, const streams::Group& group, Effects& effects);
  // Whether a group that is no share group has the id.
  bool is_no_share_group(const std::string& group_id) const;
  static Write& write_share(share::Records&& records, Effects& effects);
  // Answers at once if there is nothing to write, else once it is written.
  static void write_share(share::Records&& records, Answerer<ErrorCode> answerer, Effects& effects);
  void join_consumer_group(const JoinCommand& command, JoinAnswerer answerer, const consumer::Group& group,
                           Instant now, Effects& effects);
  void make_way(JoinCommand&& command, JoinAnswerer answerer, const consumer::Group& group, Effects& effects);
  // Adds what the rules of consumer groups wrote to the write; a group that
  // became a classic one by it starts.
  void write_consumer(const std::string& group_id, consumer::Records&& records, Effects& effects,
                      WriteDone done);

  const GroupSettings settings_;
  Deadlines deadlines_;
  GroupTable table_;
  OffsetStore offsets_;
  ClassicProtocol classic_;
  consumer::Protocol consumers_;
  share::Protocol shares_;
  streams::Protocol streams_;
  OffsetRules offset_rules_;
  Deadline expiry_;
};

}  // namespace barnabas::broker::groups
