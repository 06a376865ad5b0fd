#include "storage/log_directory.h"

#include <cerrno>

#include "common/logging.h"
#include "common/properties.h"
#include "common/text.h"

namespace barnabas::storage {
namespace {

constexpr Logger logger("storage.LogDirectory");
constexpr std::string_view kMetaProperties = "meta.properties";
constexpr std::string_view kCleanShutdown = ".kafka_cleanshutdown";
constexpr std::string_view kLock = ".lock";

// A value of a properties file: what Java reads as a separator or an escape is escaped.
std::string escaped(std::string_view value) {
  std::string out;
  for (const char letter : value) {
    if (letter == ':' || letter == '=' || letter == '\\' || letter == '#' || letter == '!' ||
        (letter == ' ' && out.empty()))
      out += '\\';
    out += letter;
  }
  return out;
}

// The broker epoch of {"version":0,"brokerEpoch":12}; nullopt if it is not there.
std::optional<std::int64_t> broker_epoch_of(std::string_view json) {
  constexpr std::string_view kField = "\"brokerEpoch\"";
  const auto at = json.find(kField);
  if (at == std::string_view::npos) return std::nullopt;
  json.remove_prefix(at + kField.size());
  const auto colon = json.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  json = trim(json.substr(colon + 1));
  return parse_number<std::int64_t>(json.substr(0, json.find_first_not_of("-0123456789")));
}

}  // namespace

StorageResult<void> LogDirectory::open() {
  if (auto made = make_directories(files_, path_); !made)
    return std::unexpected(to_storage_error(made.error()));
  auto lock = files_.lock(join_path(path_, kLock));
  if (!lock && lock.error().code == EAGAIN)
    return fail(StorageErrorCode::kLocked,
                concat("another process (a broker?) holds ", join_path(path_, kLock)));
  if (!lock) return std::unexpected(to_storage_error(lock.error()));
  lock_ = std::move(*lock);
  return {};
}

StorageResult<std::optional<LogDirectory::Identity>> LogDirectory::read_identity() {
  const auto content = read_file(files_, join_path(path_, kMetaProperties));
  if (!content && content.error().is_not_found()) return std::nullopt;
  if (!content) return std::unexpected(to_storage_error(content.error()));
  const Properties properties = parse_properties(as_text(*content));
  const auto value = [&](std::string_view key) {
    const std::string* found = find_property(properties, key);
    return found == nullptr ? std::string() : *found;
  };
  const auto invalid = [&](std::string_view why) {
    return fail(StorageErrorCode::kInvalidFile, concat(join_path(path_, kMetaProperties), ": ", why));
  };
  // Version 0 (ZooKeeper's clusters) calls the node broker.id.
  const std::string version = value("version").empty() ? "0" : value("version");
  if (version != "0" && version != "1") return invalid("unknown version " + version);
  Identity identity;
  identity.cluster_id = value("cluster.id");
  if (identity.cluster_id.empty()) return invalid("no cluster.id");
  const auto node = parse_number<std::int32_t>(trim(value(version == "1" ? "node.id" : "broker.id")));
  if (!node || *node < 0) return invalid("no node id");
  identity.node_id = *node;
  if (const std::string text = value("directory.id"); !text.empty()) {
    identity.directory_id = Uuid::parse(text);
    if (!identity.directory_id) return invalid("directory.id is not a uuid: " + text);
    const auto& bytes = identity.directory_id->bytes;
    const bool reserved = *identity.directory_id < Uuid::reserved(100);
    if (reserved) return invalid(concat("directory.id is reserved: ", text, " (", int{bytes[15]}, ")"));
    id_ = *identity.directory_id;
  }
  return identity;
}

StorageResult<void> LogDirectory::complete_identity(const std::optional<Identity>& found,
                                                    const std::string& cluster_id, std::int32_t node_id,
                                                    Random& random) {
  if (found && found->directory_id) return {};
  id_ = Uuid::random(random);
  const std::string text = concat("#\n#Written by Barnabas\ncluster.id=", escaped(cluster_id),
                                  "\ndirectory.id=", id_, "\nnode.id=", node_id, "\nversion=1\n");
  if (auto done = replace_file(files_, join_path(path_, kMetaProperties), as_bytes(text)); !done)
    return std::unexpected(to_storage_error(done.error()));
  return {};
}

StorageResult<bool> LogDirectory::take_clean_shutdown() {
  const std::string path = join_path(path_, kCleanShutdown);
  const auto content = read_file(files_, path);
  if (!content && content.error().is_not_found()) return false;
  if (!content) return std::unexpected(to_storage_error(content.error()));
  previous_broker_epoch_ = broker_epoch_of(as_text(*content));
  // Gone before anything is loaded, for good: a crash while loading must not look clean.
  if (auto done = files_.remove_file(path); !done) return std::unexpected(to_storage_error(done.error()));
  if (auto done = files_.sync_directory(path_); !done) return std::unexpected(to_storage_error(done.error()));
  was_clean = true;
  return true;
}

StorageResult<void> LogDirectory::write_clean_shutdown(std::int64_t broker_epoch) {
  const std::string text = concat("{\"version\":0,\"brokerEpoch\":", broker_epoch, "}");
  if (auto done = replace_file(files_, join_path(path_, kCleanShutdown), as_bytes(text)); !done)
    return std::unexpected(to_storage_error(done.error()));
  return {};
}

StorageResult<OffsetMap> LogDirectory::read_offsets(std::string_view checkpoint) {
  const auto content = read_file(files_, join_path(path_, checkpoint));
  if (!content && content.error().is_not_found()) return OffsetMap{};
  if (!content) return std::unexpected(to_storage_error(content.error()));
  auto offsets = parse_offsets(as_text(*content));
  if (offsets) written_[std::string(checkpoint)] = *offsets;
  if (!offsets) offsets.error().message = concat(join_path(path_, checkpoint), ": ", offsets.error().message);
  return offsets;
}

StorageResult<void> LogDirectory::write_offsets(std::string_view checkpoint, const OffsetMap& offsets) {
  const auto known = written_.find(checkpoint);
  if (known != written_.end() && known->second == offsets) return {};
  const std::string text = offsets_text(offsets);
  if (auto done = replace_file(files_, join_path(path_, checkpoint), as_bytes(text)); !done)
    return std::unexpected(to_storage_error(done.error()));
  written_[std::string(checkpoint)] = offsets;
  return {};
}

bool LogDirectory::checkpoints_name(const TopicPartition& partition) const {
  for (const auto& [checkpoint, offsets] : written_)
    if (offsets.contains(partition)) return true;
  return false;
}

void LogDirectory::unlock(bool unlink) {
  if (!lock_) return;
  // Unlinked while held: whoever comes next makes a file and a lock of its own.
  if (unlink)
    if (auto done = files_.remove_file(join_path(path_, kLock)); !done)
      logger.warn("Cannot remove the lock file: ", done.error().to_string());
  lock_.reset();
}

}  // namespace barnabas::storage
