#include "apps/admin_backend/record_reader.h"

#include <stdlib.h>

#include <filesystem>

#include "records/batch_builder.h"
#include "storage/log_manager.h"
#include "storage/posix_file_system.h"

namespace barnabas::apps {
namespace {

using testing::ElementsAre;

class RecordReaderTest : public testing::Test {
 protected:
  RecordReaderTest() {
    std::string name = testing::TempDir() + "barnabas-reader-XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    directory = name;
    storage::LogManagerConfig config;
    config.directories = {name};
    logs = std::make_unique<storage::LogManager>(*files, clock, *random, config);
    EXPECT_TRUE(logs->open_directories("test-cluster", 1));
    const auto rules = std::make_shared<storage::LogConfig>();
    EXPECT_TRUE(logs->load({rules, {}, {}}));
    log = *logs->get_or_create({"t", 0}, Uuid::random(*random), rules);
  }
  ~RecordReaderTest() override {
    log.reset();
    logs.reset();
    std::filesystem::remove_all(directory);
  }

  void append(const Buffer& batch, storage::AppendOrigin origin = storage::AppendOrigin::kClient) {
    const records::BatchView view(batch);
    const auto done = log->append_as_leader({&view, 1}, 0, {.origin = origin});
    ASSERT_TRUE(done) << done.error().message;
    log->set_high_watermark(log->log_end_offset());
  }
  // Producer -1: outside any transaction.
  void append(std::int64_t producer, const std::vector<std::string>& values, records::Codec codec = {}) {
    records::BatchOptions options;
    options.codec = codec;
    if (producer >= 0) {
      options.producer_id = producer;
      options.producer_epoch = 0;
      options.base_sequence = 0;
      options.transactional = true;
    }
    records::BatchBuilder builder(options);
    for (const std::string& value : values) builder.add(clock.wall_ms(), std::nullopt, as_bytes(value));
    append(builder.build());
  }
  void end(std::int64_t producer, bool committed) {
    records::BatchOptions options;
    options.producer_id = producer;
    options.producer_epoch = 0;
    append(records::end_transaction_batch(options, clock.wall_ms(), {committed, 0}),
           storage::AppendOrigin::kCoordinator);
  }

  admin::RecordPage read(std::int64_t offset, std::int32_t limit = 100, std::int64_t max_bytes = 1 << 20) {
    admin::RecordQuery query;
    query.start = admin::FromOffset{offset};
    query.limit = limit;
    query.max_bytes = max_bytes;
    auto page = read_page(*log, query);
    EXPECT_TRUE(page) << page.error().message;
    return page ? std::move(*page) : admin::RecordPage();
  }
  static std::vector<std::string> values(const admin::RecordPage& page) {
    std::vector<std::string> out;
    for (const auto& record : page.records) out.emplace_back(as_text(*record.value));
    return out;
  }

  ManualClock clock;
  std::unique_ptr<Random> random = seeded_random(5);
  std::unique_ptr<storage::FileSystem> files = storage::posix_file_system();
  std::filesystem::path directory;
  std::unique_ptr<storage::LogManager> logs;
  std::shared_ptr<storage::Log> log;
};

TEST_F(RecordReaderTest, ShowsWhatIsCommittedAndNothingElse) {
  append(5, {"aborted"});
  append(6, {"committed"});
  append(-1, {"plain"});
  end(5, false);
  end(6, true);
  append(7, {"open"});
  append(-1, {"behind an open transaction"});
  const auto page = read(0);
  EXPECT_THAT(values(page), ElementsAre("committed", "plain"));
  EXPECT_EQ(page.latest_offset, 5);
  EXPECT_EQ(page.next_offset, 5);
}

TEST_F(RecordReaderTest, EndsAPageAtItsLimits) {
  append(-1, {"one", "two", "three", "four"}, records::Codec::kZstd);
  EXPECT_THAT(values(read(1, 2)), ElementsAre("two", "three"));
  EXPECT_EQ(read(1, 2).next_offset, 3);
  EXPECT_THAT(values(read(0, 100, 7)), ElementsAre("one", "two"));
  EXPECT_THAT(values(read(2, 100, 1)), ElementsAre("three")) << "one record is always given";
}

TEST_F(RecordReaderTest, BeginsAtTheLogStartBelowIt) {
  append(-1, {"gone"});
  append(-1, {"kept"});
  ASSERT_TRUE(log->delete_records_before(1));
  const auto page = read(0);
  EXPECT_THAT(values(page), ElementsAre("kept"));
  EXPECT_EQ(page.earliest_offset, 1);
}

}  // namespace
}  // namespace barnabas::apps
