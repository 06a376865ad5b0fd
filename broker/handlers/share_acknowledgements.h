// What ShareFetch and ShareAcknowledge have in common: members say what became of the records they hold.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "broker/handlers/share_service.h"

namespace barnabas::broker {

using SharePartitionId = std::pair<Uuid, std::int32_t>;

// By partition, as a request names them.
struct Acknowledgements {
  std::string group_id;
  std::string member_id;
  bool may_renew = false;  // the version knows renewals (KIP-1222)
  bool is_renewal = false;
  std::map<SharePartitionId, std::vector<share::AcknowledgeBatch>> batches = {};
};

template <class Topics>
void add_batches(Acknowledgements& acknowledgements, Topics&& topics) {
  for (auto& topic : topics) {
    for (auto& partition : topic.partitions) {
      auto& batches = acknowledgements.batches[{topic.topic_id, partition.partition_index}];
      for (auto& batch : partition.acknowledgement_batches) {
        batches.push_back({batch.first_offset, batch.last_offset, std::move(batch.acknowledge_types)});
      }
    }
  }
}

using AcknowledgeResults = std::map<SharePartitionId, share::StateResult>;
using Acknowledged = std::move_only_function<void(AcknowledgeResults)>;

// `done` gets a result for each partition, once all are persisted or refused: at once, or from the thread
// that brings the last answer.
void acknowledge_all(ShareService& service, Acknowledgements acknowledgements, Acknowledged done);

}  // namespace barnabas::broker
