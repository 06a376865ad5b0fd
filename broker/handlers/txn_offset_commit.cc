#include "broker/handlers/txn_offset_commit.h"

#include "broker/groups/log_errors.h"
#include "broker/internal_topics.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using protocol::TxnOffsetCommitRequest;
using protocol::TxnOffsetCommitResponse;

// A commit on its way: what the coordinator gets, and where its results go in the answer.
struct Commit {
  struct Place {
    std::size_t topic;
    std::vector<std::size_t> partitions;
  };
  groups::TransactionalCommitCommand command;
  std::vector<Place> places;  // as the command's topics
  TxnOffsetCommitResponse response;
};

// Everything that does not exist is answered here, in its place.
void take_topic(const controller::MetadataImage& image,
                TxnOffsetCommitRequest::TxnOffsetCommitRequestTopic&& topic, Commit& commit) {
  const auto found = image.topic(topic.name);
  auto& answer = commit.response.topics.emplace_back();
  answer.name = topic.name;
  groups::CommitTopic offsets;
  offsets.name = std::move(topic.name);
  Commit::Place place{commit.response.topics.size() - 1, {}};
  for (auto& partition : topic.partitions) {
    auto& result = answer.partitions.emplace_back();
    result.partition_index = partition.partition_index;
    if (found == nullptr || found->partition(partition.partition_index) == nullptr) {
      result.error_code = static_cast<std::int16_t>(ErrorCode::kUnknownTopicOrPartition);
      continue;
    }
    place.partitions.push_back(answer.partitions.size() - 1);
    offsets.partitions.push_back({partition.partition_index, partition.committed_offset,
                                  partition.committed_leader_epoch, std::move(partition.committed_metadata)});
  }
  if (offsets.partitions.empty()) return;
  commit.command.commit.topics.push_back(std::move(offsets));
  commit.places.push_back(std::move(place));
}

Commit commit_of(const controller::MetadataImage& image, TxnOffsetCommitRequest&& request) {
  Commit out;
  auto& command = out.command;
  command.producer_id = request.producer_id;
  command.producer_epoch = request.producer_epoch;
  command.commit.group_id = std::move(request.group_id);
  command.commit.generation_id = request.generation_id;
  command.commit.member_id = std::move(request.member_id);
  command.commit.instance_id = std::move(request.group_instance_id);
  for (auto& topic : request.topics) take_topic(image, std::move(topic), out);
  return out;
}

void answer(Commit& commit, const groups::CommitReply& committed, Reply<TxnOffsetCommitResponse>& reply) {
  for (std::size_t i = 0; i < commit.places.size(); ++i) {
    auto& topic = commit.response.topics[commit.places[i].topic];
    for (std::size_t k = 0; k < commit.places[i].partitions.size(); ++k) {
      const ErrorCode error =
          committed.error != ErrorCode::kNone ? committed.error : committed.topics[i].partitions[k].error;
      topic.partitions[commit.places[i].partitions[k]].error_code = static_cast<std::int16_t>(error);
    }
  }
  reply.send(commit.response);
}

}  // namespace

void handle_txn_offset_commit(const RequestContext& context, TxnOffsetCommitService& service,
                              TxnOffsetCommitRequest&& request, Reply<TxnOffsetCommitResponse> reply) {
  TransactionVerifier::Question question;
  question.transactional_id = std::move(request.transactional_id);
  question.producer_id = request.producer_id;
  question.producer_epoch = request.producer_epoch;
  question.support = offset_commit_support(context.api_version);
  auto commit = commit_of(*service.metadata.get(), std::move(request));
  if (commit.places.empty()) return reply.send(commit.response);
  const std::string& group_id = commit.command.commit.group_id;
  if (group_id.empty()) return answer(commit, {.error = ErrorCode::kInvalidGroupId}, reply);
  auto partition = service.partitions.find(kGroupMetadataTopic, service.groups.partition_for(group_id));
  if (!partition) return answer(commit, {.error = ErrorCode::kNotCoordinator}, reply);
  service.verifier.verify(
      std::move(question), {{std::move(*partition), -1}},
      [&groups = service.groups, commit = std::move(commit),
       reply = std::move(reply)](std::vector<TransactionVerifier::Verdict> verdicts) mutable {
        const auto& verdict = verdicts.front();
        if (verdict.error != ErrorCode::kNone)
          return answer(commit, {.error = groups::coordinator_error(verdict.error)}, reply);
        commit.command.guard = verdict.guard;
        auto command = std::move(commit.command);
        groups.commit_in_transaction(
            std::move(command),
            [commit = std::move(commit), reply = std::move(reply)](groups::CommitReply&& committed) mutable {
              answer(commit, committed, reply);
            });
      });
}

}  // namespace barnabas::broker
