#include <gtest/gtest.h>

#include "common/sha2.h"
#include "controller/features.h"
#include "controller/image/image_builder.h"
#include "controller/image/image_records.h"
#include "controller/managers/acls.h"
#include "controller/managers/scram.h"
#include "controller/tests/support.h"

namespace barnabas::controller {
namespace {

using protocol::ErrorCode;
using namespace acl_code;  // NOLINT: the codes are what this file is about

constexpr std::int8_t kTopic = 2, kRead = 3, kWrite = 4;

AclEntry entry(const std::string& name, std::int8_t pattern = kLiteral, const std::string& user = "User:a",
               std::int8_t operation = kRead) {
  AclEntry made;
  made.resource_type = kTopic;
  made.resource_name = name;
  made.pattern_type = pattern;
  made.principal = user;
  made.host = "*";
  made.operation = operation;
  made.permission_type = kAllow;
  return made;
}

// An image without brokers, and the managers over it.
class SecurityManagers : public ::testing::Test {
 protected:
  SecurityManagers() { apply(format_features()); }

  void apply(const MetadataRecords& records) {
    ImageBuilder builder(*image);
    for (const MetadataRecord& record : records) {
      const auto done = builder.apply(record);
      ASSERT_TRUE(done) << record_name(record) << ": " << done.error();
    }
    image = builder.build(image->offset() + static_cast<std::int64_t>(records.size()), 1, 1);
  }

  std::vector<ApiError> create(const std::vector<AclEntry>& entries) {
    auto decision = acls.create(*image, entries);
    apply(decision.records);
    written = decision.records.size();
    return decision.reply;
  }
  std::string refusal(const AclEntry& wrong) {
    const ApiError error = create({wrong}).at(0);
    EXPECT_EQ(error.code, error.ok() ? ErrorCode::kNone : ErrorCode::kInvalidRequest);
    return error.message;
  }
  std::vector<DeletedAcls> remove(const std::vector<AclFilter>& filters) {
    auto decision = acls.remove(*image, filters);
    apply(decision.records);
    written = decision.records.size();
    return decision.reply;
  }

  std::vector<NamedResult> alter(const AlterScramCommand& command) {
    auto decision = scram.alter(*image, command);
    apply(decision.records);
    written = decision.records.size();
    return decision.reply;
  }
  static AlterScramCommand upsert(const std::string& user, std::int8_t mechanism = kScramSha256,
                                  std::int32_t iterations = 4096) {
    AlterScramCommand command;
    auto& upsertion = command.upsertions.emplace_back();
    upsertion.user = user;
    upsertion.mechanism = mechanism;
    upsertion.iterations = iterations;
    upsertion.salt = {1, 2, 3};
    upsertion.salted_password = {4, 5, 6};
    return command;
  }
  static AlterScramCommand erase(const std::string& user, std::int8_t mechanism = kScramSha256) {
    AlterScramCommand command;
    auto& deletion = command.deletions.emplace_back();
    deletion.user = user;
    deletion.mechanism = mechanism;
    return command;
  }
  ErrorCode code_of(const AlterScramCommand& command) { return alter(command).at(0).error.code; }

