/// report.cc: maildrop report: who was seen to send what nobody wants.
#include "report.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "command.h"
#include "core/text.h"
#include "filter/public_suffix.h"
#include "help.h"
#include "report/ranking_text.h"
#include "terminal.h"
#include "whole_file.h"

namespace maildrop::cmd {
namespace {

using report::Ranking;
using report::RankingOf;
using report::Sighting;

constexpr std::string_view kReportExamples =
    "maildrop report sources\n"
    "maildrop report hosts --by=domain --since=7d\n"
    "maildrop report sources --threshold=5 --share=0.9 --format=rbldnsd -o spam.zone";
constexpr std::string_view kSourcesExamples =
    "maildrop report sources\n"
    "maildrop report sources --by=network --format=csv /var/log/maildrop/report.jsonl\n"
    "maildrop report sources --threshold=5 --share=0.9 --format=rbldnsd -o spam.zone";
constexpr std::string_view kHostsExamples =
    "maildrop report hosts\n"
    "maildrop report hosts --by=domain --since=7d\n"
    "zstdcat old.jsonl.zst | maildrop report hosts --format=json -";

struct RankingWords {
  std::vector<std::string> files;
  std::string by;
  std::string format = "text";
  std::string since = "30d";
  std::string half_life = "1d";
  double threshold = 0;
  double share = 0;
  std::size_t limit = 100;
  std::string output;
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

std::string aligned(std::string text, std::size_t width, bool right = false) {
  if (text.size() < width) text.insert(right ? 0 : text.size(), width - text.size(), ' ');
  return text;
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
    out += aligned(row.key, width) + aligned(decimal(row.bad, 1), 10, true) + aligned(decimal(row.good, 1), 10, true) +
           aligned(decimal(100 * row.share(), 0) + "%", 7, true) + "  " + format_age(now - row.last) + " ago\n";
  return out;
}

std::string text_of(const std::vector<Ranking::Row>& rows, RankingOf of, const std::string& format, Time now) {
  if (format == "json") return report::as_json(rows, of);
  if (format == "csv") return report::as_csv(rows);
  if (format == "rbldnsd") return report::as_zone(rows, of);
  return as_table(rows, of, now);
}

/// Whoever reads the file, and others do, sees the old one or the new one.
Result<void> write_out(const std::string& path, const std::string& text) {
  if (path.empty() || path == "-") return print(1, text);
  WholeFile file = TRY(WholeFile::open(path, true));
  TRY(print(file.fd(), text, "'" + path + "'"));
  ::fchmod(file.fd(), 0644);
  return file.commit();
}

int run_ranking(const Globals& globals, const RankingWords& words, RankingOf of) {
  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  const Time now = SystemClock().now();
  const Time since = now - *parse_duration(words.since);
  Ranking ranking({now, *parse_duration(words.half_life)});
  const auto found = read_reports(loaded->config, words.files, since, [&](std::string_view line) {
    const Result<Sighting> sighting = Sighting::parse(line);
    if (sighting && sighting->time >= since) add(ranking, *sighting, of, words.by);
    return sighting.has_value();
  });
  if (!found)
    return found.error().code == Code::invalid ? usage_error("report", found.error().what) : report(found.error());
  if (found->broken > 0)
    report({Code::corrupt,
            std::to_string(found->broken) + " of " + std::to_string(found->lines) + " lines are no decisions"});
  if (found->broken > 0 && found->broken == found->lines) return exit_data;
  const std::vector<Ranking::Row> rows = ranking.worst({words.threshold, words.share, words.limit});
  if (words.format == "text" && rows.empty()) {
    report({Code::not_found, "nobody was seen to send spam"});
    return exit_nothing;
  }
  const RankingOf keys = words.by == "domain" ? RankingOf::domains : of;
  const Result<void> done = write_out(words.output, text_of(rows, keys, words.format, now));
  return done ? exit_ok : report(done.error());
}

CLI::Option* duration(CLI::Option* option) {
  const auto check = [](std::string& value) {
    const auto parsed = parse_duration(value);
    if (!parsed) return parsed.error().what;
    return parsed->count() > 0 ? std::string() : "it must be more than nothing";
  };
  return option->type_name("DURATION")->check(CLI::Validator(check, ""));
}

CLI::App* declare_ranking(CLI::App& app, RankingOf of, RankingWords& words) {
  const bool sources = of == RankingOf::sources;
  CLI::App* sub =
      app.add_subcommand(sources ? "sources" : "hosts", sources ? "Rank the clients that were seen to send spam."
                                                                : "Rank the hosts that URLs in spam lead to.");
  sub->footer(std::string(sources ? kSourcesExamples : kHostsExamples));
  words.by = sources ? "address" : "host";
  sub->add_option("FILE", words.files,
                  "Reports, as report.file has them; - is standard input. Without one, all of report.file, or the "
                  "stream of report.redis.");
  one_of(sub->add_option("--by", words.by,
                         sources ? "What is one source: an address (of IPv6 a /64), or the /24 or "
                                   "/48 around it."
                                 : "What is one: a host, or all hosts of a domain."),
         sources ? std::vector<std::string>{"address", "network"} : std::vector<std::string>{"host", "domain"});
  one_of(sub->add_option("--format", words.format, "How it is written; text, if not given."),
         {"text", "json", "csv", "rbldnsd"});
  duration(sub->add_option("--since", words.since, "Only decisions that are no older; 30d, if not given."));
  duration(sub->add_option("--half-life", words.half_life, "After so long a decision counts half; 1d, if not given."));
  sub->add_option("--threshold", words.threshold, "Only who has that many bad decisions, as they count now.")
      ->type_name("N")
      ->check(CLI::Validator(CLI::NonNegativeNumber).description(""));
  sub->add_option("--share", words.share, "Only where that share of all decisions is bad.")
      ->type_name("0..1")
      ->check(CLI::Range(0.0, 1.0).description(""));
  sub->add_option("--limit", words.limit, "No more than the N worst; 100, if not given.")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{10'000'000}).description(""));
  sub->add_option("-o,--output", words.output, "Write to FILE, which is replaced at once and whole.")
      ->type_name("FILE");
  return sub;
}

std::function<int()> declare_report(CLI::App& app, const Globals& globals) {
  struct ReportWords {
    RankingWords sources, hosts;
  };
  auto words = std::make_shared<ReportWords>();
  CLI::App* sources = declare_ranking(app, RankingOf::sources, words->sources);
  declare_ranking(app, RankingOf::hosts, words->hosts);
  app.require_subcommand(1);
  return [&globals, words, sources]() -> int {
    return sources->parsed() ? run_ranking(globals, words->sources, RankingOf::sources)
                             : run_ranking(globals, words->hosts, RankingOf::hosts);
  };
}

}  // namespace

extern const Command report_command{"report", "Rank who sends spam, for lists that others block by.", declare_report,
                                    false, kReportExamples};

}  // namespace maildrop::cmd
