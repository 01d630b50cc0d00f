/// report.cc: maildrop report: who was seen to send what nobody wants. What filters did is in report_filters.cc, what
/// others would have in report_shadow.cc.
#include "report.h"

#include <algorithm>
#include <cstdio>
#include <memory>

#include "command.h"
#include "core/aligned.h"
#include "core/text.h"
#include "filter/public_suffix.h"
#include "help.h"
#include "report/ranking_text.h"

namespace maildrop::cmd {
namespace {

using report::Ranking;
using report::RankingOf;
using report::Sighting;

constexpr std::string_view kReportExamples =
    "maildrop report sources\n"
    "maildrop report filters --since=1d\n"
    "maildrop report sources --threshold=5 --share=0.9 --format=rbldnsd -o spam.zone";
constexpr std::string_view kSourcesExamples =
    "maildrop report sources\n"
    "maildrop report sources --by=network --format=csv /var/log/maildrop/report.jsonl\n"
    "maildrop report sources --threshold=5 --share=0.9 --format=rbldnsd -o spam.zone";
constexpr std::string_view kHostsExamples =
    "maildrop report hosts\n"
    "maildrop report hosts --by=domain --since=7d\n"
    "zstdcat old.jsonl.zst | maildrop report hosts --format=json -";

struct RankingWords : ReportWords {
  std::string by;
  std::string half_life = "1d";
  double threshold = 0;
  double share = 0;
};

/// What a source is counted as: an address, of IPv6 a /64; or the network around it.
std::string key_of(const IpAddress& client, bool by_network) {
  if (by_network) return client.network().to_string() + (client.is_v4() ? "/24" : "/48");
  return client.source().to_string() + (client.is_v4() ? "" : "/64");
}

std::string key_of(const std::string& host, bool by_domain) {
  const std::string domain = by_domain ? filter::organisational_domain(host) : std::string();
  return domain.empty() ? host : domain;
}

void add(Ranking& ranking, const Sighting& sighting, RankingOf of, const std::string& by) {
  if (of == RankingOf::sources) {
    if (sighting.client) ranking.add(key_of(*sighting.client, by == "network"), sighting);
    return;
  }
  std::vector<std::string> keys;  // several hosts of a message may be of one domain
  for (const std::string& host : sighting.hosts) keys.push_back(key_of(host, by == "domain"));
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  for (const std::string& key : keys) ranking.add(key, sighting);
}

std::string decimal(double number, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, number);
  return text;
}

std::string as_table(const std::vector<Ranking::Row>& rows, RankingOf of, Time now) {
  std::size_t width = 6;
  for (const Ranking::Row& row : rows) width = std::max(width, row.key.size());
  std::string out =
      aligned(of == RankingOf::sources ? "SOURCE" : "HOST", width) + "       BAD      GOOD  SHARE  SEEN\n";
  for (const Ranking::Row& row : rows)
    out += aligned(row.key, width) + aligned(decimal(row.bad, 1), 10, Align::right) +
           aligned(decimal(row.good, 1), 10, Align::right) +
           aligned(decimal(100 * row.share(), 0) + "%", 7, Align::right) + "  " + format_age(now - row.last) + " ago\n";
  return out;
}

std::string text_of(const std::vector<Ranking::Row>& rows, RankingOf of, const std::string& format, Time now) {
  if (format == "json") return report::as_json(rows, of);
  if (format == "csv") return report::as_csv(rows);
  if (format == "rbldnsd") return report::as_zone(rows, of);
  return as_table(rows, of, now);
}

int run_ranking(const Globals& globals, const RankingWords& words, RankingOf of) {
  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  const Time now = SystemClock().now();
  Ranking ranking({now, *parse_duration(words.half_life)});
  const auto found = read_sightings(loaded->config, words, now,
                                    [&](const Sighting& sighting) { add(ranking, sighting, of, words.by); });
  if (!found) return found.error();
  const std::vector<Ranking::Row> rows = ranking.worst({words.threshold, words.share, words.limit});
  if (words.format == "text" && rows.empty()) {
    report({Code::not_found, "nobody was seen to send spam"});
    return exit_nothing;
  }
  const RankingOf keys = words.by == "domain" ? RankingOf::domains : of;
  const Result<void> done = write_report(words, text_of(rows, keys, words.format, now));
  return done ? exit_ok : report(done.error());
}

CLI::App* declare_ranking(CLI::App& app, RankingOf of, RankingWords& words) {
  const bool sources = of == RankingOf::sources;
  CLI::App* sub =
      app.add_subcommand(sources ? "sources" : "hosts", sources ? "Rank the clients that were seen to send spam."
                                                                : "Rank the hosts that URLs in spam lead to.");
  sub->footer(std::string(sources ? kSourcesExamples : kHostsExamples));
  words.by = sources ? "address" : "host";
  add_files(*sub, words);
  one_of(sub->add_option("--by", words.by,
                         sources ? "What is one source: an address (of IPv6 a /64), or the /24 or "
                                   "/48 around it."
                                 : "What is one: a host, or all hosts of a domain."),
         sources ? std::vector<std::string>{"address", "network"} : std::vector<std::string>{"host", "domain"});
  one_of(sub->add_option("--format", words.format, "How it is written; text, if not given."),
         {"text", "json", "csv", "rbldnsd"});
  add_since(*sub, words);
  report_duration(
      sub->add_option("--half-life", words.half_life, "After so long a decision counts half; 1d, if not given."));
  sub->add_option("--threshold", words.threshold, "Only who has that many bad decisions, as they count now.")
      ->type_name("N")
      ->check(CLI::Validator(CLI::NonNegativeNumber).description(""));
  sub->add_option("--share", words.share, "Only where that share of all decisions is bad.")
      ->type_name("0..1")
      ->check(CLI::Range(0.0, 1.0).description(""));
  add_bounds(*sub, words, "No more than the N worst; 100, if not given.");
  return sub;
}

std::function<int()> declare_report(CLI::App& app, const Globals& globals) {
  struct AllWords {
    RankingWords sources, hosts;
    ReportWords filters;
    ShadowWords shadow;
  };
  auto words = std::make_shared<AllWords>();
  CLI::App* sources = declare_ranking(app, RankingOf::sources, words->sources);
  declare_ranking(app, RankingOf::hosts, words->hosts);
  CLI::App* filters = declare_filters_report(app, words->filters);
  CLI::App* shadow = declare_shadow_report(app, words->shadow);
  app.require_subcommand(1);
  return [&globals, words, sources, filters, shadow]() -> int {
    if (filters->parsed()) return run_filters_report(globals, words->filters);
    if (shadow->parsed()) return run_shadow_report(globals, words->shadow);
    return sources->parsed() ? run_ranking(globals, words->sources, RankingOf::sources)
                             : run_ranking(globals, words->hosts, RankingOf::hosts);
  };
}

}  // namespace

extern const Command report_command{
    "report", "Rank who sends spam, for lists that others block by, and the filters that stop it.", declare_report,
    false, kReportExamples};

}  // namespace maildrop::cmd
