#pragma once
// Counters, gauges and histograms in Prometheus' text exposition format (version 0.0.4).
//
// A metric is a static object beside the code that counts; making one registers it. Counting is one
// relaxed atomic add on a slot of the thread's own cache line: nothing to contend for. Labels are a fixed,
// small set known at construction: nothing from outside becomes a label. Two metrics of one name (two
// servers in one process) are added together.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kidoban::runtime {

// Several labels at once: names, and each series' values in the names' order. `value_index` counts rows.
struct Labels {
  std::vector<std::string> names;
  std::vector<std::vector<std::string>> rows;
};

class Counter {
 public:
  Counter(std::string_view name, std::string_view help, const Labels& labels);
  // kidoban_sign_ins_total, with one series for each value of `label`; no label: leave both empty.
  Counter(std::string_view name, std::string_view help, std::string_view label = {},
          std::initializer_list<std::string_view> values = {});
  ~Counter();
  void add(std::size_t value_index = 0, std::uint64_t n = 1);

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

// Seconds; buckets from 100 µs to 10 s.
class Histogram {
 public:
  Histogram(std::string_view name, std::string_view help, const Labels& labels);
  Histogram(std::string_view name, std::string_view help, std::string_view label = {},
            std::initializer_list<std::string_view> values = {});
  ~Histogram();
  void observe(double seconds, std::size_t value_index = 0);

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

// Read when /metrics is asked for.
class Gauge {
 public:
  Gauge(std::string_view name, std::string_view help, std::function<double()> read);
  ~Gauge();

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

std::string metrics_text();

}  // namespace kidoban::runtime
