#include "broker/groups/tests/shard_bench.h"

#include <gtest/gtest.h>

#include "protocol/messages/consumer_protocol_subscription.h"
#include "protocol/wire/writer.h"

namespace barnabas::broker::groups {

Buffer subscription(const std::vector<std::string>& topics) {
  protocol::ConsumerProtocolSubscription message;
  message.topics = topics;
  protocol::Writer writer;
  writer.int16(1);
  message.encode(writer, 1);
  return writer.finish_buffer();
}

Buffer bytes_of(std::string_view text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

ShardBench::ShardBench(GroupSettings settings, std::uint64_t seed)
    : settings_(settings),
      random_(seeded_random(seed)),
      shard_(std::make_unique<GroupShard>(settings_, *random_, [this] { return cluster; })) {
  Effects effects;
  shard_->loaded(now_, effects);
}

void ShardBench::advance(std::int64_t ms) {
  const Instant end{now_.wall_ms + ms, now_.mono_ms + ms};
  while (shard_->next_deadline_ms() && *shard_->next_deadline_ms() <= end.mono_ms) {
    const std::int64_t step = std::max<std::int64_t>(*shard_->next_deadline_ms() - now_.mono_ms, 0);
    now_ = {now_.wall_ms + step, now_.mono_ms + step};
    Effects effects;
    EXPECT_TRUE(shard_->run_due(now_, effects));
    carry_out(std::move(effects));
  }
  now_ = end;
}

void ShardBench::carry_out(Effects effects) {
  if (effects.write) {
    Write write = std::move(*effects.write);
    effects.write.reset();
    if (append_error == ErrorCode::kNone) {
      for (const GroupRecord& record : write.records) {
        log_.push_back({encode_record(record), write.producer_id, {}});
        Effects more;
        if (write.replay) {
          shard_->replay(record, static_cast<std::int64_t>(log_.size()) - 1, write.producer_id, now_, more);
        }
        carry_out(std::move(more));
      }
      if (write.marker) {
        log_.push_back({{}, -1, write.marker});
        shard_->replay_end_transaction(write.marker->producer_id, write.marker->commit);
      }
    }
    if (write.done && hold_commits && append_error == ErrorCode::kNone) {
      held_.push_back(std::move(write.done));
    } else if (write.done) {
      Effects more;
      write.done(append_error, now_, more);
      carry_out(std::move(more));
    }
  }
  for (Task& answer : effects.answers) answer();
}

void ShardBench::release_commits(ErrorCode error) {
  for (WriteDone& done : std::exchange(held_, {})) {
    Effects more;
    done(error, now_, more);
    carry_out(std::move(more));
  }
}

Answered<JoinReply> ShardBench::join(const Joiner& joiner) {
  JoinCommand command;
  command.group_id = joiner.group_id;
  command.member_id = joiner.member_id;
  command.instance_id = joiner.instance_id;
  command.client_id = joiner.client_id;
  command.client_host = "/127.0.0.1";
  command.protocol_type = joiner.protocol_type;
  for (const std::string& name : joiner.protocols) {
    command.protocols.push_back({name, subscription(joiner.topics)});
  }
  command.session_timeout_ms = joiner.session_timeout_ms;
  command.rebalance_timeout_ms = joiner.rebalance_timeout_ms;
  command.needs_known_member_id = joiner.needs_known_member_id;
  command.can_skip_assignment = joiner.can_skip_assignment;
  Answered<JoinReply> answered;
  Effects effects;
  shard_->join(std::move(command), answered.answerer(), now_, effects);
  carry_out(std::move(effects));
  return answered;
}

Answered<SyncReply> ShardBench::sync(SyncCommand command) {
  Answered<SyncReply> answered;
  Effects effects;
  shard_->sync(std::move(command), answered.answerer(), now_, effects);
  carry_out(std::move(effects));
  return answered;
}

Answered<SyncReply> ShardBench::sync(const JoinReply& joined,
                                     const std::vector<std::string>& assigned_members,
                                     const std::string& group_id) {
  SyncCommand command;
  command.group_id = group_id;
  command.generation_id = joined.generation_id;
  command.member_id = joined.member_id;
  for (const std::string& id : assigned_members) command.assignments.push_back({id, bytes_of("for " + id)});
  return sync(std::move(command));
}

ErrorCode ShardBench::heartbeat(const std::string& member_id, std::int32_t generation_id,
                                const std::string& group_id, std::optional<std::string> instance_id) {
  return shard_->heartbeat({group_id, generation_id, member_id, std::move(instance_id)}, now_);
}

Answered<LeaveReply> ShardBench::leave(std::vector<LeavingMember> members, const std::string& group_id) {
  Answered<LeaveReply> answered;
  Effects effects;
  shard_->leave({group_id, std::move(members)}, answered.answerer(), now_, effects);
  carry_out(std::move(effects));
  return answered;
}

Answered<CommitReply> ShardBench::commit(CommitCommand command) {
  Answered<CommitReply> answered;
  Effects effects;
  shard_->offsets().commit(std::move(command), answered.answerer(), now_, effects);
  carry_out(std::move(effects));
  return answered;
}

ErrorCode ShardBench::commit(const std::string& topic, std::int32_t partition, std::int64_t offset,
                             std::int32_t generation_id, const std::string& member_id,
                             const std::string& group_id) {
  CommitCommand command;
  command.group_id = group_id;
  command.generation_id = generation_id;
  command.member_id = member_id;
  command.topics.push_back({topic, Uuid::zero(), {{partition, offset, -1, std::nullopt}}});
  const auto answered = commit(std::move(command));
  return answered->error != ErrorCode::kNone ? answered->error
                                             : answered->topics.at(0).partitions.at(0).error;
}

ErrorCode ShardBench::commit_in_transaction(std::int64_t producer_id, const std::string& topic,
                                            std::int32_t partition, std::int64_t offset,
                                            std::int32_t generation_id, const std::string& member_id,
                                            const std::string& group_id) {
  TransactionalCommitCommand command;
  command.producer_id = producer_id;
  command.producer_epoch = 0;
  command.commit.group_id = group_id;
  command.commit.generation_id = generation_id;
  command.commit.member_id = member_id;
  command.commit.topics.push_back({topic, Uuid::zero(), {{partition, offset, -1, std::nullopt}}});
  Answered<CommitReply> answered;
  Effects effects;
  shard_->offsets().commit_in_transaction(std::move(command), answered.answerer(), now_, effects);
  carry_out(std::move(effects));
  return answered->error != ErrorCode::kNone ? answered->error
                                             : answered->topics.at(0).partitions.at(0).error;
}

ErrorCode ShardBench::end_transaction(std::int64_t producer_id, bool commit) {
  Answered<ErrorCode> answered;
  Effects effects;
  GroupShard::end_transaction({.producer_id = producer_id, .producer_epoch = 0, .commit = commit},
                              answered.answerer(), effects);
  carry_out(std::move(effects));
  return *answered;
}

ErrorCode ShardBench::fetch_stable(const std::string& topic, std::int32_t partition,
                                   const std::string& group_id) {
  FetchOffsetsCommand command;
  command.group_id = group_id;
  command.topics = std::vector<OffsetsTopic>{{topic, Uuid::zero(), {partition}}};
  command.require_stable = true;
  return shard_->offsets().fetch(command).topics.at(0).partitions.at(0).error;
}

std::int64_t ShardBench::fetch(const std::string& topic, std::int32_t partition,
                               const std::string& group_id) {
  FetchOffsetsCommand command;
  command.group_id = group_id;
  command.topics = std::vector<OffsetsTopic>{{topic, Uuid::zero(), {partition}}};
  return shard_->offsets().fetch(command).topics.at(0).partitions.at(0).offset;
}

DeleteOffsetsReply ShardBench::delete_offsets(const std::string& topic, std::vector<std::int32_t> partitions,
                                              const std::string& group_id) {
  Answered<DeleteOffsetsReply> answered;
  Effects effects;
  shard_->offsets().remove({group_id, {{topic, Uuid::zero(), std::move(partitions)}}}, answered.answerer(),
                           effects);
  carry_out(std::move(effects));
  return *answered;
}

ErrorCode ShardBench::delete_group(const std::string& group_id) {
  Answered<std::vector<DeletedGroup>> answered;
  Effects effects;
  shard_->delete_groups({group_id}, answered.answerer(), effects);
  carry_out(std::move(effects));
  return answered->at(0).error;
}

std::vector<JoinReply> ShardBench::stable_group(int count, Joiner joiner) {
  std::vector<Answered<JoinReply>> joins;
  for (int i = 0; i < count; ++i) joins.push_back(join(joiner));
  advance(settings_.initial_rebalance_delay_ms * 2);
  std::vector<JoinReply> replies;
  std::vector<std::string> ids;
  for (const auto& joined : joins) ids.push_back(joined->member_id);
  const std::string leader = joins.at(0)->leader;
  for (const auto& joined : joins) {
    if (joined->member_id == leader) {
      replies.insert(replies.begin(), *joined);
    } else {
      replies.push_back(*joined);
    }
  }
  for (auto reply = replies.rbegin(); reply != replies.rend(); ++reply) {
    sync(*reply, reply->member_id == leader ? ids : std::vector<std::string>{}, joiner.group_id);
  }
  return replies;
}

std::vector<GroupRecord> ShardBench::records() const {
  std::vector<GroupRecord> out;
  for (const LoggedRecord& logged : log_) {
    if (logged.marker) continue;
    const auto& value = logged.bytes.value;
    auto record = decode_record(logged.bytes.key, value ? std::optional<ByteView>(*value) : std::nullopt);
    EXPECT_TRUE(record.has_value());
    if (record) out.push_back(std::move(*record));
  }
  return out;
}

std::unique_ptr<GroupShard> ShardBench::reloaded() const {
  auto shard = std::make_unique<GroupShard>(settings_, *random_, [this] { return cluster; });
  const auto records = this->records();
  auto record = records.begin();
  for (std::size_t i = 0; i < log_.size(); ++i) {
    if (const auto& marker = log_[i].marker) {
      shard->replay_end_transaction(marker->producer_id, marker->commit);
      continue;
    }
    Effects none;
    shard->replay(*record++, static_cast<std::int64_t>(i), log_[i].producer_id, now_, none);
    EXPECT_FALSE(none.write);
  }
  return shard;
}

void ShardBench::restart() {
  Effects effects;
  shard_->unload(effects);
  carry_out(std::move(effects));
  shard_ = reloaded();
  held_.clear();
  Effects loaded;
  shard_->loaded(now_, loaded);
  carry_out(std::move(loaded));
}

void ShardBench::replay_foreign(std::int16_t key_type, const std::string& group_id, bool exists) {
  protocol::Writer writer;
  writer.int16(key_type);
  writer.string(group_id, false);
  LoggedRecord logged;
  logged.bytes.key = writer.finish_buffer();
  if (exists) logged.bytes.value = Buffer{0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const auto record =
      decode_record(logged.bytes.key, exists ? std::optional<ByteView>(*logged.bytes.value) : std::nullopt);
  log_.push_back(std::move(logged));
  Effects effects;
  shard_->replay(record.value(), static_cast<std::int64_t>(log_.size()) - 1, -1, now_, effects);
  carry_out(std::move(effects));
}

}  // namespace barnabas::broker::groups
