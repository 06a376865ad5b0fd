// A transaction shard on the bench: virtual time, a log in memory, partitions that get their markers at once,
// later or not, and producers that remember what they were answered.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/transactions/transaction_shard.h"

namespace barnabas::broker::transactions {

inline const TopicPartition kA0{"a", 0};
inline const TopicPartition kA1{"a", 1};
inline const TopicPartition kB0{"b", 0};

class TransactionBench final : public TransactionPorts {
 public:
  struct SentMarker {
    std::string transactional_id;
    Marker marker;
    std::vector<TopicPartition> partitions;
  };
  struct WrittenMarker {
    TopicPartition partition;
    Marker marker;
  };

  explicit TransactionBench(TransactionSettings settings = {}, std::int16_t version = 2);

  // --- Time ---
  void advance(std::int64_t ms);  // through every deadline on the way, in order
  Instant now() const { return now_; }

  // --- Producers; an answer that has not come yet is nullopt ---
  struct Init {
    std::string id = "t";
    std::int32_t timeout_ms = 60'000;
    std::optional<ProducerIdentity> expected = std::nullopt;
  };
  using Answer = std::shared_ptr<std::optional<ProducerReply>>;
  Answer ask_init(const Init& init);
  ProducerReply init(const Init& init);
  ProducerReply init(const std::string& id = "t") { return init(Init{.id = id}); }
  ErrorCode add(const ProducerReply& producer, std::vector<TopicPartition> partitions,
                std::int16_t client_version = 2, const std::string& id = "t");
  void ask_add(const ProducerReply& producer, std::vector<TopicPartition> partitions,
               Answerer<ErrorCode> answerer, std::int16_t client_version = 2, const std::string& id = "t");
  PartitionResults verify(const ProducerReply& producer, std::vector<TopicPartition> partitions,
                          const std::string& id = "t");
  Answer ask_end(const ProducerReply& producer, bool commit, std::int16_t client_version = 2,
                 const std::string& id = "t");
  ProducerReply end(const ProducerReply& producer, bool commit, std::int16_t client_version = 2,
                    const std::string& id = "t");
  ProducerReply commit(const ProducerReply& producer) { return end(producer, true); }
  ProducerReply abort(const ProducerReply& producer) { return end(producer, false); }

  // --- State ---
  TransactionShard& shard() { return *shard_; }
  const TransactionMetadata& state(const std::string& id = "t") const { return *shard_->find(id); }
  std::vector<coordination::EncodedRecord>& log() { return log_; }
  // Loads the log into a new shard, which takes the old one's place; answers and markers under way are lost.
  void restart();
  // Puts a record of a transactional id into the log and the shard, whatever came before.
  void put(const std::string& id, const TransactionMetadata& metadata);
  void set_version(std::int16_t version) { version_ = version; }

  // --- Partitions ---
  // What a partition says to a marker; NONE unless a test says otherwise.
  std::function<ErrorCode(const TopicPartition&, const Marker&)> marker_result;
  bool hold_markers = false;  // they wait for deliver_markers
  void deliver_markers();
  std::vector<SentMarker> sent;        // all that were asked for
  std::vector<WrittenMarker> written;  // all that reached a partition
  std::vector<SentMarker> held;

  ErrorCode append_error = ErrorCode::kNone;  // of the next appends
  bool hold_commits = false;                  // appended, but not committed until release_commits
  void release_commits(ErrorCode error = ErrorCode::kNone);
  std::int64_t next_producer_id = 1'000;
  ErrorCode producer_id_error = ErrorCode::kNone;

 private:
  using Effects = TransactionShard::Effects;

  void send_marker(std::int32_t shard, const std::string& transactional_id, const Marker& marker,
                   std::vector<TopicPartition> partitions) override;
  void time_out_with_new_producer(std::int32_t shard, const std::string& transactional_id,
                                  ProducerIdentity producer) override;
  void deliver(const SentMarker& sent_marker);
  void carry_out(Effects effects);
  template <class Ask>
  Answer until_answered(Ask ask);

  const TransactionSettings settings_;
  std::atomic<std::int16_t> version_;
  std::unique_ptr<TransactionShard> shard_;
  Instant now_{1'700'000'000'000, 5'000};
  std::vector<coordination::EncodedRecord> log_;
  std::vector<coordination::WriteDone<TransactionRecord>> held_commits_;
};

}  // namespace barnabas::broker::transactions
