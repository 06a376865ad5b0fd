#include "broker/groups/consumer/cluster_view.h"

namespace barnabas::broker::groups::consumer {
namespace {

class EmptyCluster final : public ClusterView {
 public:
  std::optional<TopicInfo> topic(std::string_view) const override { return std::nullopt; }
  std::optional<TopicInfo> topic(const Uuid&) const override { return std::nullopt; }
  void for_each_topic_name(const std::function<void(const std::string&)>&) const override {}
  std::vector<std::string> racks(const Uuid&, std::int32_t) const override { return {}; }
  std::int64_t version() const override { return -1; }
  std::int64_t newest_topic_version() const override { return -1; }
  Timing timing(const std::string&) const override { return {}; }
  Timing share_timing(const std::string&) const override { return {}; }
};

}  // namespace

ClusterViewPtr empty_cluster() {
  return std::make_shared<const EmptyCluster>();
}

}  // namespace barnabas::broker::groups::consumer
