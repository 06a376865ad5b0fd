// How state batches become one list: cases that Kafka 4.3.1's PersisterStateBatchCombiner was asked about,
// and what must hold for all.
#include "broker/share/state/batches.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string_view>

#include "common/random.h"
#include "common/text.h"

namespace barnabas::broker::share {
namespace {

// "3-9/2/1 ...": first and last offset, state, delivery count.
std::vector<StateBatch> batches(std::string_view text) {
  std::vector<StateBatch> out;
  for (const std::string& word : split(text, ' ')) {
    const auto parts = split(word, '/');
    const auto offsets = split(parts.at(0), '-');
    out.push_back({*parse_number<std::int64_t>(offsets.at(0)), *parse_number<std::int64_t>(offsets.at(1)),
                   *parse_number<std::int8_t>(parts.at(1)), *parse_number<std::int16_t>(parts.at(2))});
  }
  return out;
}

struct Case {
  std::string_view so_far, newer;
  std::int64_t start_offset;
  std::string_view combined;
};

TEST(Batches, CombineAsKafkaCombinesThem) {
  const Case cases[] = {
      {"", "", 15, ""},
      {"12-14/2/1", "", 3, "12-14/2/1"},
      {"18-19/4/2", "2-8/4/2", 18, "18-19/4/2"},
      {"", "0-8/2/2 17-19/2/1 14-22/0/1", 12, "14-16/0/1 17-19/2/1 20-22/0/1"},
      {"2-7/2/2 3-4/4/1 13-20/4/1 4-6/0/1", "11-13/2/1 21-24/4/2 3-6/0/1 23-29/0/1", 8,
       "11-12/2/1 13-20/4/1 21-24/4/2 25-29/0/1"},
      {"", "12-13/4/2 21-29/2/1 14-15/0/1 15-18/2/1", 19, "21-29/2/1"},
      {"10-14/4/1 4-4/4/2 2-10/2/1", "1-9/4/1 18-26/2/1 22-24/4/1 1-5/4/2 14-17/2/1", 10,
       "10-14/4/1 15-21/2/1 22-24/4/1 25-26/2/1"},
      {"5-9/4/2 21-27/2/2 12-15/2/2 14-18/4/1", "", 16, "16-18/4/1 21-27/2/2"},
      {"2-3/0/1 5-10/2/1 9-17/0/2", "1-4/2/1 20-23/2/2 4-5/2/2 11-13/2/2 5-12/4/2", -1,
       "1-3/2/1 4-4/2/2 5-12/4/2 13-13/2/2 14-17/0/2 20-23/2/2"},
      {"", "3-3/4/2 12-13/4/1 18-22/0/2 19-21/0/2 10-16/2/1", 10, "10-11/2/1 12-13/4/1 14-16/2/1 18-22/0/2"},
      {"1-2/4/1 2-6/4/1 14-21/2/1", "3-7/0/1 8-8/4/1", 2, "2-6/4/1 7-7/0/1 8-8/4/1 14-21/2/1"},
      {"", "16-16/4/1 20-25/0/1 22-28/4/2 1-6/4/2", -1, "1-6/4/2 16-16/4/1 20-21/0/1 22-28/4/2"},
      // Neighbours in one state that stay apart.
      {"18-24/0/2 22-25/0/2 11-14/2/2", "17-20/0/1 11-17/0/2 14-14/0/1", 7, "11-14/2/2 15-17/0/2 18-25/0/2"},
      {"12-18/0/1 12-12/4/2 20-24/4/2", "22-28/4/1 23-28/4/2 7-11/2/1 13-21/4/2 8-10/0/2", -1,
       "7-7/2/1 8-10/0/2 11-11/2/1 12-12/4/2 13-28/4/2"},
      {"21-26/2/2 2-7/4/1", "15-22/4/2 6-14/4/2 13-16/0/2 14-15/0/1", 7, "7-14/4/2 15-22/4/2 23-26/2/2"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(combine_batches(batches(one.so_far), batches(one.newer), one.start_offset),
              batches(one.combined))
        << one.so_far << " and " << one.newer;
  }
}

TEST(Batches, PassOverWhatEndsBeforeItBegins) {
  EXPECT_EQ(combine_batches(batches("3-10/0/1"), batches("5-2/2/2"), -1), batches("3-10/0/1"));
}

TEST(Batches, GoUpToTheLastOffsetThereIs) {
  constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(combine_batches({{0, kLast, 0, 1}}, {{kLast, kLast, 2, 1}}, -1),
            (std::vector<StateBatch>{{0, kLast - 1, 0, 1}, {kLast, kLast, 2, 1}}));
}

std::vector<StateBatch> random_batches(Random& random) {
  constexpr std::int8_t kStates[] = {0, 2, 4};
  std::vector<StateBatch> out(random.next() % 7);
  for (StateBatch& batch : out) {
    batch.first_offset = static_cast<std::int64_t>(random.next() % 30);
    batch.last_offset = batch.first_offset + static_cast<std::int64_t>(random.next() % 9);
    batch.delivery_state = kStates[random.next() % 3];
    batch.delivery_count = static_cast<std::int16_t>(random.next() % 3);
  }
  return out;
}

TEST(Batches, SayOfEachOffsetWhatItsHighestBatchSays) {
  constexpr std::uint64_t kSeed = 20'261'124;
  const auto random = seeded_random(kSeed);
  for (int round = 0; round < 2'000; ++round) {
    const auto so_far = random_batches(*random);
    const auto newer = random_batches(*random);
    const auto start = static_cast<std::int64_t>(random->next() % 20) - 1;
    std::map<std::int64_t, std::pair<std::int16_t, std::int8_t>> wanted;
    for (const auto& list : {so_far, newer}) {
      for (const StateBatch& batch : list) {
        for (std::int64_t offset = std::max(batch.first_offset, start); offset <= batch.last_offset;
             ++offset) {
          auto& rank = wanted.try_emplace(offset, std::int16_t{-1}, std::int8_t{-1}).first->second;
          rank = std::max(rank, {batch.delivery_count, batch.delivery_state});
        }
      }
    }
    decltype(wanted) found;
    std::int64_t next = -1;
    for (const StateBatch& batch : combine_batches(so_far, newer, start)) {
      ASSERT_GE(batch.first_offset, next) << "seed " << kSeed << ", round " << round;
      for (std::int64_t offset = batch.first_offset; offset <= batch.last_offset; ++offset)
        found[offset] = {batch.delivery_count, batch.delivery_state};
      next = batch.last_offset + 1;
    }
    ASSERT_EQ(found, wanted) << "seed " << kSeed << ", round " << round;
  }
}

}  // namespace
}  // namespace barnabas::broker::share
