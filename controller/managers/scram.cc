#include "controller/managers/scram.h"

#include <map>

#include "common/sha2.h"

namespace barnabas::controller {

using protocol::ErrorCode;

namespace {

constexpr std::int32_t kMinIterations = 4096;
constexpr std::int32_t kMaxIterations = 16384;
constexpr std::int16_t kFirstVersionWithScram = 11;  // 3.5-IV2

ApiError check_name(const std::string& user, std::int8_t mechanism) {
  if (user.empty()) return {ErrorCode::kUnacceptableCredential, "Username must not be empty"};
  if (mechanism != kScramSha256 && mechanism != kScramSha512) {
    return {ErrorCode::kUnsupportedSaslMechanism, "Unknown SCRAM mechanism"};
  }
  return {};
}

ApiError check(const ScramUpsertion& upsertion) {
  if (ApiError error = check_name(upsertion.user, upsertion.mechanism); !error.ok()) return error;
  if (upsertion.iterations < kMinIterations) {
    return {ErrorCode::kUnacceptableCredential, "Too few iterations"};
  }
  if (upsertion.iterations > kMaxIterations) {
    return {ErrorCode::kUnacceptableCredential, "Too many iterations"};
  }
  return {};
}

ApiError check(const MetadataImage& image, const ScramDeletion& deletion) {
  if (ApiError error = check_name(deletion.user, deletion.mechanism); !error.ok()) return error;
  if (!image.scram_credentials().contains({deletion.user, deletion.mechanism})) {
    return {ErrorCode::kResourceNotFound, "Attempt to delete a user credential that does not exist"};
  }
  return {};
}

// The keys of RFC 5802; the salted password itself is never kept.
protocol::UserScramCredentialRecord to_record(const ScramUpsertion& upsertion) {
  const bool shorter = upsertion.mechanism == kScramSha256;
  const auto keyed = shorter ? hmac_sha256 : hmac_sha512;
  protocol::UserScramCredentialRecord record;
  record.name = upsertion.user;
  record.mechanism = upsertion.mechanism;
  record.salt = upsertion.salt;
  record.stored_key = (shorter ? sha256 : sha512)(keyed(upsertion.salted_password, as_bytes("Client Key")));
  record.server_key = keyed(upsertion.salted_password, as_bytes("Server Key"));
  record.iterations = upsertion.iterations;
  return record;
}

// The users of a command and the error of each. A user may stand in a command once, whatever the mechanism.
class Users {
 public:
  explicit Users(bool supported) : supported_(supported) {}

  // Takes what `check` says of an alteration of `user`; of two errors the first stays.
  template <class Check>
  void see(const std::string& user, Check check) {
    const auto [known, added] = places_.emplace(user, results_.size());
    if (added) results_.emplace_back(user, ApiError());
    ApiError& error = results_[known->second].error;
    if (!error.ok()) return;
    if (!added) {
      error = {ErrorCode::kDuplicateResource,
               "A user credential cannot be altered twice in the same request"};
    } else if (!supported_) {
      error = {ErrorCode::kUnsupportedVersion, "The current metadata.version does not support SCRAM"};
    } else {
      error = check();
    }
  }
  bool fine(const std::string& user) const { return results_[places_.at(user)].error.ok(); }
  std::vector<NamedResult> take() { return std::move(results_); }

 private:
  const bool supported_;
  std::map<std::string, std::size_t> places_;
  std::vector<NamedResult> results_;
};

}  // namespace

Decision<std::vector<NamedResult>> ScramManager::alter(const MetadataImage& image,
                                                       const AlterScramCommand& command) const {
  Decision<std::vector<NamedResult>> decision;
  Users users(image.metadata_version() >= kFirstVersionWithScram);
  for (const ScramDeletion& deletion : command.deletions) {
    users.see(deletion.user, [&] { return check(image, deletion); });
  }
  for (const ScramUpsertion& upsertion : command.upsertions) {
    users.see(upsertion.user, [&] { return check(upsertion); });
  }
  for (const ScramDeletion& deletion : command.deletions) {
    if (!users.fine(deletion.user)) continue;
    protocol::RemoveUserScramCredentialRecord record;
    record.name = deletion.user;
    record.mechanism = deletion.mechanism;
    decision.records.emplace_back(std::move(record));
  }
  for (const ScramUpsertion& upsertion : command.upsertions) {
    if (users.fine(upsertion.user)) decision.records.emplace_back(to_record(upsertion));
  }
  decision.reply = users.take();
  return decision;
}

}  // namespace barnabas::controller
