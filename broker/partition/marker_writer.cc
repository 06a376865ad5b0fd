#include "broker/partition/marker_writer.h"

#include <atomic>
#include <memory>

#include "broker/internal_topics.h"
#include "common/logging.h"
#include "records/batch_builder.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using transactions::Marker;
using transactions::MarkerSink;

const Logger logger("kafka.server.ReplicaManager");

// The results of one write; the last partition gives them on.
struct Gathered {
  Gathered(std::vector<TopicPartition>&& partitions, MarkerSink::Done&& to)
      : left(partitions.size()), done(std::move(to)) {
    results.reserve(partitions.size());
    for (TopicPartition& name : partitions) results.emplace_back(std::move(name), ErrorCode::kNone);
  }

  std::vector<MarkerSink::Result> results;  // each written by the one that ends its partition
  std::atomic<std::size_t> left;
  MarkerSink::Done done;
};

}  // namespace

Buffer marker_batch(const Marker& marker, std::int64_t now_ms) {
  records::BatchOptions options;
  options.producer_id = marker.producer_id;
  options.producer_epoch = marker.producer_epoch;
  return records::end_transaction_batch(options, now_ms, {marker.commit, marker.coordinator_epoch});
}

void MarkerWriter::write(const Marker& marker, std::vector<TopicPartition> partitions, Done done) {
  if (partitions.empty()) return done({});
  const auto gathered = std::make_shared<Gathered>(std::move(partitions), std::move(done));
  const std::size_t count = gathered->results.size();
  for (std::size_t i = 0; i < count; ++i) {
    write_one(marker, gathered->results[i].first, [gathered, i](ErrorCode error) {
      gathered->results[i].second = error;
      if (gathered->left.fetch_sub(1) == 1) gathered->done(std::move(gathered->results));
    });
  }
}

void MarkerWriter::write_one(const Marker& marker, const TopicPartition& name, Ended ended) {
  const auto found = partitions_.find(name.topic, name.partition);
  if (!found) return ended(found.error());
  if (name.topic == kGroupMetadataTopic) return end_offsets_(name.partition, marker, std::move(ended));
  storage::AppendOptions options;
  options.origin = storage::AppendOrigin::kCoordinator;
  options.transaction_version = marker.transaction_version;
  const Buffer batch = marker_batch(marker, clock_.wall_ms());
  const auto written = (*found)->append_own(batch, options);
  if (!written) {
    logger.info("The marker of producer ", marker.producer_id, " was refused by ", name, ": ",
                written.error().message);
    return ended(written.error().error);
  }
  (*found)->when_committed(written->last_offset + 1, std::move(ended));
  (*found)->announce();
}

}  // namespace barnabas::broker
