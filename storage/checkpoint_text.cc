#include "storage/checkpoint_text.h"

#include "common/text.h"

namespace barnabas::storage {
namespace {

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::vector<std::string_view> words_of(std::string_view line) {
  constexpr std::string_view kBlank = " \t\v\f\r";
  std::vector<std::string_view> words;
  for (;;) {
    const auto begin = line.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const auto end = line.find_first_of(kBlank);
    words.push_back(line.substr(0, end));
    line.remove_prefix(end == std::string_view::npos ? line.size() : end);
  }
}

}  // namespace

StorageResult<std::vector<std::vector<std::string_view>>> parse_checkpoint(std::string_view text) {
  std::vector<std::vector<std::string_view>> entries;
  if (text.empty()) return entries;
  const auto version = parse_number<int>(take_line(text));
  if (version != 0) return fail(StorageErrorCode::kInvalidFile, "the version of a checkpoint file is not 0");
  const auto count = parse_number<std::uint32_t>(take_line(text));
  if (!count) return fail(StorageErrorCode::kInvalidFile, "a checkpoint file without a number of entries");
  while (!text.empty()) entries.push_back(words_of(take_line(text)));
  if (entries.size() != *count)
    return fail(StorageErrorCode::kInvalidFile,
                concat("a checkpoint file of ", *count, " entries has ", entries.size()));
  return entries;
}

StorageResult<OffsetMap> parse_offsets(std::string_view text) {
  const auto entries = parse_checkpoint(text);
  if (!entries) return std::unexpected(entries.error());
  OffsetMap offsets;
  offsets.reserve(entries->size());
  for (const auto& words : *entries) {
    const auto partition = words.size() == 3 ? parse_number<std::int32_t>(words[1]) : std::nullopt;
    const auto offset = words.size() == 3 ? parse_number<std::int64_t>(words[2]) : std::nullopt;
    if (!partition || !offset)
      return fail(StorageErrorCode::kInvalidFile, "a malformed line in an offset checkpoint");
    offsets[TopicPartition{std::string(words[0]), *partition}] = *offset;
  }
  return offsets;
}

std::string offsets_text(const OffsetMap& offsets) {
  std::string text = concat("0\n", offsets.size(), '\n');
  for (const auto& [partition, offset] : offsets)
    text += concat(partition.topic, ' ', partition.partition, ' ', offset, '\n');
  return text;
}

}  // namespace barnabas::storage
