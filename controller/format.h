// Making empty directories into a cluster, as kafka-storage format does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/random.h"
#include "common/result.h"
#include "controller/quorum/voter_set.h"
#include "storage/file_system.h"

namespace barnabas::controller {

// The cluster id of the first of the directories that has one (meta.properties), else `wanted`, else a random
// one. INCONSISTENT ids are found by the LogManager, which is given the result. An unreadable file is an
// error.
Result<std::string, std::string> choose_cluster_id(storage::FileSystem& files,
                                                   const std::vector<std::string>& directories,
                                                   const std::string& wanted, Random& random);

struct FormatRequest {
  std::vector<std::string> directories;  // log.dirs and metadata.log.dir
  std::string metadata_directory;
  // This node as the first voter; its directory id is that of the metadata directory.
  Voter voter;
  // controller.quorum.voters is configured: kraft.version 0 and no voters on disk.
  bool static_quorum = false;
  std::int64_t now_ms = 0;
};

// Completes what is missing: the 0-0 snapshot that names the voter (unless static), then bootstrap.checkpoint
// in every directory, that of the metadata directory last: with it the format is whole, and nothing is done a
// second time. A directory whose metadata log holds data is left alone. meta.properties is the LogManager's.
Result<void, std::string> format_directories(storage::FileSystem& files, const FormatRequest& request);

}  // namespace barnabas::controller
