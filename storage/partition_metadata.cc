#include "storage/partition_metadata.h"

#include <optional>

#include "common/text.h"

namespace barnabas::storage {
namespace {

// The value of a line "name: value"; nullopt for another line.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) {
  if (!line.starts_with(name)) return std::nullopt;
  line.remove_prefix(name.size());
  if (!line.starts_with(':')) return std::nullopt;
  return trim(line.substr(1));
}

}  // namespace

std::string partition_metadata_text(const Uuid& topic_id) {
  return concat("version: 0\ntopic_id: ", topic_id);
}

StorageResult<Uuid> parse_partition_metadata(std::string_view text) {
  const auto first_end = text.find('\n');
  if (first_end == std::string_view::npos)
    return fail(StorageErrorCode::kInvalidFile, "partition.metadata has one line only");
  const auto version = value_of(text.substr(0, first_end), "version");
  const auto id_line = text.substr(first_end + 1);
  const auto id_text = value_of(id_line.substr(0, id_line.find('\n')), "topic_id");
  if (!version || !id_text || parse_number<int>(*version).value_or(-1) < 0)
    return fail(StorageErrorCode::kInvalidFile, "partition.metadata is malformed");
  const auto id = Uuid::parse(*id_text);
  if (!id || id->is_zero())
    return fail(StorageErrorCode::kInvalidFile, concat("no topic id in partition.metadata: ", *id_text));
  return *id;
}

}  // namespace barnabas::storage
