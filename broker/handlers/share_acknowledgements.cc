#include "broker/handlers/share_acknowledgements.h"

#include <algorithm>
#include <mutex>

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using share::AcknowledgeBatch;
using share::AcknowledgeType;
using share::StateResult;

// Filled from several threads; answers when every partition has.
class Gathering : public std::enable_shared_from_this<Gathering> {
 public:
  Gathering(std::size_t missing, AcknowledgeResults results, Acknowledged done)
      : missing_(missing), results_(std::move(results)), done_(std::move(done)) {}

  void arrived(const SharePartitionId& partition, StateResult&& result) {
    {
      const std::scoped_lock lock(mutex_);
      results_[partition] = std::move(result);
      if (--missing_ > 0) return;
    }
    done_(std::move(results_));
  }

 private:
  std::mutex mutex_;
  std::size_t missing_;
  AcknowledgeResults results_;
  Acknowledged done_;
};

bool is_valid(const AcknowledgeBatch& batch, std::int64_t previous_end, const Acknowledgements& all) {
  if (batch.first_offset > batch.last_offset || batch.first_offset < previous_end) return false;
  const auto count = static_cast<std::int64_t>(batch.types.size());
  if (count == 0 || (count > 1 && batch.last_offset - batch.first_offset != count - 1)) return false;
  const auto renew = static_cast<std::int8_t>(AcknowledgeType::kRenew);
  return std::ranges::all_of(batch.types, [&](std::int8_t type) {
    return type >= 0 && (type < renew || (type == renew && all.may_renew && all.is_renewal));
  });
}

bool are_valid(const std::vector<AcknowledgeBatch>& batches, const Acknowledgements& all) {
  std::int64_t previous_end = -1;
  for (const AcknowledgeBatch& batch : batches) {
    if (!is_valid(batch, previous_end, all)) return false;
    previous_end = batch.last_offset;
  }
  return true;
}

StateResult unknown_partition() {
  constexpr auto kError = ErrorCode::kUnknownTopicOrPartition;
  return {kError, std::string(protocol::error_message(kError))};
}

void count_topics(const ShareService& service, const controller::MetadataImage& image,
                  const AcknowledgeResults& results) {
  for (auto at = results.begin(); at != results.end();) {
    const Uuid topic_id = at->first.first;
    bool failed = false;
    for (; at != results.end() && at->first.first == topic_id; ++at) {
      failed |= at->second.error != ErrorCode::kNone;
    }
    const auto topic = image.topic(topic_id);
    if (topic != nullptr) service.traffic.share_acknowledged(topic->name, failed);
  }
}

}  // namespace

void acknowledge_all(ShareService& service, Acknowledgements acknowledgements, Acknowledged done) {
  AcknowledgeResults results;
  std::vector<std::pair<SharePartitionId, std::vector<AcknowledgeBatch>>> wanted;
  const auto image = service.metadata.get();
  for (auto& [id, batches] : acknowledgements.batches) {
    const auto topic = image->topic(id.first);
    StateResult& result = results[id];
    if (topic == nullptr) {
      result.error = ErrorCode::kUnknownTopicId;
    } else if (!are_valid(batches, acknowledgements)) {
      result.error = ErrorCode::kInvalidRequest;
    } else if (topic->partition(id.second) == nullptr) {
      result.error = ErrorCode::kUnknownTopicOrPartition;
    } else if (!batches.empty()) {
      wanted.emplace_back(id, std::move(batches));
    }
  }
  if (wanted.empty()) return done(std::move(results));
  done = [&service, image, done = std::move(done)](AcknowledgeResults all) mutable {
    count_topics(service, *image, all);
    done(std::move(all));
  };
  auto gathering = std::make_shared<Gathering>(wanted.size(), std::move(results), std::move(done));
  for (auto& [id, batches] : wanted) {
    const auto hosted = service.partitions.find({acknowledgements.group_id, id.first, id.second});
    if (!hosted) {
      gathering->arrived(id, unknown_partition());
      continue;
    }
    auto said = std::make_shared<const std::vector<AcknowledgeBatch>>(batches);
    hosted->acknowledge(acknowledgements.member_id, std::move(batches),
                        [&service, gathering, id, said](StateResult&& result) {
                          if (result.error == ErrorCode::kNone) {
                            service.partitions.environment().counts.count(*said);
                          }
                          gathering->arrived(id, std::move(result));
                        });
  }
}

}  // namespace barnabas::broker
