#include "common/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>

#include "common/process_metrics.h"

namespace barnabas {
namespace {

using testing::HasSubstr;
using testing::Not;

struct MetricsTest : testing::Test {
  ManualClock clock;
  MetricsRegistry registry{clock};
};

TEST_F(MetricsTest, FamiliesAreShownSortedWithHelpAndType) {
  registry.gauge("kafka_server_replicamanager_partitioncount", "Partitions.")->set(7);
  registry.counter("kafka_server_brokertopicmetrics_bytesin_total", "Bytes.", {{"topic", "a"}})->add(10);
  registry.counter("kafka_server_brokertopicmetrics_bytesin_total", "Bytes.", {{"topic", "b"}})->add();
  registry.counter("kafka_server_brokertopicmetrics_bytesin_total", "Bytes.")->add(11);
  EXPECT_EQ(registry.text(),
            "# HELP kafka_server_brokertopicmetrics_bytesin_total Bytes.\n"
            "# TYPE kafka_server_brokertopicmetrics_bytesin_total counter\n"
            "kafka_server_brokertopicmetrics_bytesin_total 11\n"
            "kafka_server_brokertopicmetrics_bytesin_total{topic=\"a\"} 10\n"
            "kafka_server_brokertopicmetrics_bytesin_total{topic=\"b\"} 1\n"
            "# HELP kafka_server_replicamanager_partitioncount Partitions.\n"
            "# TYPE kafka_server_replicamanager_partitioncount gauge\n"
            "kafka_server_replicamanager_partitioncount 7\n");
}

TEST_F(MetricsTest, TheSameNameAndLabelsGiveTheSameMetric) {
  const auto first = registry.counter("c", "", {{"x", "1"}});
  EXPECT_EQ(first, registry.counter("c", "", {{"x", "1"}}));
  EXPECT_NE(first, registry.counter("c", "", {{"x", "2"}}));
  EXPECT_TRUE(registry.remove("c", {{"x", "1"}}));
  EXPECT_FALSE(registry.remove("c", {{"x", "1"}}));
  EXPECT_FALSE(registry.remove("d", {}));
  first->add();  // whoever holds it may go on
  EXPECT_THAT(registry.text(), Not(HasSubstr("c{x=\"1\"}")));
}

TEST_F(MetricsTest, LabelValuesAndHelpAreEscaped) {
  registry.gauge("g", "back\\slash\nand \"quotes\"", {{"l", "a\\b\"c\nd"}})->set(0.5);
  const std::string text = registry.text();
  EXPECT_THAT(text, HasSubstr("# HELP g back\\\\slash\\nand \"quotes\"\n"));
  EXPECT_THAT(text, HasSubstr("g{l=\"a\\\\b\\\"c\\nd\"} 0.5\n"));
}

TEST_F(MetricsTest, NumbersAreWrittenAsPrometheusReadsThem) {
  MetricsWriter writer;
  writer.gauge("g", "", {{"n", "1"}}, 1e15);
  writer.gauge("g", "", {{"n", "2"}}, -0.25);
  writer.gauge("g", "", {{"n", "3"}}, std::nan(""));
  writer.gauge("g", "", {{"n", "4"}}, std::numeric_limits<double>::infinity());
  writer.gauge("g", "", {{"n", "5"}}, 1e300);
  const std::string text = writer.text();
  EXPECT_THAT(text, HasSubstr("\"1\"} 1000000000000000\n"));
  EXPECT_THAT(text, HasSubstr("\"2\"} -0.25\n"));
  EXPECT_THAT(text, HasSubstr("\"3\"} NaN\n"));
  EXPECT_THAT(text, HasSubstr("\"4\"} +Inf\n"));
  EXPECT_THAT(text, HasSubstr("\"5\"} 1e+300\n"));
}

TEST_F(MetricsTest, SummariesHaveKafkasQuantilesAndACount) {
  const auto summary =
      registry.summary("kafka_network_requestmetrics_totaltimems", "Time.", {{"request", "Produce"}}, 0.001);
  for (int microseconds = 1; microseconds <= 1000; ++microseconds) summary->record(microseconds * 1000);
  const std::string text = registry.text();
  EXPECT_THAT(text, HasSubstr("# TYPE kafka_network_requestmetrics_totaltimems summary\n"));
  EXPECT_THAT(text, HasSubstr("kafka_network_requestmetrics_totaltimems_count{request=\"Produce\"} 1000\n"));
  for (const char* share : {"0.5", "0.75", "0.95", "0.98", "0.99", "0.999"}) {
    const std::string start =
        std::string("kafka_network_requestmetrics_totaltimems{request=\"Produce\",quantile=\"") + share +
        "\"} ";
    const auto at = text.find(start);
    ASSERT_NE(at, std::string::npos) << share;
    const double exact = 1000 * std::stod(share);
    EXPECT_NEAR(std::stod(text.substr(at + start.size())), exact, exact * 0.07);
  }
}

TEST_F(MetricsTest, ASummaryWithoutValuesShowsZeros) {
  const auto summary = registry.summary("s", "");
  EXPECT_THAT(registry.text(), HasSubstr("s{quantile=\"0.99\"} 0\n"));
  EXPECT_THAT(registry.text(), HasSubstr("s_count 0\n"));
}

TEST_F(MetricsTest, QuantilesForgetWhatIsOlderThanTwoWindows) {
  const auto summary = registry.summary("s", "");
  registry.text();
  summary->record(1000);
  EXPECT_NEAR(summary->quantile(0.5), 1000, 60);
  clock.advance_ms(61'000);
  registry.text();
  summary->record(10);
  EXPECT_NEAR(summary->quantile(0.99), 1000, 60) << "still in the last window";
  clock.advance_ms(61'000);
  registry.text();
  EXPECT_EQ(summary->quantile(0.99), 10);
  EXPECT_EQ(summary->count(), 2);
}

TEST(Summary, EveryBucketHoldsItsMiddleAndErrsBySixPercent) {
  for (std::size_t bucket = 0; bucket < Summary::kBuckets; ++bucket) {
    EXPECT_EQ(Summary::bucket_of(static_cast<std::int64_t>(Summary::middle_of(bucket))), bucket);
  }
  for (std::int64_t value = 1; value < std::int64_t{1} << 42; value += value / 3 + 1) {
    const double middle = Summary::middle_of(Summary::bucket_of(value));
    EXPECT_NEAR(middle, static_cast<double>(value), static_cast<double>(value) * 0.0626) << value;
  }
  EXPECT_EQ(Summary::bucket_of(-5), 0u);
  EXPECT_EQ(Summary::bucket_of(std::numeric_limits<std::int64_t>::max()), Summary::kBuckets - 1);
}

TEST_F(MetricsTest, CallbacksAndCollectorsAreAskedWhileTheyAreRegistered) {
  double value = 1;
  auto gauge = registry.gauge_of("asked", "Help.", {{"l", "v"}}, [&] { return value; });
  const auto counter = registry.counter_of("asked_total", "Help.", {}, [&] { return 2 * value; });
  {
    const auto collector = registry.collect([&](MetricsWriter& writer) {
      for (int partition = 0; partition < 3; ++partition)
        writer.gauge("kafka_log_log_size", "Bytes.", {{"partition", std::to_string(partition)}}, value);
    });
    value = 5;
    const std::string text = registry.text();
    EXPECT_THAT(text, HasSubstr("asked{l=\"v\"} 5\n"));
    EXPECT_THAT(text, HasSubstr("# TYPE asked_total counter\nasked_total 10\n"));
    EXPECT_THAT(text,
                HasSubstr("kafka_log_log_size{partition=\"0\"} 5\nkafka_log_log_size{partition=\"1\"} 5\n"));
  }
  EXPECT_THAT(registry.text(), Not(HasSubstr("kafka_log_log_size")));
  gauge = MetricsRegistration();
  EXPECT_THAT(registry.text(), Not(HasSubstr("asked{")));
}

TEST_F(MetricsTest, ManyThreadsRecordWithoutLosingCounts) {
  const auto counter = registry.counter("c", "");
  const auto summary = registry.summary("s", "");
  const auto gauge = registry.gauge("g", "");
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int round = 0; round < 5000; ++round) {
        counter->add(2);
        summary->record(round);
        gauge->add(1);
        if (round % 1000 == 0) registry.text();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter->value(), 40'000);
  EXPECT_EQ(summary->count(), 20'000);
  EXPECT_EQ(gauge->value(), 20'000);
  EXPECT_NEAR(summary->quantile(0.5), 2500, 200);
}

TEST(ProcessMetrics, TellWhatThisProcessUses) {
  const ProcessUse use = read_process_use();
  EXPECT_GT(use.resident_bytes, 100'000);
  EXPECT_GT(use.virtual_bytes, use.resident_bytes);
  EXPECT_GE(use.threads, 1);
  EXPECT_GE(use.open_files, 3);
  EXPECT_GT(use.open_files_max, use.open_files);
  const double now = static_cast<double>(SystemClock().wall_ms()) / 1000;
  EXPECT_GT(use.started_at_seconds, now - 3600);
  EXPECT_LE(use.started_at_seconds, now + 1);
  MetricsWriter writer;
  write_process_metrics(writer);
  EXPECT_THAT(writer.text(), HasSubstr("# TYPE process_cpu_seconds_total counter\n"));
}

}  // namespace
}  // namespace barnabas
