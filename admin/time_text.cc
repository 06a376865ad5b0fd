#include "admin/time_text.h"

#include <chrono>
#include <cstdio>

#include "common/text.h"

namespace barnabas::admin {
namespace {

// `count` digits at the front of `text`, which loses them.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count || text.substr(0, count).find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  const auto number = parse_number<int>(text.substr(0, count));
  text.remove_prefix(count);
  return number;
}

bool take(std::string_view& text, char letter) {
  if (text.empty() || text.front() != letter) return false;
  text.remove_prefix(1);
  return true;
}

// Milliseconds east of Greenwich.
std::optional<std::int64_t> take_zone(std::string_view& text) {
  if (take(text, 'Z')) return 0;
  const int sign = take(text, '+') ? 1 : take(text, '-') ? -1 : 0;
  const auto hours = take_digits(text, 2);
  if (sign == 0 || !hours || !take(text, ':')) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return std::int64_t{sign} * (*hours * 60 + *minutes) * 60'000;
}

}  // namespace

std::string format_time(std::int64_t ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(ms)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  if (const auto number = parse_number<std::int64_t>(text)) return number;
  using namespace std::chrono;
  const auto year_number = take_digits(text, 4);
  if (!year_number || !take(text, '-')) return std::nullopt;
  const auto month_number = take_digits(text, 2);
  if (!month_number || !take(text, '-')) return std::nullopt;
  const auto day_number = take_digits(text, 2);
  if (!day_number || !take(text, 'T')) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours || !take(text, ':')) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || !take(text, ':')) return std::nullopt;
  const auto whole_seconds = take_digits(text, 2);
  if (!whole_seconds || *hours > 23 || *minutes > 59 || *whole_seconds > 60) return std::nullopt;
  std::int64_t fraction_ms = 0;
  if (take(text, '.')) {
    for (std::int64_t unit = 100; !text.empty() && text.front() >= '0' && text.front() <= '9'; unit /= 10) {
      fraction_ms += unit * (text.front() - '0');
      text.remove_prefix(1);
    }
  }
  const auto zone_ms = take_zone(text);
  const year_month_day date(year{*year_number} / *month_number / *day_number);
  if (!zone_ms || !text.empty() || !date.ok()) return std::nullopt;
  const std::int64_t days_ms = duration_cast<milliseconds>(sys_days(date).time_since_epoch()).count();
  return days_ms + ((*hours * 60 + *minutes) * 60 + *whole_seconds) * std::int64_t{1000} + fraction_ms -
         *zone_ms;
}

}  // namespace barnabas::admin
