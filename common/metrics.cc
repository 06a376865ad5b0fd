#include "common/metrics.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

#include "common/assert.h"
#include "common/text.h"

namespace barnabas {
namespace {

constexpr std::int64_t kWindowMs = 60'000;
constexpr int kSteps = 8;  // of a power of two
constexpr std::initializer_list<double> kShownQuantiles = {0.5, 0.75, 0.95, 0.98, 0.99, 0.999};

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char letter : text) {
    if (letter == '\\') {
      out += "\\\\";
    } else if (letter == '\n') {
      out += "\\n";
    } else if (letter == '"' && quotes) {
      out += "\\\"";
    } else {
      out += letter;
    }
  }
}

// name="value",name="value"
std::string render(const MetricLabels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    if (!text.empty()) text += ',';
    text += name;
    text += "=\"";
    append_escaped(text, value, true);
    text += '"';
  }
  return text;
}

void append_value(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else if (std::abs(value) < 9e15 && value == std::trunc(value)) {
    out += std::to_string(static_cast<std::int64_t>(value));
  } else {
    char digits[40];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
}

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kSummary:
      return "summary";
  }
  return "untyped";
}

}  // namespace

Summary::~Summary() {
  delete windows_.load();
}

std::size_t Summary::bucket_of(std::int64_t value) {
  if (value < kSteps) return value < 0 ? 0 : static_cast<std::size_t>(value);
  const auto bits = static_cast<std::uint64_t>(value);
  const int octave = std::bit_width(bits) - 4;  // values 8..15 are octave 0
  const auto step = static_cast<std::size_t>(bits >> octave) - kSteps;
  return std::min(kBuckets - 1, kSteps + static_cast<std::size_t>(octave) * kSteps + step);
}

double Summary::middle_of(std::size_t bucket) {
  if (bucket < 2 * kSteps) return static_cast<double>(bucket);
  const auto octave = static_cast<int>(bucket / kSteps) - 1;
  const auto step = static_cast<double>(bucket % kSteps);
  return std::ldexp(kSteps + step + 0.5, octave) - 0.5;
}

Summary::Windows& Summary::windows() {
  if (Windows* ready = windows_.load(std::memory_order_acquire)) return *ready;
  auto fresh = std::make_unique<Windows>();
  Windows* none = nullptr;
  if (windows_.compare_exchange_strong(none, fresh.get(), std::memory_order_acq_rel)) return *fresh.release();
  return *none;
}

void Summary::record(std::int64_t value) {
  count_.fetch_add(1, std::memory_order_relaxed);
  auto& window = windows().counts[current_.load(std::memory_order_relaxed)];
  window[bucket_of(value)].fetch_add(1, std::memory_order_relaxed);
}

std::vector<double> Summary::quantiles(std::initializer_list<double> shares) const {
  std::vector<double> values(shares.size(), 0);
  const Windows* windows = windows_.load(std::memory_order_acquire);
  if (!windows) return values;
  std::array<std::uint64_t, kBuckets> counts;
  std::uint64_t total = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    counts[bucket] = std::uint64_t{windows->counts[0][bucket].load(std::memory_order_relaxed)} +
                     windows->counts[1][bucket].load(std::memory_order_relaxed);
    total += counts[bucket];
  }
  if (total == 0) return values;
  std::size_t index = 0;
  for (const double share : shares) {
    const auto rank =
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total))));
    std::uint64_t seen = 0;
    std::size_t bucket = 0;
    while (bucket + 1 < kBuckets && (seen += counts[bucket]) < rank) ++bucket;
    values[index++] = middle_of(bucket) * scale_;
  }
  return values;
}

void Summary::rotate(std::int64_t now_ms) {
  std::int64_t began = began_ms_.load();
  if (began < 0) {
    began_ms_.compare_exchange_strong(began, now_ms);
    return;
  }
  if (now_ms - began < kWindowMs || !began_ms_.compare_exchange_strong(began, now_ms)) return;
  Windows* windows = windows_.load(std::memory_order_acquire);
  if (!windows) return;
  // The older window becomes the present one. A value recorded meanwhile may fall into either or be lost.
  const std::uint8_t next = current_.load() ^ 1;
  for (auto& bucket : windows->counts[next]) bucket.store(0, std::memory_order_relaxed);
  current_.store(next);
}

MetricsWriter::Family& MetricsWriter::family(std::string_view name, std::string_view help, MetricType type) {
  const auto found = families_.find(name);
  if (found != families_.end()) return found->second;
  return families_.emplace(std::string(name), Family{type, std::string(help), {}}).first->second;
}

void MetricsWriter::sample(std::string_view name, std::string_view help, MetricType type,
                           std::string_view labels, double value) {
  std::string& out = family(name, help, type).samples;
  out += name;
  if (!labels.empty()) {
    out += '{';
    out += labels;
    out += '}';
  }
  out += ' ';
  append_value(out, value);
  out += '\n';
}

void MetricsWriter::counter(std::string_view name, std::string_view help, const MetricLabels& labels,
                            double value) {
  sample(name, help, MetricType::kCounter, render(labels), value);
}

void MetricsWriter::gauge(std::string_view name, std::string_view help, const MetricLabels& labels,
                          double value) {
  sample(name, help, MetricType::kGauge, render(labels), value);
}