  std::shared_ptr<const MetadataImage> image = std::make_shared<const MetadataImage>();
  std::unique_ptr<Random> random = seeded_random(3);
  AclManager acls{*random};
  ScramManager scram;
  std::size_t written = 0;
};

TEST_F(SecurityManagers, EntriesAreWrittenOnce) {
  EXPECT_TRUE(create({entry("t"), entry("t"), entry("u")}).at(1).ok());
  EXPECT_EQ(written, 2u);
  EXPECT_TRUE(create({entry("t"), entry("t", kPrefixed)}).at(0).ok());
  EXPECT_EQ(written, 1u);
  EXPECT_EQ(image->acls().size(), 3u);
}

TEST_F(SecurityManagers, WrongEntriesAreRefusedAndOthersWritten) {
  AclEntry wrong = entry("t");
  wrong.resource_type = kAny;
  EXPECT_EQ(refusal(wrong), "Invalid resourceType ANY");
  wrong.resource_type = 99;
  EXPECT_EQ(refusal(wrong), "Invalid resourceType UNKNOWN");
  EXPECT_EQ(refusal(entry("t", kMatch)), "Invalid patternType MATCH");
  EXPECT_EQ(refusal(entry("t", kLiteral, "User:a", kAny)), "Invalid operation ANY");
  wrong = entry("t");
  wrong.permission_type = 1;
  EXPECT_EQ(refusal(wrong), "Invalid permissionType ANY");
  EXPECT_EQ(refusal(entry("")), "Invalid empty resource name");
  EXPECT_EQ(refusal(entry("t", kLiteral, "a")),
            "Could not parse principal from `a` (no colon is present separating the principal type from the "
            "principal name)");
  wrong = entry("mine");
  wrong.resource_type = kCluster;
  EXPECT_EQ(refusal(wrong), "The only valid name for the CLUSTER resource is kafka-cluster");

  const auto errors = create({wrong, entry("t")});
  EXPECT_EQ(errors.at(0).code, ErrorCode::kInvalidRequest);
  EXPECT_TRUE(errors.at(1).ok());
  EXPECT_EQ(image->acls().size(), 1u);
}

TEST_F(SecurityManagers, TooManyEntriesAtOnceAreRefusedWhole) {
  std::vector<AclEntry> entries;
  for (int i = 0; i <= 10'000; ++i) entries.push_back(entry("t" + std::to_string(i)));
  EXPECT_EQ(create(entries).at(0).code, ErrorCode::kPolicyViolation);
  EXPECT_TRUE(image->acls().empty());
}

TEST_F(SecurityManagers, MatchMeansWhatWouldDecideAboutTheName) {
  AclFilter filter;
  filter.resource_type = kTopic;
  filter.resource_name = "orders";
  filter.pattern_type = kMatch;
  for (const AclEntry& hit :
       {entry("orders"), entry("*"), entry("ord", kPrefixed), entry("orders", kPrefixed)}) {
    EXPECT_TRUE(filter.matches(hit)) << hit.resource_name;
  }
  for (const AclEntry& miss : {entry("ord"), entry("*", kPrefixed), entry("orders2", kPrefixed)}) {
    EXPECT_FALSE(filter.matches(miss)) << miss.resource_name;
  }
  filter.pattern_type = kAny;
  EXPECT_TRUE(filter.matches(entry("orders", kPrefixed)));
  EXPECT_FALSE(filter.matches(entry("*")));
  filter.pattern_type = kLiteral;
  EXPECT_TRUE(filter.matches(entry("orders")));
  EXPECT_FALSE(filter.matches(entry("orders", kPrefixed)));
}

TEST_F(SecurityManagers, EveryPartOfAFilterNarrowsIt) {
  const AclEntry held = entry("t");
  EXPECT_TRUE(AclFilter().matches(held));
  AclFilter filter;
  filter.principal = "User:b";
  EXPECT_FALSE(filter.matches(held));
  filter = {};
  filter.host = "10.0.0.1";
  EXPECT_FALSE(filter.matches(held));
  filter = {};
  filter.operation = kWrite;
  EXPECT_FALSE(filter.matches(held));
  filter = {};
  filter.permission_type = kDeny;
  EXPECT_FALSE(filter.matches(held));
  filter = {};
  filter.resource_type = kCluster;
  EXPECT_FALSE(filter.matches(held));
}

TEST_F(SecurityManagers, AnEntryThatTwoFiltersMeanIsRemovedOnce) {
  create({entry("t"), entry("u", kLiteral, "User:b")});
  AclFilter of_user;
  of_user.principal = "User:a";
  AclFilter unknown;
  unknown.operation = 0;
  const auto deleted = remove({AclFilter(), of_user, unknown});
  EXPECT_EQ(deleted.at(0).entries.size(), 2u);
  EXPECT_EQ(deleted.at(1).entries, std::vector<AclEntry>{entry("t")});
  EXPECT_EQ(deleted.at(2).error, ApiError(ErrorCode::kInvalidRequest, "Unknown entryFilter."));
  EXPECT_EQ(written, 2u);
  EXPECT_TRUE(image->acls().empty());
}

TEST_F(SecurityManagers, KeysOfACredentialAreThoseOfRfc5802) {
  EXPECT_TRUE(alter(upsert("ann")).at(0).error.ok());
  const ScramCredential held = image->scram_credentials().at({"ann", kScramSha256});
  const Buffer salted = {4, 5, 6};
  EXPECT_EQ(held.stored_key, sha256(hmac_sha256(salted, as_bytes("Client Key"))));
  EXPECT_EQ(held.server_key, hmac_sha256(salted, as_bytes("Server Key")));
  EXPECT_EQ(held.salt, (Buffer{1, 2, 3}));
  EXPECT_EQ(held.iterations, 4096);
  alter(upsert("ann", kScramSha512, 16384));
  EXPECT_EQ(image->scram_credentials().at({"ann", kScramSha512}).server_key.size(), 64u);
}

TEST_F(SecurityManagers, WrongCredentialsAreRefused) {
  EXPECT_EQ(code_of(upsert("")), ErrorCode::kUnacceptableCredential);
  EXPECT_EQ(code_of(upsert("ann", 3)), ErrorCode::kUnsupportedSaslMechanism);
  EXPECT_EQ(code_of(upsert("ann", kScramSha256, 4095)), ErrorCode::kUnacceptableCredential);
  EXPECT_EQ(code_of(upsert("ann", kScramSha512, 16385)), ErrorCode::kUnacceptableCredential);
  EXPECT_EQ(code_of(erase("ann")), ErrorCode::kResourceNotFound);
  EXPECT_EQ(code_of(erase("ann", 0)), ErrorCode::kUnsupportedSaslMechanism);
  EXPECT_TRUE(image->scram_credentials().empty());
}

TEST_F(SecurityManagers, AUserStandsInARequestOnce) {
  AlterScramCommand command = upsert("ann");
  command.upsertions.push_back(upsert("ann", kScramSha512).upsertions.front());
  command.upsertions.push_back(upsert("bob").upsertions.front());
  const auto results = alter(command);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results.at(0).name, "ann");
  EXPECT_EQ(results.at(0).error.code, ErrorCode::kDuplicateResource);
  EXPECT_TRUE(results.at(1).error.ok());
  EXPECT_EQ(image->scram_credentials().size(), 1u);
}

TEST_F(SecurityManagers, ACredentialCanBeDeleted) {
  alter(upsert("ann"));
  EXPECT_EQ(code_of(erase("ann", kScramSha512)), ErrorCode::kResourceNotFound);
  EXPECT_EQ(code_of(erase("ann")), ErrorCode::kNone);
  EXPECT_TRUE(image->scram_credentials().empty());
}

TEST_F(SecurityManagers, SnapshotsHoldBoth) {
  create({entry("t"), entry("p", kPrefixed)});
  alter(upsert("ann"));
  ImageBuilder builder{MetadataImage()};
  write_image(*image, [&](const MetadataRecord& record) { EXPECT_TRUE(builder.apply(record)); });
  EXPECT_TRUE(builder.build(1, 1, 1)->same_content(*image));
}

TEST_F(SecurityManagers, NoCredentialsBeforeTheirMetadataVersion) {
  image = std::make_shared<const MetadataImage>();
  protocol::FeatureLevelRecord level;
  level.name = kMetadataVersionFeature;
  level.feature_level = 10;
  apply({level});
  EXPECT_EQ(code_of(upsert("ann")), ErrorCode::kUnsupportedVersion);
}

}  // namespace
}  // namespace barnabas::controller
