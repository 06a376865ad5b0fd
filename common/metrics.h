// Counters, gauges and summaries, and their text form for Prometheus.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/clock.h"

namespace barnabas {

enum class MetricType : std::uint8_t { kCounter, kGauge, kSummary };

// A label's name and value, in the order they are shown.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// Only rises. Any thread, without a lock.
class Counter {
 public:
  void add(std::int64_t amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// Goes up and down. Any thread, without a lock.
class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// The distribution of whole numbers >= 0 over the last one to two minutes, to within 6 %, and their count
// since the start. Any thread, without a lock; nothing but the object itself is held before the first value,
// and about 5 KB after it.
class Summary {
 public:
  // Quantiles are shown times `scale`: 0.001 for microseconds that a name promises in milliseconds.
  explicit Summary(double scale = 1) : scale_(scale) {}
  ~Summary();
  Summary(const Summary&) = delete;

  void record(std::int64_t value);
  std::int64_t count() const { return count_.load(std::memory_order_relaxed); }
  // The value, scaled, that the share `quantile` (0 to 1) of recent values does not exceed; 0 without values.
  std::vector<double> quantiles(std::initializer_list<double> quantiles) const;
  double quantile(double share) const { return quantiles({share}).front(); }
  // Begins a new window if the present one is older than a minute; what is older than two windows is
  // forgotten.
  void rotate(std::int64_t now_ms);

  // Eight steps to each power of two.
  static std::size_t bucket_of(std::int64_t value);
  static double middle_of(std::size_t bucket);
  static constexpr std::size_t kBuckets = 41 * 8;  // up to 2^43

 private:
  struct Windows {
    std::array<std::array<std::atomic<std::uint32_t>, kBuckets>, 2> counts{};
  };
  Windows& windows();

  const double scale_;
  std::atomic<std::int64_t> count_{0};
  std::atomic<Windows*> windows_{nullptr};  // made by whoever records first
  std::atomic<std::uint8_t> current_{0};
  std::atomic<std::int64_t> began_ms_{-1};  // -1: no window yet
};

// What is written at one moment, families in order of their names. For one thread.
class MetricsWriter {
 public:
  void counter(std::string_view name, std::string_view help, const MetricLabels& labels, double value);
  void gauge(std::string_view name, std::string_view help, const MetricLabels& labels, double value);
  void summary(std::string_view name, std::string_view help, const MetricLabels& labels,
               const Summary& value);
  // Prometheus' text format, version 0.0.4.
  std::string text() const;

  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  friend class MetricsRegistry;
  struct Family {
    MetricType type;
    std::string help;
    std::string samples;
  };
  Family& family(std::string_view name, std::string_view help, MetricType type);
  void sample(std::string_view name, std::string_view help, MetricType type, std::string_view labels,
              double value);
  void summary_of(std::string_view name, std::string_view help, const std::string& labels,
                  const Summary& value);

  std::map<std::string, Family, std::less<>> families_;
};

class MetricsRegistry;

// A callback or collector that is in a registry as long as this object lives; the registry lives longer.
// Destroying it waits for a scrape that is running, so it is not destroyed under a lock that the callback
// takes.
class MetricsRegistration {
 public:
  MetricsRegistration() = default;
  MetricsRegistration(MetricsRegistration&& other) noexcept
      : registry_(std::exchange(other.registry_, nullptr)), id_(other.id_) {}
  MetricsRegistration& operator=(MetricsRegistration&& other) noexcept {
    std::swap(registry_, other.registry_);
    std::swap(id_, other.id_);
    return *this;
  }
  ~MetricsRegistration();

 private:
  friend class MetricsRegistry;
  MetricsRegistration(MetricsRegistry* registry, std::uint64_t id) : registry_(registry), id_(id) {}
  MetricsRegistry* registry_ = nullptr;
  std::uint64_t id_ = 0;
};

// The metrics of one broker or proxy. Any thread. Looking a metric up takes a lock: keep the pointer. A
// metric lives as long as somebody holds it, but is shown only until remove().
class MetricsRegistry {
 public:
  explicit MetricsRegistry(const Clock& clock) : clock_(clock) {}
  MetricsRegistry(const MetricsRegistry&) = delete;

  // The metric of that name and those labels, made on the first call. A name keeps the type and the help of
  // its first use; labels may differ within a name, as they do between a total and its parts.
  std::shared_ptr<Counter> counter(std::string_view name, std::string_view help,
                                   const MetricLabels& labels = {});
  std::shared_ptr<Gauge> gauge(std::string_view name, std::string_view help, const MetricLabels& labels = {});
  std::shared_ptr<Summary> summary(std::string_view name, std::string_view help,
                                   const MetricLabels& labels = {}, double scale = 1);
  // Shows the metric no more (a deleted topic). False if there is none.
  bool remove(std::string_view name, const MetricLabels& labels);

  // A value that is asked for when somebody looks.
  [[nodiscard]] MetricsRegistration gauge_of(std::string name, std::string help, MetricLabels labels,
                                             std::function<double()> read);
  [[nodiscard]] MetricsRegistration counter_of(std::string name, std::string help, MetricLabels labels,
                                               std::function<double()> read);
  // Many values with labels that come and go (one for each partition): nothing is kept between scrapes.
  [[nodiscard]] MetricsRegistration collect(std::function<void(MetricsWriter&)> collector);

  // Everything, in Prometheus' text format.
  std::string text();

 private:
  friend class MetricsRegistration;
  struct Family {
    MetricType type;
    std::string help;
    std::map<std::string, std::shared_ptr<void>> metrics;  // by rendered labels
  };
  Family& family(std::string_view name, std::string_view help, MetricType type);
  void remove_collector(std::uint64_t id);

  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;  // under mutex_, as all below
  std::list<std::pair<std::uint64_t, std::function<void(MetricsWriter&)>>> collectors_;
  std::uint64_t next_id_ = 1;
};

}  // namespace barnabas
