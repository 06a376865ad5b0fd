#include "broker/handlers/update_features.h"

#include <map>
#include <string>

#include "common/text.h"
#include "controller/commands.h"

namespace barnabas::broker {
namespace {

using controller::FeatureUpdate;
using controller::FeatureUpgrade;
using controller::NamedResult;
using protocol::UpdateFeaturesRequest;
using protocol::UpdateFeaturesResponse;

FeatureUpdate to_update(const UpdateFeaturesRequest::FeatureUpdateKey& key, std::int16_t version) {
  FeatureUpdate update;
  update.name = key.feature;
  update.level = key.max_version_level;
  if (version == 0) {
    update.type = key.allow_downgrade ? FeatureUpgrade::kSafeDowngrade : FeatureUpgrade::kUpgrade;
  } else if (key.upgrade_type >= 1 && key.upgrade_type <= 3) {
    update.type = static_cast<FeatureUpgrade>(key.upgrade_type);
  } else {
    update.type = FeatureUpgrade::kUnknown;
  }
  return update;
}

UpdateFeaturesResponse build_response(const controller::ApiResult<std::vector<NamedResult>>& outcome,
                                      std::int16_t version) {
  UpdateFeaturesResponse response;
  if (!outcome) {
    const bool for_all = version > 1;
    response.error_code = static_cast<std::int16_t>(outcome.error().code);
    response.error_message =
        concat(for_all ? "The update failed for all features since the following feature had an error: " : "",
               outcome.error().message);
    return response;
  }
  if (version > 1) return response;
  for (const NamedResult& update : *outcome) response.results.emplace_back().feature = update.name;
  return response;
}

}  // namespace

void handle_update_features(const RequestContext& context, const AdminService& service,
                            UpdateFeaturesRequest&& request, Reply<UpdateFeaturesResponse> reply) {
  // Of a feature named twice the last one counts.
  std::map<std::string, FeatureUpdate> updates;
  for (const auto& key : request.feature_updates) updates[key.feature] = to_update(key, context.api_version);
  controller::UpdateFeaturesCommand command;
  command.validate_only = request.validate_only;
  for (auto& [name, update] : updates) command.updates.push_back(std::move(update));
  service.controller.update_features(std::move(command),
                                     [reply = std::move(reply), version = context.api_version](
                                         controller::ApiResult<std::vector<NamedResult>> outcome) mutable {
                                       reply.send(build_response(outcome, version));
                                     });
}

}  // namespace barnabas::broker
