#include <gtest/gtest.h>

#include <future>

#include "broker/configs/config_schema.h"
#include "broker/handlers/acls.h"
#include "broker/handlers/admin_apis.h"
#include "broker/handlers/user_scram_credentials.h"
#include "broker/options/all_options.h"
#include "broker/tests/support/call.h"
#include "common/clock.h"
#include "controller/format.h"
#include "storage/file_cache.h"
#include "storage/log_environment.h"
#include "storage/simulation/simulated_file_system.h"

namespace barnabas::broker {
namespace {

using namespace protocol;  // NOLINT: requests and responses throughout

constexpr std::int8_t kTopic = 2, kAny = 1, kMatch = 2, kLiteral = 3, kPrefixed = 4, kRead = 3, kAllow = 3;

// Bytes in, bytes out: the handlers before a real controller over simulated files.
class SecurityApis : public ::testing::Test {
 protected:
  explicit SecurityApis(
      const std::string& authorizer = "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
      : configs(registry, {{"authorizer.class.name", authorizer}}) {
    controller::ControllerConfig config;
    config.metadata_directory = "/data";
    config.cluster_id = "cluster";
    config.node_id = 1;
    config.directory_id = Uuid::reserved(200);
    config.controller_endpoints = {controller::Endpoint("CONTROLLER", "localhost", 9093, 0)};
    controller::FormatRequest format;
    format.directories = {"/data"};
    format.metadata_directory = "/data";
    format.voter.key = {1, config.directory_id};
    EXPECT_TRUE(controller::format_directories(files, format));
    active = std::make_unique<controller::Controller>(environment, clock, *random, schema, config);
    EXPECT_TRUE(active->start([this](auto image, const auto&) { metadata.set(std::move(image)); }));
    service = std::make_unique<AdminService>(AdminService{*active, metadata, configs, addresses});
    add_admin_apis(apis, *service);
  }
  ~SecurityApis() override { active->stop(); }

  // Waits until everything asked so far is answered: replies leave in order.
  void settle() {
    std::promise<void> done;
    controller::ElectLeadersCommand nothing;
    nothing.topics.emplace();
    active->elect_leaders(std::move(nothing), [&](const auto&) { done.set_value(); });
    done.get_future().wait();
  }

  template <class Response, class Request>
  Response call(const Request& request) {
    const std::int16_t version = Request::kMaxVersion;
    const auto outcome = caller.send(request, version);
    settle();
    return testing::Caller::decode<Response>(*outcome, version);
  }

  static void add(CreateAclsRequest& request, const std::string& topic, std::int8_t pattern) {
    auto& creation = request.creations.emplace_back();
    creation.resource_type = kTopic;
    creation.resource_name = topic;
    creation.resource_pattern_type = pattern;
    creation.principal = "User:ann";
    creation.host = "*";
    creation.operation = kRead;
    creation.permission_type = kAllow;
  }
  void create(const std::string& topic, std::int8_t pattern) {
    CreateAclsRequest request;
    add(request, topic, pattern);
    EXPECT_EQ(call<CreateAclsResponse>(request).results.at(0).error_code, 0);
  }
  static DescribeAclsRequest about(const std::string& topic, std::int8_t pattern = kMatch) {
    DescribeAclsRequest request;
    request.resource_type_filter = kTopic;
    request.resource_name_filter = topic;
    request.pattern_type_filter = pattern;
    request.principal_filter = std::nullopt;
    request.host_filter = std::nullopt;
    request.operation = kAny;
    request.permission_type = kAny;
    return request;
  }
  static DeleteAclsRequest delete_all() {
    DeleteAclsRequest request;
    auto& filter = request.filters.emplace_back();
    filter.resource_type_filter = kAny;
    filter.resource_name_filter = std::nullopt;
    filter.pattern_type_filter = kAny;
    filter.principal_filter = std::nullopt;
    filter.host_filter = std::nullopt;
    filter.operation = kAny;
    filter.permission_type = kAny;
    return request;
  }

  static AlterUserScramCredentialsRequest upsert(const std::string& user, std::int32_t iterations) {
    AlterUserScramCredentialsRequest request;
    auto& upsertion = request.upsertions.emplace_back();
    upsertion.name = user;
    upsertion.mechanism = 1;
    upsertion.iterations = iterations;
    upsertion.salt = {1};
    upsertion.salted_password = {2};
    return request;
  }
  DescribeUserScramCredentialsResponse describe_users(const std::vector<std::string>& names) {
    DescribeUserScramCredentialsRequest request;
    for (const std::string& name : names) request.users->emplace_back().name = name;
    return call<DescribeUserScramCredentialsResponse>(request);
  }

  storage::SimulatedFileSystem files;
  ManualClock clock;
  std::unique_ptr<Random> random = seeded_random(5);
  storage::FileCache descriptors{files, 100};
  storage::PendingDeletions deletions;
  storage::LogEnvironment environment{files, descriptors, deletions, clock, 86'400'000, {}};
  const OptionRegistry registry = all_options();
  LiveConfigs configs;
  BrokerConfigSchema schema{configs};
  MetadataCache metadata;
  AdvertisedAddresses addresses{1, {}};
  std::unique_ptr<controller::Controller> active;
  std::unique_ptr<AdminService> service;
  ApiTable apis;
  Dispatcher dispatcher{apis, clock, nullptr};
  testing::Caller caller{dispatcher};
};

class NoAuthorizer : public SecurityApis {
 protected:
  NoAuthorizer() : SecurityApis("") {}
};

TEST_F(SecurityApis, DescribeAclsGroupsEntriesByResource) {
  create("orders", kLiteral);
  create("ord", kPrefixed);
  const auto response = call<DescribeAclsResponse>(about("orders"));
  EXPECT_EQ(response.error_code, 0);
  EXPECT_EQ(response.error_message, "");
  ASSERT_EQ(response.resources.size(), 2u);
  EXPECT_EQ(response.resources.at(0).resource_name, "ord");
  EXPECT_EQ(response.resources.at(0).pattern_type, kPrefixed);
  ASSERT_EQ(response.resources.at(1).acls.size(), 1u);
  EXPECT_EQ(response.resources.at(1).acls.at(0).principal, "User:ann");
  EXPECT_EQ(response.resources.at(1).acls.at(0).operation, kRead);
}

TEST_F(SecurityApis, DescribeAclsOfUnknownKindsIsInvalid) {
  EXPECT_EQ(call<DescribeAclsResponse>(about("orders", 9)).error_code,
            static_cast<std::int16_t>(ErrorCode::kInvalidRequest));
}

TEST_F(SecurityApis, CreateAclsAnswersEachEntry) {
  CreateAclsRequest request;
  add(request, "orders", kMatch);
  add(request, "orders", kLiteral);
  const auto response = call<CreateAclsResponse>(request);
  ASSERT_EQ(response.results.size(), 2u);
  EXPECT_EQ(response.results.at(0).error_code, static_cast<std::int16_t>(ErrorCode::kInvalidRequest));
  EXPECT_EQ(response.results.at(0).error_message, "Invalid patternType MATCH");
  EXPECT_EQ(response.results.at(1).error_code, 0);
  EXPECT_EQ(response.results.at(1).error_message, "");
}

TEST_F(SecurityApis, DeleteAclsShowsWhatItDeleted) {
  create("orders", kLiteral);
  const auto response = call<DeleteAclsResponse>(delete_all());
  ASSERT_EQ(response.filter_results.size(), 1u);
  EXPECT_EQ(response.filter_results.at(0).error_code, 0);
  EXPECT_EQ(response.filter_results.at(0).error_message, std::nullopt);
  ASSERT_EQ(response.filter_results.at(0).matching_acls.size(), 1u);
  EXPECT_EQ(response.filter_results.at(0).matching_acls.at(0).resource_name, "orders");
  EXPECT_TRUE(call<DescribeAclsResponse>(about("orders")).resources.empty());
}

TEST_F(NoAuthorizer, AclsAreDisabled) {
  const auto disabled = static_cast<std::int16_t>(ErrorCode::kSecurityDisabled);
  CreateAclsRequest request;
  add(request, "orders", kLiteral);
  const auto created = call<CreateAclsResponse>(request);
  ASSERT_EQ(created.results.size(), 1u);
  EXPECT_EQ(created.results.at(0).error_code, disabled);
  EXPECT_EQ(created.results.at(0).error_message, "No Authorizer is configured.");
  EXPECT_EQ(call<DescribeAclsResponse>(about("orders")).error_code, disabled);
  EXPECT_EQ(call<DeleteAclsResponse>(delete_all()).filter_results.at(0).error_code, disabled);
  EXPECT_TRUE(metadata.get()->acls().empty());
}

TEST_F(NoAuthorizer, CredentialsNeedNone) {
  EXPECT_EQ(call<AlterUserScramCredentialsResponse>(upsert("ann", 8192)).results.at(0).error_code, 0);
  EXPECT_EQ(describe_users({"ann"}).results.at(0).credential_infos.at(0).iterations, 8192);
}

TEST_F(SecurityApis, CredentialsAreDescribedByUser) {
  call<AlterUserScramCredentialsResponse>(upsert("ann", 4096));
  call<AlterUserScramCredentialsResponse>(upsert("bob", 8192));
  const auto everybody = describe_users({});
  ASSERT_EQ(everybody.results.size(), 2u);
  EXPECT_EQ(everybody.results.at(0).user, "ann");
  EXPECT_EQ(everybody.results.at(1).credential_infos.at(0).iterations, 8192);

  const auto named = describe_users({"ann", "carl", "bob", "bob"});
  ASSERT_EQ(named.results.size(), 3u);
  EXPECT_EQ(named.results.at(0).error_code, 0);
  EXPECT_EQ(named.error_message, "");
  EXPECT_EQ(named.results.at(0).error_message, "");
  EXPECT_EQ(named.results.at(0).credential_infos.at(0).mechanism, 1);
  EXPECT_EQ(named.results.at(1).error_code, static_cast<std::int16_t>(ErrorCode::kDuplicateResource));
  EXPECT_EQ(named.results.at(2).error_code, static_cast<std::int16_t>(ErrorCode::kResourceNotFound));
}

TEST_F(SecurityApis, WrongCredentialsAreRefused) {
  const auto response = call<AlterUserScramCredentialsResponse>(upsert("ann", 100));
  EXPECT_EQ(response.results.at(0).user, "ann");
  EXPECT_EQ(response.results.at(0).error_code, static_cast<std::int16_t>(ErrorCode::kUnacceptableCredential));
  EXPECT_EQ(response.results.at(0).error_message, "Too few iterations");
}

}  // namespace
}  // namespace barnabas::broker
