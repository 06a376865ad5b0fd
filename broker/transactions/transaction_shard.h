// The transaction coordinator of one __transaction_state partition, without I/O: commands and the time go in,
// records to append and answers come out (Effects). The state of a transactional id changes by replay alone,
// so what a restart loads is what was; markers that were on their way are sent again.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "broker/coordination/deadlines.h"
#include "broker/coordination/effects.h"
#include "broker/transactions/marker_sink.h"
#include "broker/transactions/transaction_commands.h"
#include "broker/transactions/transaction_records.h"
#include "broker/transactions/transaction_settings.h"
#include "broker/transactions/transitions.h"

namespace barnabas::broker::transactions {

// What the shards ask of the world around them. Any thread, called as an answer: outside every lock.
class TransactionPorts {
 public:
  virtual ~TransactionPorts() = default;
  // Has the marker written to the partitions and tells the shard with markers_written.
  virtual void send_marker(std::int32_t shard, const std::string& transactional_id, const Marker& marker,
                           std::vector<TopicPartition> partitions) = 0;
  // A transaction took too long and the epochs of its producer are used up: calls time_out with a new id.
  virtual void time_out_with_new_producer(std::int32_t shard, const std::string& transactional_id,
                                          ProducerIdentity producer) = 0;
};

// Whether a command could be decided, or wants to be asked again with a producer id that nobody had before.
enum class Asked : std::uint8_t { kAnswered, kNeedsProducerId };

// For metrics.
struct TransactionCounts {
  std::array<std::size_t, 8> ids_by_state{};  // by TransactionState
  // Transactions that ended since this broker coordinates them.
  std::uint64_t committed = 0;
  std::uint64_t aborted = 0;
  // Partitions of __transaction_state that this broker leads.
  std::size_t active_partitions = 0;
  std::size_t loading_partitions = 0;
};

// Not thread-safe: the host calls it under its lock. Every call may fill `effects` once; the host carries
// them out before the next call. The references outlive it.
class TransactionShard {
 public:
  using Record = TransactionRecord;
  using Effects = coordination::Effects<Record>;
  static std::optional<Record> decode(ByteView key, std::optional<ByteView> value) {
    return decode_record(key, value);
  }
  static coordination::EncodedRecord encode(const Record& record) { return encode_record(record); }

  // `version` is the cluster's transaction version; it may change at any time.
  TransactionShard(const TransactionSettings& settings, const std::atomic<std::int16_t>& version,
                   TransactionPorts& ports, std::int32_t shard)
      : settings_(settings), version_(version), ports_(ports), shard_(shard) {}
  TransactionShard(const TransactionShard&) = delete;
  TransactionShard& operator=(const TransactionShard&) = delete;

  // --- Producers (init_producer.cc, end_transaction.cc). kNeedsProducerId leaves `answerer` untouched. ---
  Asked init_producer(const InitProducerCommand& command, std::optional<std::int64_t> fresh_id,
                      Answerer<ProducerReply>& answerer, Instant now, Effects& effects);
  Asked end(const EndCommand& command, std::optional<std::int64_t> fresh_id,
            Answerer<ProducerReply>& answerer, Instant now, Effects& effects);
  void add_partitions(AddPartitionsCommand command, Answerer<ErrorCode> answerer, Instant now,
                      Effects& effects);
  // Whether the partitions are in the producer's open transaction (KIP-890).
  PartitionResults verify(const AddPartitionsCommand& command) const;

  // --- Ends of transactions (completion.cc) ---
  // What became of the marker; those that failed are sent again.
  void markers_written(const std::string& transactional_id, const Marker& marker,
                       const PartitionResults& results, Instant now, Effects& effects);
  // Aborts the producer's transaction if it still takes too long.
  void time_out(const std::string& transactional_id, ProducerIdentity producer,
                std::optional<std::int64_t> fresh_id, Instant now, Effects& effects);

  // --- Queries (transaction_queries.cc) ---
  TransactionDescription describe(const std::string& transactional_id) const;
  std::vector<TransactionListing> list(const TransactionFilter& filter, Instant now) const;

  // --- Time ---
  std::optional<std::int64_t> next_deadline_ms() const { return deadlines_.next_ms(); }
  bool run_due(Instant now, Effects& effects);

