// How many connections there may be, in all, per listener and per address, and how fast they may come.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace barnabas::network {

// Shared by the listeners of a broker: max.connections, max.connections.per.ip,
// max.connections.per.ip.overrides, max.connection.creation.rate. Any thread; limits may change at run time
// and do not end connections that exist.
class ConnectionLimits {
 public:
  struct Limits {
    std::int64_t in_all = 2'147'483'647;
    std::int64_t per_address = 2'147'483'647;
    std::unordered_map<std::string, std::int64_t> per_address_overrides = {};  // by address as text
    std::map<std::string, std::int64_t, std::less<>> per_listener = {};  // no entry: no limit of its own
    double creations_per_second = 0;                                     // 0: no limit
  };
  enum class Verdict : std::uint8_t { kAdmitted, kTooMany, kTooManyOnListener, kTooManyFromAddress };

  ConnectionLimits() = default;
  explicit ConnectionLimits(Limits limits) : limits_(std::move(limits)) {}

  void set(Limits limits);
  // Counts one more connection if it is admitted; each admitted one is released once.
  Verdict admit(std::string_view listener, const std::string& address);
  void release(std::string_view listener, const std::string& address);
  // Milliseconds to wait before the next connection may be accepted at `now_ns`; takes the turn if 0.
  std::int64_t delay_before_accept_ms(std::int64_t now_ns);

  std::int64_t count() const;
  std::int64_t count_from(const std::string& address) const;

 private:
  mutable std::mutex mutex_;
  Limits limits_;  // under mutex_, as all below
  std::int64_t count_ = 0;
  std::map<std::string, std::int64_t, std::less<>> by_listener_;
  std::unordered_map<std::string, std::int64_t> by_address_;
  double credit_ = 0;  // connections that may be accepted at once, up to one second's worth
  std::int64_t credited_at_ns_ = 0;
};

}  // namespace barnabas::network
