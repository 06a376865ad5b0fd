#include "broker/metrics/request_metrics.h"

#include "protocol/messages/delete_topics_request.h"
#include "protocol/messages/delete_topics_response.h"

namespace barnabas::broker {
namespace {

using protocol::ApiKey;
using testing::HasSubstr;
using testing::Not;

class Sink final : public ReplySink {
 public:
  void send(Payload) override {}
  void send_nothing() override {}
  void close(std::string_view) override {}
};

struct Fixture : testing::Test {
  Fixture() {
    apis.add<protocol::DeleteTopicsRequest, protocol::DeleteTopicsResponse>([](auto&&...) {});
    metrics.add(apis);
  }

  ManualClock clock;
  MetricsRegistry registry{clock};
  RequestMetrics metrics{registry, clock};
  ApiTable apis;
};

using RequestMetricsTest = Fixture;

TEST_F(RequestMetricsTest, CountsEveryErrorCodeOfAnAnswer) {
  protocol::DeleteTopicsResponse response;
  response.responses.resize(3);
  response.responses[1].error_code = 3;
  response.responses[2].error_code = 3;
  RawReply reply(std::make_unique<Sink>(), &metrics, *protocol::find_api(20), 4, 7, clock.monotonic_ns());
  reply.send(response);

  const std::string text = registry.text();
  EXPECT_THAT(
      text,
      HasSubstr("kafka_network_requestmetrics_errors_total{request=\"DeleteTopics\",error=\"NONE\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("kafka_network_requestmetrics_errors_total{request=\"DeleteTopics\","
                              "error=\"UNKNOWN_TOPIC_OR_PARTITION\"} 2\n"));
  EXPECT_THAT(
      text,
      HasSubstr("kafka_network_requestmetrics_requests_total{request=\"DeleteTopics\",version=\"4\"} 1\n"));
}

TEST_F(RequestMetricsTest, ErrorsThatNeverOccurredAreNotShown) {
  EXPECT_THAT(registry.text(), Not(HasSubstr("errors_total")));
}

TEST_F(RequestMetricsTest, LocalTimeEndsWithTheHandlerAndTotalTimeWithTheAnswer) {
  const std::int64_t received_ns = clock.monotonic_ns();
  clock.advance_ms(10);
  metrics.handled(ApiKey::kDeleteTopics, received_ns);
  clock.advance_ms(990);
  metrics.replied(ApiKey::kDeleteTopics, 4, received_ns, 0);
  const auto local =
      registry.summary("kafka_network_requestmetrics_localtimems", "", {{"request", "DeleteTopics"}});
  const auto total =
      registry.summary("kafka_network_requestmetrics_totaltimems", "", {{"request", "DeleteTopics"}});
  EXPECT_NEAR(local->quantile(0.5), 10, 0.6);
  EXPECT_NEAR(total->quantile(0.5), 1000, 60);
}

TEST_F(RequestMetricsTest, CodesAndKeysThatNobodyKnowsAreIgnored) {
  metrics.answered(ApiKey::kProduce, 0);  // not in the table
  metrics.answered(ApiKey::kDeleteTopics, 32767);
  metrics.answered(ApiKey::kDeleteTopics, -1);
  EXPECT_THAT(registry.text(), HasSubstr("error=\"UNKNOWN_SERVER_ERROR\"} 1\n"));
}

}  // namespace
}  // namespace barnabas::broker