  // --- State ---
  void replay(const Record& record, std::int64_t offset, std::int64_t producer_id, Instant now,
              Effects& effects);
  void replay_end_transaction(std::int64_t, bool) {}  // no transaction writes to this topic
  // Transactions whose markers an older epoch could not write go on under a later one.
  void led(std::int32_t leader_epoch);
  void loaded(Instant now, Effects& effects);
  void unload(Effects&) {}  // nobody is parked: every answer waits for a write, and the host ends those

  // For tests and metrics.
  std::size_t size() const { return transactions_.size(); }
  TransactionCounts counts() const;
  const TransactionMetadata* find(const std::string& transactional_id) const;

 private:
  enum class DeadlineKind : std::uint8_t {
    kLookForTimeouts,
    kTimeOut,    // one transaction
    kFinish,     // go on with the end of one transaction: markers, or its last record
    kExpireIds,  // the periodic look for ids that nobody uses
  };
  struct DeadlineEvent {
    DeadlineKind kind{};
    std::string transactional_id = {};
  };
  struct Transaction {
    TransactionMetadata metadata;  // changed by replay alone
    bool committed = true;         // the decision is, or the partitions that were added last
    // While it is prepared:
    std::vector<TopicPartition> unmarked = {};  // partitions without their marker
    bool sending = false;                       // a marker is on its way
    bool fenced = false;                        // a partition knows a later coordinator: no more markers
    std::int32_t attempts = 0;
    coordination::Deadline deadline = {};
  };
  using Transactions = std::unordered_map<std::string, Transaction>;
  // Called when the record is committed, or refused with the coordinator's error.
  using Then = std::move_only_function<void(ErrorCode error, Instant now, Effects& effects)>;

  Transaction* live(const std::string& transactional_id);
  bool pending(const std::string& transactional_id) const { return pending_.contains(transactional_id); }
  void put(const std::string& transactional_id, TransactionMetadata next, Effects& effects, Then then);
  std::int16_t value_version(const TransactionMetadata& metadata) const;

  // Whether the bump at the end of a transaction of `version` uses up the epochs.
  static bool needs_producer(const TransactionMetadata& from, std::int16_t version) {
    return version >= kVersionWithEpochBump && from.epochs_exhausted();
  }
  // `from` is ongoing, and `fresh_id` set if needs_producer.
  void fence(const std::string& transactional_id, const TransactionMetadata& from, std::int16_t version,
             std::optional<std::int64_t> fresh_id, Instant now, Effects& effects, Then then);
  Asked decide(const EndCommand& command, const TransactionMetadata& from, bool starts_here,
               std::optional<std::int64_t> fresh_id, Answerer<ProducerReply>& answerer, Instant now,
               Effects& effects);
  Asked end_without_bump(const EndCommand& command, const TransactionMetadata& from,
                         Answerer<ProducerReply>& answerer, Instant now, Effects& effects);
  Asked end_with_bump(const EndCommand& command, const TransactionMetadata& from,
                      std::optional<std::int64_t> fresh_id, Answerer<ProducerReply>& answerer, Instant now,
                      Effects& effects);

  void begin_finish(const std::string& transactional_id, ErrorCode error, Instant now, Effects& effects);
  void finish(const std::string& transactional_id, Instant now, Effects& effects);
  void complete(const std::string& transactional_id, Instant now, Effects& effects);
  void confirm(const std::string& transactional_id, Effects& effects);
  void finish_later(const std::string& transactional_id, Transaction& transaction, Instant now);

  void await_timeouts(Instant now);
  void look_for_timeouts(Instant now);
  void await_expiry(Instant now);
  void expire_ids(Instant now, Effects& effects);

  const TransactionSettings settings_;
  const std::atomic<std::int16_t>& version_;
  TransactionPorts& ports_;
  const std::int32_t shard_;
  std::int32_t coordinator_epoch_ = -1;
  Transactions transactions_;
  std::unordered_set<std::string> pending_;  // ids whose latest record is not committed yet
  coordination::Deadlines<DeadlineEvent> deadlines_;
  coordination::Deadline timeouts_;
  coordination::Deadline expiry_;
  bool timeouts_awaited_ = false;
  bool expiry_awaited_ = false;
  bool loaded_ = false;
  std::uint64_t committed_ = 0;
  std::uint64_t aborted_ = 0;
};

}  // namespace barnabas::broker::transactions