void MetricsWriter::summary(std::string_view name, std::string_view help, const MetricLabels& labels,
                            const Summary& value) {
  summary_of(name, help, render(labels), value);
}

void MetricsWriter::summary_of(std::string_view name, std::string_view help, const std::string& labels,
                               const Summary& value) {
  const std::string before = labels.empty() ? "" : labels + ",";
  const auto values = value.quantiles(kShownQuantiles);
  std::size_t index = 0;
  for (const double share : kShownQuantiles) {
    sample(name, help, MetricType::kSummary, concat(before, "quantile=\"", share, "\""), values[index++]);
  }
  std::string& out = family(name, help, MetricType::kSummary).samples;
  out += concat(name, "_count", labels.empty() ? "" : concat("{", labels, "}"), " ", value.count(), "\n");
}

std::string MetricsWriter::text() const {
  std::string out;
  for (const auto& [name, family] : families_) {
    out += concat("# HELP ", name, " ");
    append_escaped(out, family.help, false);
    out += concat("\n# TYPE ", name, " ", type_name(family.type), "\n", family.samples);
  }
  return out;
}

MetricsRegistration::~MetricsRegistration() {
  if (registry_) registry_->remove_collector(id_);
}

MetricsRegistry::Family& MetricsRegistry::family(std::string_view name, std::string_view help,
                                                 MetricType type) {
  auto found = families_.find(name);
  if (found == families_.end()) {
    found = families_.emplace(std::string(name), Family{type, std::string(help), {}}).first;
  }
  ASSERT(found->second.type == type);
  return found->second;
}

std::shared_ptr<Counter> MetricsRegistry::counter(std::string_view name, std::string_view help,
                                                  const MetricLabels& labels) {
  const std::scoped_lock lock(mutex_);
  auto& metric = family(name, help, MetricType::kCounter).metrics[render(labels)];
  if (!metric) metric = std::make_shared<Counter>();
  return std::static_pointer_cast<Counter>(metric);
}

std::shared_ptr<Gauge> MetricsRegistry::gauge(std::string_view name, std::string_view help,
                                              const MetricLabels& labels) {
  const std::scoped_lock lock(mutex_);
  auto& metric = family(name, help, MetricType::kGauge).metrics[render(labels)];
  if (!metric) metric = std::make_shared<Gauge>();
  return std::static_pointer_cast<Gauge>(metric);
}

std::shared_ptr<Summary> MetricsRegistry::summary(std::string_view name, std::string_view help,
                                                  const MetricLabels& labels, double scale) {
  const std::scoped_lock lock(mutex_);
  auto& metric = family(name, help, MetricType::kSummary).metrics[render(labels)];
  if (!metric) metric = std::make_shared<Summary>(scale);
  return std::static_pointer_cast<Summary>(metric);
}

bool MetricsRegistry::remove(std::string_view name, const MetricLabels& labels) {
  const std::scoped_lock lock(mutex_);
  const auto found = families_.find(name);
  return found != families_.end() && found->second.metrics.erase(render(labels)) > 0;
}

MetricsRegistration MetricsRegistry::gauge_of(std::string name, std::string help, MetricLabels labels,
                                              std::function<double()> read) {
  return collect(
      [name = std::move(name), help = std::move(help), labels = std::move(labels),
       read = std::move(read)](MetricsWriter& writer) { writer.gauge(name, help, labels, read()); });
}

MetricsRegistration MetricsRegistry::counter_of(std::string name, std::string help, MetricLabels labels,
                                                std::function<double()> read) {
  return collect(
      [name = std::move(name), help = std::move(help), labels = std::move(labels),
       read = std::move(read)](MetricsWriter& writer) { writer.counter(name, help, labels, read()); });
}

MetricsRegistration MetricsRegistry::collect(std::function<void(MetricsWriter&)> collector) {
  const std::scoped_lock lock(mutex_);
  collectors_.emplace_back(next_id_, std::move(collector));
  return MetricsRegistration(this, next_id_++);
}

void MetricsRegistry::remove_collector(std::uint64_t id) {
  const std::scoped_lock lock(mutex_);
  collectors_.remove_if([id](const auto& entry) { return entry.first == id; });
}

std::string MetricsRegistry::text() {
  MetricsWriter writer;
  const std::scoped_lock lock(mutex_);
  const std::int64_t now_ms = clock_.monotonic_ms();
  for (const auto& [name, family] : families_) {
    for (const auto& [labels, metric] : family.metrics) {
      switch (family.type) {
        case MetricType::kCounter:
          writer.sample(name, family.help, family.type, labels,
                        static_cast<double>(static_cast<const Counter*>(metric.get())->value()));
          break;
        case MetricType::kGauge:
          writer.sample(name, family.help, family.type, labels,
                        static_cast<const Gauge*>(metric.get())->value());
          break;
        case MetricType::kSummary: {
          auto* summary = static_cast<Summary*>(metric.get());
          summary->rotate(now_ms);
          writer.summary_of(name, family.help, labels, *summary);
          break;
        }
      }
    }
  }
  for (const auto& [id, collector] : collectors_) collector(writer);
  return writer.text();
}

}  // namespace barnabas
