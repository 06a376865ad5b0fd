#include "controller/format.h"

#include "common/logging.h"
#include "common/properties.h"
#include "common/text.h"
#include "controller/features.h"
#include "controller/log/metadata_log.h"
#include "controller/log/snapshot_file.h"

namespace barnabas::controller {

namespace {

constexpr Logger logger("controller.Format");
constexpr std::string_view kBootstrap = "bootstrap.checkpoint";

Result<bool, std::string> has_metadata(storage::FileSystem& files, const std::string& directory) {
  const auto entries = files.list(directory);
  if (!entries && entries.error().is_not_found()) return false;
  if (!entries) return unexpected(entries.error().to_string());
  for (const auto& entry : *entries) {
    if (entry.name == "quorum-state") return true;
    const auto id = parse_snapshot_name(entry.name);
    if (id && id->end_offset > 0) return true;
    if (!entry.name.ends_with(".log")) continue;
    const auto info = files.info(storage::join_path(directory, entry.name));
    if (!info) return unexpected(info.error().to_string());
    if (info->size > 0) return true;
  }
  return false;
}

Result<void, std::string> write(storage::FileSystem& files, const std::string& path, const Buffer& content) {
  if (auto done = storage::replace_file(files, path, content); !done)
    return unexpected(done.error().to_string());
  return {};
}

Buffer bootstrap_content(std::int64_t now_ms) {
  SnapshotBuilder builder(0, now_ms, 0, {}, kFormatMetadataVersion);
  for (const MetadataRecord& record : format_features()) builder.add(record);
  return builder.finish();
}

Result<void, std::string> write_voters(storage::FileSystem& files, const FormatRequest& request,
                                       const std::string& directory) {
  if (auto made = storage::make_directories(files, directory); !made)
    return unexpected(made.error().to_string());
  QuorumFacts facts;
  facts.kraft_version = 1;
  facts.voters = VoterSet({request.voter});
  SnapshotBuilder builder(0, request.now_ms, request.now_ms, facts, kFormatMetadataVersion);
  const std::string path = storage::join_path(directory, snapshot_name({0, 0}));
  if (auto done = storage::write_final_file(files, path, builder.finish()); !done)
    return unexpected(done.error().to_string());
  return {};
}

}  // namespace

Result<std::string, std::string> choose_cluster_id(storage::FileSystem& files,
                                                   const std::vector<std::string>& directories,
                                                   const std::string& wanted, Random& random) {
  for (const std::string& directory : directories) {
    const std::string path = storage::join_path(directory, "meta.properties");
    const auto bytes = storage::read_file(files, path);
    if (!bytes && bytes.error().is_not_found()) continue;
    if (!bytes) return unexpected(bytes.error().to_string());
    const Properties properties = parse_properties(as_text(*bytes));
    const std::string* found = find_property(properties, "cluster.id");
    if (!found || found->empty()) continue;
    if (!wanted.empty() && wanted != *found) {
      return unexpected(
          concat("Invalid cluster.id in: ", path, ". Expected ", wanted, ", but read ", *found));
    }
    return *found;
  }
  return wanted.empty() ? Uuid::random(random).to_string() : wanted;
}

Result<void, std::string> format_directories(storage::FileSystem& files, const FormatRequest& request) {
  const std::string metadata = storage::join_path(request.metadata_directory, kMetadataPartitionDirectory);
  const auto started = has_metadata(files, metadata);
  if (!started) return unexpected(started.error());
  if (*started) return {};
  const std::string last = storage::join_path(request.metadata_directory, kBootstrap);
  if (storage::exists(files, last)) return {};

  if (!request.static_quorum) {
    if (auto done = write_voters(files, request, metadata); !done) return done;
  }
  const Buffer bootstrap = bootstrap_content(request.now_ms);
  for (const std::string& directory : request.directories) {
    if (auto made = storage::make_directories(files, directory); !made) {
      return unexpected(made.error().to_string());
    }
    const std::string path = storage::join_path(directory, kBootstrap);
    if (path == last || storage::exists(files, path)) continue;
    if (auto done = write(files, path, bootstrap); !done) return done;
  }
  if (auto done = write(files, last, bootstrap); !done) return done;
  logger.info("Formatted ", request.metadata_directory, " with metadata.version ",
              metadata_version_name(kFormatMetadataVersion),
              request.static_quorum ? " for a static quorum" : "");
  return {};
}

}  // namespace barnabas::controller
