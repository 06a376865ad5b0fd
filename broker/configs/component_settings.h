// The small structs that the parts of a broker are configured with, from the options in force.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/configs/config_layers.h"
#include "broker/configs/live_configs.h"
#include "broker/fetch/fetch_session.h"
#include "broker/groups/group_settings.h"
#include "broker/partition/transaction_verifier.h"
#include "broker/share/state/settings.h"
#include "broker/telemetry/client_metrics.h"
#include "broker/transactions/transaction_settings.h"
#include "common/result.h"
#include "controller/controller.h"
#include "records/types.h"
#include "storage/compaction/log_cleaner.h"
#include "storage/log_maintenance.h"
#include "storage/log_manager.h"

namespace barnabas::broker {

storage::LogManagerConfig log_manager_config(const ConfigLayers& layers);
// Nullopt where log.cleaner.enable is off.
std::optional<storage::LogCleanerConfig> log_cleaner_config(const ConfigLayers& layers);
// barnabas.flush=group
bool flushes_in_groups(const ConfigLayers& layers);
storage::MaintenanceIntervals maintenance_intervals(const ConfigLayers& layers);
groups::GroupSettings group_settings(const ConfigLayers& layers);
transactions::TransactionSettings transaction_settings(const ConfigLayers& layers);
share::ShareStateSettings share_state_settings(const ConfigLayers& layers);
records::Codec share_state_codec(const ConfigLayers& layers);
// How many bytes of a coordinator's topic are read at a time: `key` is its *.load.buffer.size.
std::int32_t load_buffer_bytes(const ConfigLayers& layers, std::string_view key);
// Whether to verify follows the configuration in force; `configs` outlives the verifier.
TransactionVerifier::Settings verifier_settings(const LiveConfigs& configs);
FetchSessionCache::Limits fetch_session_limits(const ConfigLayers& layers);
ClientMetrics::Limits client_metrics_limits(const ConfigLayers& layers);
// What options say; who this node is and where its files lie is the caller's to fill in.
controller::ControllerConfig controller_config(const ConfigLayers& layers);
// controller.quorum.voters: "id@host:port" each; empty when it is not set. The error names the entry.
Result<std::vector<controller::Voter>, std::string> static_voters(const ConfigLayers& layers);
std::optional<std::string> rack(const ConfigLayers& layers);

}  // namespace barnabas::broker
