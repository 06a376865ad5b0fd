#include "broker/handlers/user_scram_credentials.h"

#include <map>

#include "common/text.h"
#include "protocol/error_code.h"

namespace barnabas::broker {
namespace {

using controller::MetadataImage;
using protocol::AlterUserScramCredentialsResponse;
using protocol::DescribeUserScramCredentialsResponse;
using protocol::ErrorCode;

using Result = DescribeUserScramCredentialsResponse::DescribeUserScramCredentialsResult;

// How often each user is asked for; everybody who has a credential if nobody is named.
std::map<std::string, int> asked_users(const protocol::DescribeUserScramCredentialsRequest& request,
                                       const MetadataImage& image) {
  std::map<std::string, int> users;
  if (request.users && !request.users->empty()) {
    for (const auto& user : *request.users) ++users[user.name];
  } else {
    for (const auto& [key, credential] : image.scram_credentials()) users[key.first] = 1;
  }
  return users;
}

void add_credentials(Result& result, const MetadataImage& image) {
  const controller::ScramMap& all = image.scram_credentials();
  for (auto at = all.lower_bound({result.user, 0}); at != all.end() && at->first.first == result.user; ++at) {
    auto& info = result.credential_infos.emplace_back();
    info.mechanism = at->first.second;
    info.iterations = at->second.iterations;
  }
}

void refuse(Result& result, ErrorCode code, std::string message) {
  result.error_code = static_cast<std::int16_t>(code);
  result.error_message = std::move(message);
}

}  // namespace

void handle_describe_user_scram_credentials(const RequestContext&, const AdminService& service,
                                            protocol::DescribeUserScramCredentialsRequest&& request,
                                            Reply<DescribeUserScramCredentialsResponse> reply) {
  const auto image = service.metadata.get();
  DescribeUserScramCredentialsResponse response;
  for (const auto& [user, times] : asked_users(request, *image)) {
    Result& result = response.results.emplace_back();
    result.user = user;
    if (times > 1) {
      refuse(result, ErrorCode::kDuplicateResource,
             concat("Cannot describe SCRAM credentials for the same user twice in a single request: ", user));
      continue;
    }
    add_credentials(result, *image);
    if (result.credential_infos.empty()) {
      refuse(result, ErrorCode::kResourceNotFound,
             concat("Attempt to describe a user credential that does not exist: ", user));
    }
  }
  reply.send(response);
}

void handle_alter_user_scram_credentials(const RequestContext&, const AdminService& service,
                                         protocol::AlterUserScramCredentialsRequest&& request,
                                         Reply<AlterUserScramCredentialsResponse> reply) {
  controller::AlterScramCommand command;
  for (auto& from : request.deletions) {
    auto& deletion = command.deletions.emplace_back();
    deletion.user = std::move(from.name);
    deletion.mechanism = from.mechanism;
  }
  for (auto& from : request.upsertions) {
    auto& upsertion = command.upsertions.emplace_back();
    upsertion.user = std::move(from.name);
    upsertion.mechanism = from.mechanism;
    upsertion.iterations = from.iterations;
    upsertion.salt = std::move(from.salt);
    upsertion.salted_password = std::move(from.salted_password);
  }
  service.controller.alter_scram_credentials(
      std::move(command),
      [reply = std::move(reply)](const std::vector<controller::NamedResult>& users) mutable {
        AlterUserScramCredentialsResponse response;
        for (const controller::NamedResult& user : users) {
          auto& result = response.results.emplace_back();
          result.user = user.name;
          result.error_code = static_cast<std::int16_t>(user.error.code);
          result.error_message = user.error.nullable_message();
        }
        reply.send(response);
      });
}

}  // namespace barnabas::broker
