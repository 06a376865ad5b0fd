#include "controller/log/control_records.h"

#include "protocol/messages/kraft_version_record.h"
#include "protocol/messages/leader_change_message.h"
#include "protocol/messages/snapshot_footer_record.h"
#include "protocol/messages/snapshot_header_record.h"
#include "protocol/messages/voters_record.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"
#include "records/batch_builder.h"
#include "records/record.h"

namespace barnabas::controller {

namespace {

namespace control_type = records::control_type;

// Every control record is written in version 0, as Kafka does under both kraft versions.
constexpr std::int16_t kVersion = 0;

class ControlBatch {
 public:
  explicit ControlBatch(const ControlBatchContext& context)
      : timestamp_ms_(context.timestamp_ms), builder_(options(context)) {}

  template <class Message>
  void add(std::int16_t type, const Message& message) {
    protocol::Writer writer;
    message.encode(writer, kVersion);
    const Buffer value = writer.finish_buffer();
    const Buffer key = records::control_key(type);
    builder_.add(timestamp_ms_, ByteView(key), ByteView(value));
  }

  void add(const QuorumFacts& facts) {
    if (facts.kraft_version) {
      protocol::KRaftVersionRecord record;
      record.kraft_version = *facts.kraft_version;
      add(control_type::kKraftVersion, record);
    }
    if (!facts.voters) return;
    protocol::VotersRecord record;
    for (const Voter& from : facts.voters->voters()) {
      auto& to = record.voters.emplace_back();
      to.voter_id = from.key.id;
      to.voter_directory_id = from.key.directory_id;
      for (const VoterEndpoint& at : from.endpoints) {
        auto& endpoint = to.endpoints.emplace_back();
        endpoint.name = at.listener;
        endpoint.host = at.host;
        endpoint.port = at.port;
      }
      to.kraft_version_feature.min_supported_version = from.kraft_version.min;
      to.kraft_version_feature.max_supported_version = from.kraft_version.max;
    }
    add(control_type::kKraftVoters, record);
  }

  Buffer build() { return builder_.build(); }

 private:
  static records::BatchOptions options(const ControlBatchContext& context) {
    records::BatchOptions options;
    options.base_offset = context.base_offset;
    options.leader_epoch = context.leader_epoch;
    options.control = true;
    return options;
  }

  const std::int64_t timestamp_ms_;
  records::BatchBuilder builder_;
};

template <class Message>
bool decode(const std::optional<ByteView>& value, Message& message) {
  if (!value) return false;
  protocol::Reader reader(*value);
  return message.decode(reader, kVersion) && !reader.failed();
}

VoterSet voters_of(const protocol::VotersRecord& record) {
  std::vector<Voter> voters;
  for (const auto& from : record.voters) {
    Voter& to = voters.emplace_back();
    to.key = {from.voter_id, from.voter_directory_id};
    for (const auto& at : from.endpoints) {
      VoterEndpoint& endpoint = to.endpoints.emplace_back();
      endpoint.listener = at.name;
      endpoint.host = at.host;
      endpoint.port = at.port;
    }
    to.kraft_version = {from.kraft_version_feature.min_supported_version,
                        from.kraft_version_feature.max_supported_version};
  }
  return VoterSet(std::move(voters));
}

bool read_record(std::int16_t type, const std::optional<ByteView>& value, ControlContent& content) {
  if (type == control_type::kLeaderChange) {
    protocol::LeaderChangeMessage message;
    if (!decode(value, message)) return false;
    auto& voters = content.leader_change_voters.emplace();
    for (const auto& voter : message.voters) voters.push_back(voter.voter_id);
  } else if (type == control_type::kSnapshotHeader) {
    protocol::SnapshotHeaderRecord record;
    if (!decode(value, record)) return false;
    content.snapshot_last_contained_ms = record.last_contained_log_timestamp;
  } else if (type == control_type::kSnapshotFooter) {
    content.snapshot_footer = true;
  } else if (type == control_type::kKraftVersion) {
    protocol::KRaftVersionRecord record;
    if (!decode(value, record)) return false;
    content.facts.kraft_version = record.kraft_version;
  } else if (type == control_type::kKraftVoters) {
    protocol::VotersRecord record;
    if (!decode(value, record)) return false;
    content.facts.voters = voters_of(record);
  }
  return true;
}

}  // namespace

Buffer leader_change_batch(const ControlBatchContext& context, std::int32_t leader,
                           const std::vector<std::int32_t>& voters,
                           const std::vector<std::int32_t>& granted_by, const QuorumFacts& facts) {
  protocol::LeaderChangeMessage message;
  message.leader_id = leader;
  for (const std::int32_t id : voters) message.voters.emplace_back().voter_id = id;
  for (const std::int32_t id : granted_by) message.granting_voters.emplace_back().voter_id = id;
  ControlBatch batch(context);
  batch.add(control_type::kLeaderChange, message);
  batch.add(facts);
  return batch.build();
}

Buffer snapshot_header_batch(const ControlBatchContext& context, std::int64_t last_contained_ms,
                             const QuorumFacts& facts) {
  protocol::SnapshotHeaderRecord header;
  header.last_contained_log_timestamp = last_contained_ms;
  ControlBatch batch(context);
  batch.add(control_type::kSnapshotHeader, header);
  batch.add(facts);
  return batch.build();
}

Buffer snapshot_footer_batch(const ControlBatchContext& context) {
  ControlBatch batch(context);
  batch.add(control_type::kSnapshotFooter, protocol::SnapshotFooterRecord());
  return batch.build();
}

ControlContent read_control_batch(const records::BatchView& batch) {
  ControlContent content;
  records::BatchRecords walk(batch);
  while (const records::RecordView* record = walk.next()) {
    const auto key = record->key ? records::parse_control_key(*record->key) : std::nullopt;
    if (!key || !read_record(key->type, record->value, content)) content.malformed = true;
  }
  content.malformed |= walk.fault() != records::RecordFault::kNone;
  return content;
}

}  // namespace barnabas::controller
