#include "broker/share/state/key_text.h"

#include "common/text.h"

namespace barnabas::broker::share {
namespace {

// Takes what follows the last colon off `text`; nullopt without a colon.
std::optional<std::string_view> take_last(std::string_view& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view last = text.substr(colon + 1);
  text.remove_suffix(last.size() + 1);
  return last;
}

bool is_blank(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) > ' ') return false;
  }
  return true;
}

}  // namespace

std::string key_text(const SharePartitionKey& key) {
  return concat(key.group_id, ':', key.topic_id, ':', key.partition);
}

std::optional<SharePartitionKey> parse_key(std::string_view text) {
  // A Java broker's split drops empty parts at the end.
  while (text.ends_with(':')) text.remove_suffix(1);
  auto partition_text = take_last(text);
  if (!partition_text) return std::nullopt;
  auto topic_text = take_last(text);
  if (!topic_text || is_blank(text)) return std::nullopt;
  if (partition_text->starts_with('+')) {
    partition_text->remove_prefix(1);
    if (partition_text->starts_with('-')) return std::nullopt;
  }
  if (topic_text->size() == 24 && topic_text->ends_with("==")) topic_text->remove_suffix(2);
  const auto partition = parse_number<std::int32_t>(*partition_text);
  const auto topic_id = Uuid::parse(*topic_text);
  if (!partition || !topic_id) return std::nullopt;
  return SharePartitionKey{std::string(text), *topic_id, *partition};
}

}  // namespace barnabas::broker::share
