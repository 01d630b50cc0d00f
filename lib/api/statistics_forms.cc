/// statistics_forms.cc: three forms of the same numbers. What is text in them may be anybody's who writes to the store:
/// it is made safe here.
#include "api/statistics_forms.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text.h"

namespace maildrop::api {

namespace {

namespace series = store::series;

/// Three digits after the point are enough, and the same everywhere.
double rounded_rate(double number) { return std::round(number * 1000) / 1000; }

double to_micros(double seconds) { return std::round(seconds * 1e6) / 1e6; }

Json quantile_json(const std::optional<Quantile>& quantile) {
  if (!quantile) return nullptr;
  return Json{{"seconds", to_micros(quantile->seconds)},
              {"from", quantile->from},
              {"to", std::isinf(quantile->to) ? Json(nullptr) : Json(quantile->to)}};
}

Json latency_json(const Latency& latency) {
  return Json{{"count", latency.count},
              {"p50", quantile_json(latency.p50)},
              {"p90", quantile_json(latency.p90)},
              {"p99", quantile_json(latency.p99)}};
}

/// The series of `choice`, of each group the first `top`.
std::vector<const Series*> chosen_series(const Digest& digest, const StatisticsChoice& choice) {
  std::vector<const Series*> all;
  std::map<std::string_view, std::size_t> of_group;
  for (const Series& each : digest.plot.series) {
    if (choice.part && !is_of(each, *choice.part)) continue;
    const bool cut = choice.top > 0 && !each.group.empty() && each.group != series::kLatency;
    if (!cut || ++of_group[each.group] <= choice.top) all.push_back(&each);
  }
  return all;
}

std::size_t most_sources(const Digest& digest, const StatisticsChoice& choice) {
  return choice.top > 0 ? std::min(choice.top, digest.sources->size()) : digest.sources->size();
}

Json sources_json(const Digest& digest, const StatisticsChoice& choice) {
  Json list = Json::array();
  for (std::size_t i = 0; i < most_sources(digest, choice); ++i) {
    const store::SourceFigures& each = (*digest.sources)[i];
    list.push_back({{"source", store::to_string(each.source)}, {"messages", each.messages}, {"bytes", each.bytes}});
  }
  return list;
}

std::string csv_cell(std::string_view text) {
  const std::string safe = terminal_safe(text);
  if (safe.find_first_of(",\"") == std::string::npos) return safe;
  std::string out = "\"";
  for (const char c : safe) out.append(c == '"' ? 2 : 1, c);
  return out + "\"";
}

void csv_line(std::string& out, std::initializer_list<std::string_view> cells) {
  std::string line;
  bool first = true;
  for (const std::string_view each : cells) {
    if (!std::exchange(first, false)) line += ',';
    line += csv_cell(each);
  }
  out += line + "\n";
}

std::string csv_of_hours(const Plot& plot) {
  std::vector<const Series*> columns;
  std::string out = "hour";
  for (const Series& each : plot.series) {
    if (!each.group.empty()) continue;
    columns.push_back(&each);
    out += "," + csv_cell(each.name);
  }
  out += "\n";
  for (std::size_t i = 0; i < plot.hours; ++i) {
    out += rfc3339(store::begin_of(plot.first + static_cast<store::Hour>(i)));
    for (const Series* each : columns) out += "," + std::to_string(each->counts[i]);
    out += "\n";
  }
  return out;
}

std::string csv_of_latency(const Latency& latency) {
  std::string out = "quantile,seconds,from,to\n";
  for (const auto& [name, found] : {std::pair("0.5", latency.p50), {"0.9", latency.p90}, {"0.99", latency.p99}})
    if (found)
      csv_line(out, {name, format_number(to_micros(found->seconds)), format_number(found->from),
                     std::isinf(found->to) ? "" : format_number(found->to)});
  return out;
}

std::string csv_of_store(const std::optional<StoreUse>& store) {
  std::string out = "inboxes,messages,bytes,limit\n";
  if (store)
    csv_line(out, {std::to_string(store->inboxes), std::to_string(store->messages), std::to_string(store->bytes),
                   std::to_string(store->limit)});
  return out;
}

std::string csv_of_sources(const Digest& digest, const StatisticsChoice& choice) {
  std::string out = "source,messages,bytes\n";
  for (std::size_t i = 0; digest.sources && i < most_sources(digest, choice); ++i) {
    const store::SourceFigures& each = (*digest.sources)[i];
    csv_line(out, {store::to_string(each.source), std::to_string(each.messages), std::to_string(each.bytes)});
  }
  return out;
}

std::string csv_of_series(const Digest& digest, const StatisticsChoice& choice) {
  std::string out = "group,name,count,per_hour,last_hour,total\n";
  for (const Series* each : chosen_series(digest, choice))
    csv_line(out, {each->group, each->name, std::to_string(each->sum()),
                   format_number(rounded_rate(digest.per_hour(each->sum()))), std::to_string(each->counts.back()),
                   std::to_string(each->total)});
  return out;
}

/// A label's value: what a terminal would act on is out, and what ends it is escaped.
std::string label_value(std::string_view text) {
  std::string out;
  for (const char c : terminal_safe(text)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

void exposed_head(std::string& out, std::string_view name, std::string_view help, std::string_view type) {
  out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name);
  out.append(" ").append(type).append("\n");
}

void exposed_gauge(std::string& out, std::string_view name, std::string_view help, const std::string& value) {
  exposed_head(out, name, help, "gauge");
  out.append(name).append(" ").append(value).append("\n");
}

/// Cumulative, as Prometheus wants them; there is no sum of them, as nobody counts it.
void prometheus_latency(std::string& out, const Plot& plot) {
  constexpr std::string_view kName = "maildrop_statistics_delivery_seconds";
  exposed_head(out, kName, "Time from the end of a message's data to the store's answer", "histogram");
  std::uint64_t below = 0;
  const auto bucket = [&](std::string_view member, std::string_view bound) {
    const Series* found = plot.find(series::kLatency, member);
    below += found ? found->total : 0;
    out.append(kName).append("_bucket{le=\"").append(bound).append("\"} ").append(std::to_string(below)).append("\n");
  };
  for (const series::LatencyBound& each : series::kLatencyBounds) bucket(each.name, each.name);
  bucket(series::kLonger, "+Inf");
  out.append(kName).append("_count ").append(std::to_string(below)).append("\n");
}

}  // namespace

bool is_of(const Series& series, StatisticsPart part) {
  switch (part) {
    case StatisticsPart::total:
    case StatisticsPart::hour: return series.group.empty();
    case StatisticsPart::source:
    case StatisticsPart::store: return false;
    default: return series.group == name_of(part);
  }
}

Json statistics_json(const Digest& digest, const StatisticsChoice& choice) {
  const Plot& plot = digest.plot;
  Json list = Json::array();
  for (const Series* each : chosen_series(digest, choice))
    list.push_back({{"group", each->group},
                    {"name", each->name},
                    {"count", each->sum()},
                    {"per_hour", rounded_rate(digest.per_hour(each->sum()))},
                    {"counts", each->counts},
                    {"total", each->total}});
  Json out{{"schema", "maildrop.stats/1"},
           {"time", rfc3339(digest.now)},
           {"since", plot.since ? Json(rfc3339(*plot.since)) : Json(nullptr)},
           {"first", rfc3339(store::begin_of(plot.first))},
           {"hours", plot.hours},
           {"open", digest.open},
           {"begin", rfc3339(digest.begin)},
           {"end", rfc3339(digest.end)},
           {"series", std::move(list)}};
  if (choice.wants(StatisticsPart::latency)) out["latency"] = latency_json(digest.latency);
  if (digest.sources && choice.wants(StatisticsPart::source)) out["sources"] = sources_json(digest, choice);
  if (digest.store && choice.wants(StatisticsPart::store))
    out["store"] = Json{{"inboxes", digest.store->inboxes},
                        {"messages", digest.store->messages},
                        {"bytes", digest.store->bytes},
                        {"limit", digest.store->limit}};
  return out;
}

std::string statistics_csv(const Digest& digest, const StatisticsChoice& choice) {
  if (!choice.part) return csv_of_series(digest, choice);
  switch (*choice.part) {
    case StatisticsPart::hour: return csv_of_hours(digest.plot);
    case StatisticsPart::latency: return csv_of_latency(digest.latency);
    case StatisticsPart::store: return csv_of_store(digest.store);
    case StatisticsPart::source: return csv_of_sources(digest, choice);
    default: return csv_of_series(digest, choice);
  }
}

std::string statistics_prometheus(const Digest& digest) {
  constexpr std::string_view kName = "maildrop_statistics_total";
  std::string out;
  prometheus_latency(out, digest.plot);
  if (digest.plot.since)
    exposed_gauge(out, "maildrop_statistics_since_seconds", "When counting began, in seconds since 1970",
                  std::to_string(to_millis(*digest.plot.since) / 1000));
  if (digest.store) {
    exposed_gauge(out, "maildrop_statistics_store_bytes", "Size of the store, all overhead included",
                  std::to_string(digest.store->bytes));
    exposed_gauge(out, "maildrop_statistics_store_inboxes", "Inboxes in the store",
                  std::to_string(digest.store->inboxes));
    exposed_gauge(out, "maildrop_statistics_store_limit_bytes", "The setting store.max_size",
                  std::to_string(digest.store->limit));
    exposed_gauge(out, "maildrop_statistics_store_messages", "Messages in the store",
                  std::to_string(digest.store->messages));
  }
  exposed_head(out, kName, "What all processes of the store have counted", "counter");
  for (const Series& each : digest.plot.series)
    if (each.group != series::kLatency)
      out += std::string(kName) + "{group=\"" + label_value(each.group) + "\",name=\"" + label_value(each.name) +
             "\"} " + std::to_string(each.total) + "\n";
  return out;
}

}  // namespace maildrop::api
