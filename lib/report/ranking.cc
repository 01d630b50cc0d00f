/// ranking.cc: lines in, numbers out.
#include "report/ranking.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/parse_time.h"
#include "core/special_networks.h"
#include "core/text.h"
#include "filter/public_suffix.h"

namespace maildrop::report {

namespace {

using nlohmann::json;

constexpr std::size_t kMostHosts = 1000;
constexpr std::size_t kLongestHost = 253;
constexpr std::size_t kLongestFilter = 64;  // names of scripts have 24 at most

std::string text_at(const json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

Sighting::Kind kind_of(const json& decision) {
  const std::string result = text_at(decision, "result");
  if (result == "stored" && !decision.contains("mark")) return Sighting::Kind::good;
  const auto evidence = decision.find("evidence");
  const bool evident = evidence != decision.end() && *evidence == true;
  return evident && !result.empty() && result != "deferred" ? Sighting::Kind::bad : Sighting::Kind::nothing;
}

/// Of a filter, built in or a script. It is written into tables.
bool is_filter(std::string_view name) {
  return !name.empty() && name.size() <= kLongestFilter && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string_view deed_of(const json& decision) {
  const std::string result = text_at(decision, "result");
  const std::string mark = text_at(decision, "mark");
  const std::string_view done = result != "stored"     ? std::string_view(result)
                                : mark == "quarantine" ? "quarantined"
                                : mark == "tag"        ? "tagged"
                                                       : "";
  const auto deed = std::find(kDeeds.begin(), kDeeds.end(), done);
  return deed == kDeeds.end() ? std::string_view() : *deed;
}

bool is_special(std::string_view host) {  // RFC 6761
  constexpr std::string_view kSpecial[] = {".invalid", ".localhost", ".local", ".test", ".onion"};
  return std::any_of(std::begin(kSpecial), std::end(kSpecial), [&](auto tail) { return host.ends_with(tail); });
}

/// It is written into zones and tables of others. What many have in common (`com`, `co.uk`) is nobody's host.
bool is_host(std::string_view host) {
  if (host.empty() || host.size() > kLongestHost || host.front() == '.' || host.front() == '-') return false;
  if (const auto address = IpAddress::parse(host)) return !is_private(*address);
  return !is_special(host) && !filter::organisational_domain(host).empty() &&
         std::all_of(host.begin(), host.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
         });
}

}  // namespace

Result<Sighting> Sighting::parse(std::string_view line) {
  const json decision = json::parse(line, nullptr, false);
  if (!decision.is_object() || text_at(decision, "schema") != "maildrop.decision/1")
    return fail(Code::corrupt, "no decision");
  const std::optional<Time> time = parse_rfc3339(text_at(decision, "time"));
  if (!time) return fail(Code::corrupt, "a decision without a time");
  Sighting sighting;
  sighting.time = *time;
  sighting.kind = kind_of(decision);
  sighting.by = text_at(decision, "by");
  if (is_filter(sighting.by)) sighting.deed = deed_of(decision);
  if (const auto client = IpAddress::parse(text_at(decision, "client"))) sighting.client = *client;
  const auto hosts = decision.find("hosts");
  if (hosts == decision.end() || !hosts->is_array()) return sighting;
  for (const json& host : *hosts) {
    if (!host.is_string() || sighting.hosts.size() >= kMostHosts) continue;
    std::string name = to_lower(host.get<std::string>());
    if (is_host(name)) sighting.hosts.push_back(std::move(name));
  }
  return sighting;
}

void Ranking::add(const std::string& key, const Sighting& sighting) {
  if (sighting.kind == Sighting::Kind::nothing) return;
  if (rows_.size() >= limits_.most && !rows_.contains(key)) forget();
  const double age = std::max<double>(0, static_cast<double>((limits_.now - sighting.time).count()));
  const double weight = std::exp2(-age / static_cast<double>(limits_.half_life.count()));
  const auto [place, fresh] = rows_.try_emplace(key);
  Row& row = place->second;
  (sighting.kind == Sighting::Kind::bad ? row.bad : row.good) += weight;
  row.first = fresh ? sighting.time : std::min(row.first, sighting.time);
  row.last = fresh ? sighting.time : std::max(row.last, sighting.time);
  ++row.decisions;
}

void Ranking::forget() {
  std::vector<double> weights;
  weights.reserve(rows_.size());
  for (const auto& [key, row] : rows_) weights.push_back(row.bad);
  const auto middle = weights.begin() + static_cast<std::ptrdiff_t>(weights.size() / 2);
  std::nth_element(weights.begin(), middle, weights.end());
  const double least = *middle;
  std::size_t left = rows_.size() / 2 + 1;
  std::erase_if(rows_, [&](const auto& each) { return each.second.bad <= least && left > 0 && left-- > 0; });
}

std::vector<Ranking::Row> Ranking::worst(const Bounds& bounds) const {
  std::vector<Row> found;
  for (const auto& [key, row] : rows_) {
    if (row.bad <= 0 || row.bad < bounds.threshold || row.share() < bounds.share) continue;
    found.push_back(row);
    found.back().key = key;
  }
  const auto worse = [](const Row& a, const Row& b) { return a.bad != b.bad ? a.bad > b.bad : a.key < b.key; };
  std::sort(found.begin(), found.end(), worse);
  if (found.size() > bounds.most) found.resize(bounds.most);
  return found;
}

}  // namespace maildrop::report
