#include "broker/share/partition/offset_reset.h"

#include <charconv>
#include <cmath>

namespace barnabas::broker::share {
namespace {

constexpr std::string_view kByDuration = "by_duration:";

std::optional<double> unit_ms(char unit, bool in_time) {
  if (unit == 'D' && !in_time) return 86'400'000.0;
  if (!in_time) return std::nullopt;
  switch (unit) {
    case 'H':
      return 3'600'000.0;
    case 'M':
      return 60'000.0;
    case 'S':
      return 1'000.0;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<std::int64_t> iso_duration_ms(std::string_view text) {
  if (!text.starts_with('P')) return std::nullopt;
  text.remove_prefix(1);
  bool in_time = false;
  bool found = false;
  double sum_ms = 0;
  while (!text.empty()) {
    if (text.front() == 'T' && !in_time) {
      in_time = true;
      text.remove_prefix(1);
      continue;
    }
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end == text.data() + text.size() || number < 0) return std::nullopt;
    const auto unit = unit_ms(*end, in_time);
    if (!unit) return std::nullopt;
    sum_ms += number * *unit;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    found = true;
  }
  if (!found || sum_ms > 9e15) return std::nullopt;
  return std::llround(sum_ms);
}

storage::StorageResult<std::int64_t> reset_offset(const storage::Log& log, std::string_view reset,
                                                  std::int64_t now_wall_ms) {
  if (reset == "earliest") return log.log_start_offset();
  if (!reset.starts_with(kByDuration)) return log.high_watermark();
  const auto age_ms = iso_duration_ms(reset.substr(kByDuration.size()));
  if (!age_ms) return log.high_watermark();
  const auto found = log.offset_for_timestamp(std::max<std::int64_t>(0, now_wall_ms - *age_ms));
  if (!found) return unexpected(found.error());
  return *found ? std::min((*found)->offset, log.high_watermark()) : log.high_watermark();
}

}  // namespace barnabas::broker::share
