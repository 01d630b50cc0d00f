/// stats.cc: maildrop stats: options, and where the numbers are. The work is in stats_run.cc.
#include "stats.h"

#include <algorithm>
#include <charconv>

#include "command.h"
#include "core/parse_time.h"
#include "core/text.h"
#include "help.h"
#include "local_store.h"

namespace maildrop::cmd {
namespace {

constexpr std::string_view kStatsExamples =
    "maildrop stats                                # the last 24 hours\n"
    "maildrop stats --since=yesterday --by=reason  # why mail was refused\n"
    "maildrop stats --watch --api http://127.0.0.1:8080";

constexpr std::chrono::seconds kLeastEvery{1};  // servers write their numbers that often
constexpr std::chrono::hours kMostEvery{24};

const std::vector<std::string> kBy = {"total", "hour", "reason", "list", "source", "filter", "latency", "store"};

/// What is wrong with this combination; empty: nothing.
std::string objection(const StatsOptions& options) {
  if (options.json + options.prometheus + options.csv > 1) return "only one of --json, --prom and --csv";
  const bool cut = !options.since.empty() || !options.until.empty() || !options.by.empty() || options.top > 0;
  if (options.prometheus && cut)
    return "--prom tells all totals since counting began: no --since, --until, --by or --top";
  if (options.watch && (options.prometheus || options.csv)) return "--watch goes with --json or neither form";
  if (options.watch && !options.until.empty()) return "--watch is of now: no --until";
  if (options.by == "source" && options.watch) return "--by=source walks through the whole store: not with --watch";
  if (!options.api.empty() && options.by == "source")
    return "--by=source walks through the local store: a server tells it at /admin/v1/sources (maildrop-admin(8))";
  if (!options.api.empty() && options.by == "store")
    return "--by=store looks at the local store: a server tells it at /metrics";
  return "";
}

tl::expected<StatsSource, int> open_stats_server(const StatsOptions& options) {
  StatsSource source;
  auto client = api::open_client(options.api);
  if (!client && client.error().code == Code::invalid)
    return tl::unexpected<int>(usage_error("stats", client.error().what));
  if (!client) return tl::unexpected<int>(report(client.error()));
  source.server = std::move(*client);
  source.kept = api::StatisticsReader::kMostHours;
  return source;
}

tl::expected<StatsSource, int> open_stats_store(const Globals& globals, const Clock& clock) {
  const auto loaded = load(globals);
  if (!loaded) return tl::unexpected<int>(loaded.error());
  auto local = open_local_store(*loaded, globals, clock);
  if (!local) return tl::unexpected<int>(local.error());
  auto statistics = store::open_statistics(local->options);
  if (!statistics) return tl::unexpected<int>(report(statistics.error()));
  StatsSource source;
  source.store = std::move(local->store);
  source.statistics = std::move(*statistics);
  source.limit = loaded->config.store.max_size;
  source.kept = static_cast<std::size_t>(store::hours_kept(loaded->config.store.statistics_age));
  return source;
}

int run(const StatsOptions& options, const Globals& globals) {
  const std::string wrong = objection(options);
  if (!wrong.empty()) return usage_error("stats", wrong);
  if (!options.api.empty() && !(globals.config_file.empty() && globals.sets.empty()))
    return usage_error("stats", "--api asks a server, --config and --set are for the local store: one of them");
  const SystemClock clock;
  auto source = options.api.empty() ? open_stats_store(globals, clock) : open_stats_server(options);
  return source ? StatsRun(options, *source, clock).main() : source.error();
}

CLI::Option* moment(CLI::Option* option) {
  const auto check = [](std::string& value) {
    const Time now = SystemClock().now();
    const auto parsed = parse_moment(value, now);
    if (parsed && *parsed > now) return "'" + value + "' is yet to come";
    return parsed ? std::string() : parsed.error().what;
  };
  return option->type_name("TIME")->check(CLI::Validator(check, ""));
}

CLI::Option* every(CLI::Option* option) {
  const auto check = [](std::string& value) -> std::string {
    const auto parsed = parse_duration(value);
    if (!parsed) return parsed.error().what;
    return *parsed < kLeastEvery || *parsed > kMostEvery ? "'" + value + "' is not between 1s and 1d" : "";
  };
  return option->type_name("TIME")->check(CLI::Validator(check, ""));
}

CLI::Option* number_of_rows(CLI::Option* option) {
  const auto check = [](std::string& value) {
    std::size_t number = 0;
    const char* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, number);
    if (error == std::errc() && stop == end && number > 0) return std::string();
    return "'" + value + "' is no whole number above 0";
  };
  return option->type_name("N")->check(CLI::Validator(check, ""));
}

std::function<int()> declare_stats(CLI::App& app, const Globals& globals) {
  auto o = std::make_shared<StatsOptions>();
  moment(app.add_option("--since", o->since,
                        "From the hour of then on, as far as hours are kept: 2h (ago), today, yesterday, 2026-11-27, "
                        "2026-11-27T10:00, in UTC. The last 24 hours, if not given."));
  moment(
      app.add_option("--until", o->until, "Up to then, the hour that it falls into being whole; now, if not given."));
  one_of(app.add_option("--by", o->by, "One part alone."), kBy);
  number_of_rows(
      app.add_option("--top", o->top, "No more than the first N of each kind; 10 for people, if not given."));
  auto* watch = app.add_flag("--watch{2s}", o->every,
                             "Tell it again so often, until interrupted: on a terminal drawn anew, else a line each.");
  every(watch);
  app.add_flag("--json", o->json, "Write one JSON object, schema maildrop.stats/1.");
  app.add_flag("--prom", o->prometheus, "Write the totals since counting began as Prometheus reads them.");
  app.add_flag("--csv", o->csv, "Write lines of comma-separated values, the first one of names.");
  app.add_option("--api", o->api, "Ask the server at this address instead of opening the local store.")
      ->type_name("URL");
  one_of(app.add_option("--color", o->colour, "Use colour."), kColours);
  app.add_flag("--no-pager", o->no_pager, "Write to the terminal directly.");
  return [o, &globals, watch] {
    o->watch = watch->count() > 0;
    return run(*o, globals);
  };
}

}  // namespace

extern const Command stats_command{"stats",
                                   "Tell what happened to mail: totals, rates, by hour, reason, list and filter.",
                                   declare_stats, false, kStatsExamples};

}  // namespace maildrop::cmd
