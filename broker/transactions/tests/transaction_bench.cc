#include "broker/transactions/tests/transaction_bench.h"

#include <gtest/gtest.h>

namespace barnabas::broker::transactions {

TransactionBench::TransactionBench(TransactionSettings settings, std::int16_t version)
    : settings_(settings), version_(version) {
  restart();
}

void TransactionBench::restart() {
  held_commits_.clear();
  held.clear();
  shard_ = std::make_unique<TransactionShard>(settings_, version_, *this, 7);
  Effects effects;
  std::int64_t offset = 0;
  for (const auto& record : log_) {
    const auto decoded = TransactionShard::decode(
        record.key, record.value ? std::optional<ByteView>(*record.value) : std::nullopt);
    ASSERT_TRUE(decoded);
    shard_->replay(*decoded, offset++, -1, now_, effects);
  }
  shard_->led(3);
  shard_->loaded(now_, effects);
  carry_out(std::move(effects));
}

void TransactionBench::put(const std::string& id, const TransactionMetadata& metadata) {
  const TransactionRecord record{id, metadata, 1};
  log_.push_back(encode_record(record));
  Effects effects;
  shard_->replay(record, static_cast<std::int64_t>(log_.size()) - 1, -1, now_, effects);
}

void TransactionBench::advance(std::int64_t ms) {
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

void TransactionBench::carry_out(Effects effects) {
  if (effects.write) {
    auto write = std::move(*effects.write);
    effects.write.reset();
    if (append_error == ErrorCode::kNone) {
      for (const TransactionRecord& record : write.records) {
        log_.push_back(encode_record(record));
        Effects none;
        shard_->replay(record, static_cast<std::int64_t>(log_.size()) - 1, -1, now_, none);
      }
    }
    if (hold_commits && append_error == ErrorCode::kNone) {
      held_commits_.push_back(std::move(write.done));
    } else {
      Effects more;
      write.done(append_error, now_, more);
      carry_out(std::move(more));
    }
  }
  for (Task& answer : effects.answers) answer();
}

void TransactionBench::release_commits(ErrorCode error) {
  for (auto& done : std::exchange(held_commits_, {})) {
    Effects more;
    done(error, now_, more);
    carry_out(std::move(more));
  }
}

template <class Ask>
TransactionBench::Answer TransactionBench::until_answered(Ask ask) {
  const auto answer = std::make_shared<std::optional<ProducerReply>>();
  Answerer<ProducerReply> answerer = [answer](ProducerReply&& reply) {
    EXPECT_FALSE(*answer) << "answered twice";
    *answer = reply;
  };
  Effects effects;
  if (ask(std::nullopt, answerer, effects) == Asked::kNeedsProducerId) {
    EXPECT_TRUE(effects.answers.empty() && !effects.write);
    const Asked again = ask(next_producer_id++, answerer, effects);
    EXPECT_EQ(again, Asked::kAnswered);
  }
  carry_out(std::move(effects));
  return answer;
}

TransactionBench::Answer TransactionBench::ask_init(const Init& init) {
  const InitProducerCommand command{
      .transactional_id = init.id, .timeout_ms = init.timeout_ms, .expected = init.expected};
  return until_answered([&](std::optional<std::int64_t> fresh, auto& answerer, Effects& effects) {
    return shard_->init_producer(command, fresh, answerer, now_, effects);
  });
}

ProducerReply TransactionBench::init(const Init& init) {
  return ask_init(init)->value();
}

ErrorCode TransactionBench::add(const ProducerReply& producer, std::vector<TopicPartition> partitions,
                                std::int16_t client_version, const std::string& id) {
  std::optional<ErrorCode> answer;
  ask_add(
      producer, std::move(partitions), [&answer](ErrorCode&& error) { answer = error; }, client_version, id);
  return answer.value();
}

void TransactionBench::ask_add(const ProducerReply& producer, std::vector<TopicPartition> partitions,
                               Answerer<ErrorCode> answerer, std::int16_t client_version,
                               const std::string& id) {
  Effects effects;
  shard_->add_partitions(
      {id, {producer.producer_id, producer.producer_epoch}, std::move(partitions), client_version},
      std::move(answerer), now_, effects);
  carry_out(std::move(effects));
}

PartitionResults TransactionBench::verify(const ProducerReply& producer,
                                          std::vector<TopicPartition> partitions, const std::string& id) {
  return shard_->verify({id, {producer.producer_id, producer.producer_epoch}, std::move(partitions), 2});
}

TransactionBench::Answer TransactionBench::ask_end(const ProducerReply& producer, bool commit,
                                                   std::int16_t client_version, const std::string& id) {
  const EndCommand command{id, {producer.producer_id, producer.producer_epoch}, commit, client_version};
  return until_answered([&](std::optional<std::int64_t> fresh, auto& answerer, Effects& effects) {
    return shard_->end(command, fresh, answerer, now_, effects);
  });
}

ProducerReply TransactionBench::end(const ProducerReply& producer, bool commit, std::int16_t client_version,
                                    const std::string& id) {
  return ask_end(producer, commit, client_version, id)->value();
}

void TransactionBench::send_marker(std::int32_t shard, const std::string& transactional_id,
                                   const Marker& marker, std::vector<TopicPartition> partitions) {
  EXPECT_EQ(shard, 7);
  EXPECT_FALSE(partitions.empty());
  sent.push_back({transactional_id, marker, std::move(partitions)});
  if (hold_markers) {
    held.push_back(sent.back());
  } else {
    deliver(SentMarker(sent.back()));
  }
}

void TransactionBench::deliver(const SentMarker& sent_marker) {
  PartitionResults results;
  for (const TopicPartition& partition : sent_marker.partitions) {
    const ErrorCode error = marker_result ? marker_result(partition, sent_marker.marker) : ErrorCode::kNone;
    if (error == ErrorCode::kNone) written.push_back({partition, sent_marker.marker});
    results.emplace_back(partition, error);
  }
  Effects effects;
  shard_->markers_written(sent_marker.transactional_id, sent_marker.marker, results, now_, effects);
  carry_out(std::move(effects));
}

void TransactionBench::deliver_markers() {
  for (const SentMarker& one : std::exchange(held, {})) deliver(one);
}

void TransactionBench::time_out_with_new_producer(std::int32_t shard, const std::string& transactional_id,
                                                  ProducerIdentity producer) {
  EXPECT_EQ(shard, 7);
  if (producer_id_error != ErrorCode::kNone) return;
  Effects effects;
  shard_->time_out(transactional_id, producer, next_producer_id++, now_, effects);
  carry_out(std::move(effects));
}

}  // namespace barnabas::broker::transactions
