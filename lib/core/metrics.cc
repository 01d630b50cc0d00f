/// metrics.cc: the registry of metrics and the Prometheus text exposition format 0.0.4.
#include "core/metrics.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <limits>

namespace maildrop::metrics {

void Histogram::observe(double seconds) {
  if (!(seconds > 0)) seconds = 0;  // NaN too
  seconds = std::min(seconds, 1e9);
  const auto* bound = std::lower_bound(std::begin(kBounds), std::end(kBounds), seconds);
  buckets_[bound - std::begin(kBounds)].fetch_add(1, std::memory_order_relaxed);
  micros_.fetch_add(static_cast<std::uint64_t>(seconds * 1e6 + 0.5), std::memory_order_relaxed);
}

std::uint64_t Histogram::count() const {
  std::uint64_t n = 0;
  for (const auto& bucket : buckets_) n += bucket.load(std::memory_order_relaxed);
  return n;
}

Registry::Family& Registry::family(std::string_view name, std::string_view help) {
  auto found = families_.find(name);
  if (found == families_.end()) {
    found = families_.emplace(std::string(name), Family{}).first;
    found->second.help = std::string(help);
  }
  return found->second;
}

namespace {

template <class Metric>
Metric& of(std::map<std::string, std::unique_ptr<Metric>, std::less<>>& metrics, std::string_view labels) {
  auto found = metrics.find(labels);
  if (found == metrics.end()) found = metrics.emplace(std::string(labels), std::make_unique<Metric>()).first;
  return *found->second;
}

}  // namespace

Counter& Registry::counter(std::string_view name, std::string_view help, std::string_view labels) {
  const std::lock_guard lock(mutex_);
  Family& its = family(name, help);
  its.counts = true;
  return of(its.counters, labels);
}

void Registry::counters(std::string_view name, std::string_view help) {
  const std::lock_guard lock(mutex_);
  family(name, help).counts = true;
}

Gauge& Registry::gauge(std::string_view name, std::string_view help, std::string_view labels) {
  const std::lock_guard lock(mutex_);
  return of(family(name, help).gauges, labels);
}

Histogram& Registry::histogram(std::string_view name, std::string_view help, std::string_view labels) {
  const std::lock_guard lock(mutex_);
  return of(family(name, help).histograms, labels);
}

void Registry::callback(std::string_view name, std::string_view help, std::function<double()> read) {
  const std::lock_guard lock(mutex_);
  family(name, help).callback = std::move(read);
}

void Registry::counter_callback(std::string_view name, std::string_view help, std::function<double()> read) {
  const std::lock_guard lock(mutex_);
  Family& its = family(name, help);
  its.counts = true;
  its.callback = std::move(read);
}

namespace {

/// Never in scientific form, and never by the locale's decimal point.
std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char text[400];  // the longest double has 309 digits before the point
  const auto [end, error] = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed);
  return error == std::errc() ? std::string(text, end) : "NaN";
}

void sample(std::string& out, std::string_view name, std::string_view labels, const std::string& value) {
  out += name;
  if (!labels.empty()) out.append("{").append(labels).append("}");
  out.append(" ").append(value).append("\n");
}

void head(std::string& out, std::string_view name, std::string_view help, std::string_view type) {
  out.append("# HELP ").append(name).append(" ");
  for (const char c : help) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  out.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

}  // namespace

std::vector<std::pair<std::string, std::uint64_t>> Registry::each(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, std::uint64_t>> all;
  if (const auto found = families_.find(name); found != families_.end())
    for (const auto& [labels, counter] : found->second.counters) all.emplace_back(labels, counter->value());
  return all;
}

std::vector<std::pair<double, std::uint64_t>> Registry::buckets(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = families_.find(name);
  if (found == families_.end() || found->second.histograms.empty()) return {};
  std::vector<std::pair<double, std::uint64_t>> sums;
  for (const double bound : Histogram::kBounds) sums.emplace_back(bound, 0);
  sums.emplace_back(std::numeric_limits<double>::infinity(), 0);
  for (const auto& [labels, histogram] : found->second.histograms)
    for (std::size_t i = 0; i < sums.size(); ++i)
      sums[i].second += histogram->buckets_[i].load(std::memory_order_relaxed);
  return sums;
}

std::string Registry::text() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    const bool measures = !family.histograms.empty();
    [[maybe_unused]] const bool gauges = !family.gauges.empty() || (family.callback && !family.counts);
    assert(family.counts + measures + gauges == 1 && "one name, one type");
    head(out, name, family.help, family.counts ? "counter" : measures ? "histogram" : "gauge");
    for (const auto& [labels, counter] : family.counters) sample(out, name, labels, std::to_string(counter->value()));
    for (const auto& [labels, gauge] : family.gauges) sample(out, name, labels, std::to_string(gauge->value()));
    if (family.callback) sample(out, name, {}, number(family.callback()));
    for (const auto& [labels, histogram] : family.histograms) {
      const std::string before = labels.empty() ? "" : labels + ",";
      std::uint64_t below = 0;  // buckets are cumulative; the count is the last of them, whatever comes in meanwhile
      for (std::size_t i = 0; i <= std::size(Histogram::kBounds); ++i) {
        below += histogram->buckets_[i].load(std::memory_order_relaxed);
        const std::string le = i < std::size(Histogram::kBounds) ? number(Histogram::kBounds[i]) : "+Inf";
        sample(out, name + "_bucket", before + "le=\"" + le + "\"", std::to_string(below));
      }
      sample(out, name + "_sum", labels, number(static_cast<double>(histogram->micros_.load()) / 1e6));
      sample(out, name + "_count", labels, std::to_string(below));
    }
  }
  return out;
}

}  // namespace maildrop::metrics
