#include "broker/configs/group_configs.h"

#include <gtest/gtest.h>

#include "broker/options/all_options.h"

namespace barnabas::broker {
namespace {

class GroupConfigs : public ::testing::Test {
 protected:
  ShareGroupConfig of(const ConfigTexts& own, const ConfigTexts& fixed = {}) {
    const ConfigLayers layers(registry_, std::make_shared<const ConfigTexts>(fixed),
                              std::make_shared<const ConfigTexts>(), std::make_shared<const ConfigTexts>());
    return share_group_config(layers, own);
  }

  const OptionRegistry registry_ = all_options();
};

TEST_F(GroupConfigs, WithoutAnyTheDefaultsOfKafkaHold) {
  const ShareGroupConfig config = of({}), usual;
  EXPECT_EQ(config.session_timeout_ms, usual.session_timeout_ms);
  EXPECT_EQ(config.heartbeat_interval_ms, usual.heartbeat_interval_ms);
  EXPECT_EQ(config.assignment_interval_ms, usual.assignment_interval_ms);
  EXPECT_EQ(config.record_lock_duration_ms, usual.record_lock_duration_ms);
  EXPECT_EQ(config.delivery_count_limit, usual.delivery_count_limit);
  EXPECT_EQ(config.partition_max_record_locks, usual.partition_max_record_locks);
  EXPECT_EQ(config.auto_offset_reset, usual.auto_offset_reset);
  EXPECT_EQ(config.read_committed, usual.read_committed);
  EXPECT_EQ(config.renew_acknowledge, usual.renew_acknowledge);
}

TEST_F(GroupConfigs, TheBrokersOptionsHoldUnlessTheGroupHasItsOwn) {
  const ConfigTexts fixed = {{"group.share.heartbeat.interval.ms", "7000"},
                             {"group.share.delivery.count.limit", "3"}};
  const ShareGroupConfig config = of({{"share.delivery.count.limit", "4"},
                                      {"share.auto.offset.reset", "earliest"},
                                      {"share.isolation.level", "read_committed"},
                                      {"share.renew.acknowledge.enable", "false"}},
                                     fixed);
  EXPECT_EQ(config.heartbeat_interval_ms, 7'000);
  EXPECT_EQ(config.delivery_count_limit, 4);
  EXPECT_EQ(config.auto_offset_reset, "earliest");
  EXPECT_TRUE(config.read_committed);
  EXPECT_FALSE(config.renew_acknowledge);
}

TEST_F(GroupConfigs, OwnValuesAreBroughtWithinTheBoundsOfNow) {
  const ConfigTexts own = {{"share.session.timeout.ms", "100000"},
                           {"share.heartbeat.interval.ms", "1000"},
                           {"share.record.lock.duration.ms", "20000"}};
  ShareGroupConfig config = of(own);
  EXPECT_EQ(config.session_timeout_ms, 60'000);
  EXPECT_EQ(config.heartbeat_interval_ms, 5'000);
  EXPECT_EQ(config.record_lock_duration_ms, 20'000);
  config = of(own, {{"group.share.max.session.timeout.ms", "90000"},
                    {"group.share.min.record.lock.duration.ms", "25000"}});
  EXPECT_EQ(config.session_timeout_ms, 90'000);
  EXPECT_EQ(config.record_lock_duration_ms, 25'000);
}

TEST_F(GroupConfigs, EveryBoundIsOfOptionsThatExist) {
  for (const GroupBound& bound : group_bounds()) {
    EXPECT_NE(registry_.find(OptionScope::kGroup, bound.key), nullptr) << bound.key;
    EXPECT_NE(registry_.find(OptionScope::kBroker, bound.most), nullptr) << bound.most;
    EXPECT_TRUE(bound.least.empty() || registry_.find(OptionScope::kBroker, bound.least) != nullptr)
        << bound.least;
  }
}

}  // namespace
}  // namespace barnabas::broker
