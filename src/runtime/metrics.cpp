#include "runtime/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>

#include "base/require.h"

namespace kidoban::runtime {

namespace {

constexpr std::size_t line_bytes = 64;
constexpr std::size_t slots_a_line = line_bytes / sizeof(std::uint64_t);

// As many rows of slots as there are processors, rounded up to a power of two.
std::size_t shard_count() {
  static const std::size_t count =
      std::bit_ceil(std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 64));
  return count;
}

// Threads take rows in turn. A thread keeps its row, so an add meets another only where more threads
// count than there are processors.
std::size_t my_shard() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed);
  return mine & (shard_count() - 1);
}

// `width` numbers, each kept once a shard, no shard sharing a cache line with another.
class Slots {
 public:
  explicit Slots(std::size_t width)
      : stride_((width + slots_a_line - 1) / slots_a_line), lines_(stride_ * shard_count()) {}

  void add(std::size_t index, std::uint64_t n) {
    at(my_shard(), index).fetch_add(n, std::memory_order_relaxed);
  }
  std::uint64_t sum(std::size_t index) const {
    std::uint64_t total = 0;
    for (std::size_t shard = 0; shard < shard_count(); ++shard) {
      total += at(shard, index).load(std::memory_order_relaxed);
    }
    return total;
  }

 private:
  struct alignas(line_bytes) CacheLine {
    mutable std::array<std::atomic<std::uint64_t>, slots_a_line> slots{};
  };
  std::atomic<std::uint64_t>& at(std::size_t shard, std::size_t index) const {
    return lines_[shard * stride_ + index / slots_a_line].slots[index % slots_a_line];
  }
  std::size_t stride_;
  std::vector<CacheLine> lines_;
};

struct Family {
  std::string type, help;
  std::vector<std::pair<std::string, double>> samples;  // "name{labels}" in the order they were read
  std::unordered_map<std::string, std::size_t> places;

  void add(std::string sample, double value) {
    const auto [place, is_new] = places.emplace(sample, samples.size());
    if (is_new) samples.emplace_back(std::move(sample), value);
    else samples[place->second].second += value;
  }
};
using Families = std::map<std::string, Family>;

class Metric {
 public:
  Metric(std::string_view name, std::string_view help) : name_(name), help_(help) {}
  virtual ~Metric() = default;
  virtual void read(Families& into) const = 0;

 protected:
  std::string name_, help_;
};

// Made at its first use, whichever static object that is, and never destroyed: metrics of other
// files unregister after it would be gone.
struct Registry {
  std::mutex mutex;
  std::set<const Metric*> metrics;
};
Registry& registry() {
  static auto* const made = new Registry;
  return *made;
}
void enlist(const Metric* metric) {
  const std::lock_guard lock(registry().mutex);
  registry().metrics.insert(metric);
}
void strike(const Metric* metric) {
  const std::lock_guard lock(registry().mutex);
  registry().metrics.erase(metric);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') out += "\\n";
    else out += c;
  }
  return out;
}

// `route="token",class="2xx"` for each row; one empty row where there is no label.
std::vector<std::string> series_of(const Labels& labels) {
  if (labels.names.empty()) return {""};
  std::vector<std::string> all;
  for (const auto& row : labels.rows) {
    require(row.size() == labels.names.size(), "a series has a value for each label");
    std::string one;
    for (std::size_t i = 0; i < row.size(); ++i) {
      one += (one.empty() ? "" : ",") + labels.names[i] + "=\"" + escaped(row[i]) + "\"";
    }
    all.push_back(std::move(one));
  }
  require(!all.empty(), "a label has values");
  return all;
}

Labels single(std::string_view label, std::initializer_list<std::string_view> values) {
  Labels labels;
  if (label.empty()) return labels;
  labels.names.emplace_back(label);
  for (const std::string_view value : values) labels.rows.push_back({std::string(value)});
  return labels;
}

std::string sample_name(std::string_view name, std::string_view suffix, std::string_view labels, std::string_view more = {}) {
  std::string out = std::string(name) + std::string(suffix);
  if (labels.empty() && more.empty()) return out;
  out += "{" + std::string(labels) + (labels.empty() || more.empty() ? "" : ",") + std::string(more) + "}";
  return out;
}

Family& family(Families& into, const std::string& name, std::string_view type, const std::string& help) {
  Family& found = into[name];
  found.type = type;
  found.help = help;
  return found;
}

}  // namespace

struct Counter::Inside final : Metric {
  Inside(std::string_view name, std::string_view help, const Labels& labels)
      : Metric(name, help), series(series_of(labels)), slots(series.size()) { enlist(this); }
  ~Inside() override { strike(this); }
  void read(Families& into) const override {
    Family& mine = family(into, name_, "counter", help_);
    for (std::size_t i = 0; i < series.size(); ++i) {
      mine.add(sample_name(name_, "", series[i]), static_cast<double>(slots.sum(i)));
    }
  }
  std::vector<std::string> series;
  Slots slots;
};

Counter::Counter(std::string_view name, std::string_view help, std::string_view label,
                 std::initializer_list<std::string_view> values)
    : Counter(name, help, single(label, values)) {}
Counter::Counter(std::string_view name, std::string_view help, const Labels& labels)
    : inside_(std::make_unique<Inside>(name, help, labels)) {}
Counter::~Counter() = default;

void Counter::add(std::size_t value_index, std::uint64_t n) {
  expect(value_index < inside_->series.size(), "the counter has this series");
  if (value_index < inside_->series.size()) inside_->slots.add(value_index, n);
}

namespace {
// 100 µs to 10 s, in steps of 1, 2.5 and 5; the text is what `le` says.
struct Bound {
  std::int64_t us;
  std::string_view le;
};
constexpr std::array<Bound, 16> bounds{{{100, "0.0001"}, {250, "0.00025"}, {500, "0.0005"}, {1'000, "0.001"},
                                        {2'500, "0.0025"}, {5'000, "0.005"}, {10'000, "0.01"}, {25'000, "0.025"},
                                        {50'000, "0.05"}, {100'000, "0.1"}, {250'000, "0.25"}, {500'000, "0.5"},
                                        {1'000'000, "1"}, {2'500'000, "2.5"}, {5'000'000, "5"}, {10'000'000, "10"}}};
// Each series: a slot a bucket, one past the last bound, and the sum in microseconds.
constexpr std::size_t slots_a_series = bounds.size() + 2;
constexpr std::size_t sum_slot = bounds.size() + 1;
}  // namespace

struct Histogram::Inside final : Metric {
  Inside(std::string_view name, std::string_view help, const Labels& labels)
      : Metric(name, help), series(series_of(labels)), slots(series.size() * slots_a_series) { enlist(this); }
  ~Inside() override { strike(this); }
  void read(Families& into) const override {
    Family& mine = family(into, name_, "histogram", help_);
    for (std::size_t i = 0; i < series.size(); ++i) {
      std::uint64_t count = 0;
      for (std::size_t b = 0; b < bounds.size(); ++b) {
        count += slots.sum(i * slots_a_series + b);
        mine.add(sample_name(name_, "_bucket", series[i], fmt::format("le=\"{}\"", bounds[b].le)), static_cast<double>(count));
      }
      count += slots.sum(i * slots_a_series + bounds.size());
      mine.add(sample_name(name_, "_bucket", series[i], "le=\"+Inf\""), static_cast<double>(count));
      mine.add(sample_name(name_, "_sum", series[i]), static_cast<double>(slots.sum(i * slots_a_series + sum_slot)) / 1e6);
      mine.add(sample_name(name_, "_count", series[i]), static_cast<double>(count));
    }
  }
  std::vector<std::string> series;
  Slots slots;
};

Histogram::Histogram(std::string_view name, std::string_view help, std::string_view label,
                     std::initializer_list<std::string_view> values)
    : Histogram(name, help, single(label, values)) {}
Histogram::Histogram(std::string_view name, std::string_view help, const Labels& labels)
    : inside_(std::make_unique<Inside>(name, help, labels)) {}
Histogram::~Histogram() = default;

void Histogram::observe(double seconds, std::size_t value_index) {
  expect(value_index < inside_->series.size(), "the histogram has this series");
  if (value_index >= inside_->series.size() || !(seconds >= 0)) return;
  const auto us = static_cast<std::int64_t>(std::min(seconds * 1e6, 1e15));
  const auto bucket = static_cast<std::size_t>(
      std::ranges::lower_bound(bounds, us, {}, &Bound::us) - bounds.begin());
  inside_->slots.add(value_index * slots_a_series + bucket, 1);
  inside_->slots.add(value_index * slots_a_series + sum_slot, static_cast<std::uint64_t>(us));
}

struct Gauge::Inside final : Metric {
  Inside(std::string_view name, std::string_view help, std::function<double()> read_now)
      : Metric(name, help), now(std::move(read_now)) { enlist(this); }
  ~Inside() override { strike(this); }
  void read(Families& into) const override {
    family(into, name_, "gauge", help_).add(name_, now());
  }
  std::function<double()> now;
};

Gauge::Gauge(std::string_view name, std::string_view help, std::function<double()> read)
    : inside_(std::make_unique<Inside>(name, help, std::move(read))) {}
Gauge::~Gauge() = default;

std::string metrics_text() {
  Families families;
  {
    const std::lock_guard lock(registry().mutex);
    for (const Metric* metric : registry().metrics) metric->read(families);
  }
  fmt::memory_buffer out;
  const auto to = std::back_inserter(out);
  for (const auto& [name, one] : families) {
    fmt::format_to(to, "# HELP {} {}\n# TYPE {} {}\n", name, one.help, name, one.type);
    for (const auto& [sample, value] : one.samples) {
      // Whole numbers whole: a counter past 2^53 is not ours to reach.
      if (value == std::floor(value) && std::abs(value) < 9e15) fmt::format_to(to, "{} {}\n", sample, static_cast<std::int64_t>(value));
      else fmt::format_to(to, "{} {}\n", sample, value);
    }
  }
  return fmt::to_string(out);
}

}  // namespace kidoban::runtime
