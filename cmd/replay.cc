/// replay.cc: maildrop replay: options, and what of them makes no sense. The work is in replay_run.cc.
#include "replay.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "command.h"
#include "core/text.h"
#include "help.h"
#include "mail/address.h"
#include "smtp/grammar.h"

namespace maildrop::cmd {
namespace {

constexpr std::string_view kReplayExamples =
    "maildrop replay --spam spam/ --ham ham.mbox.gz\n"
    "maildrop replay --label-by-folder corpus.tar.zst --report html --output report.html\n"
    "maildrop replay --to localhost:2525 old.mbox.gz    # import";

/// What is not yet what the run is told.
struct Words {
  bool proxy = false, xclient = false;
  std::string timeout = "30s", max_size = "64MiB";  // checked
};

// What makes no sense in a run of the other kind.
constexpr const char* kOfSending[] = {"--lmtp",  "--helo",    "--connections", "--reuse",   "--rate",        "--repeat",
                                      "--retry", "--timeout", "--proxy",       "--xclient", "--allow-remote"};
constexpr const char* kOfJudging[] = {"--facts",   "--ask-dns",     "--record",   "--report",
                                      "--output",  "--timing",      "--in-order", "--save",
                                      "--compare", "--max-regress", "--tune",     "--max-false-positives"};
// What is told of a run, of which --tune tells nothing.
constexpr const char* kOfReports[] = {"--save", "--compare", "--max-regress", "--timing"};

/// What is wrong with this combination; empty: nothing.
std::string replay_objection(const CLI::App& app, const ReplayOptions& options, const Words& words) {
  const auto first_of = [&app](std::span<const char* const> names) -> std::string {
    for (const char* name : names)
      if (app.count(name) > 0) return name;
    return "";
  };
  const bool sends = !options.to.empty();
  const std::string other = sends ? first_of(kOfJudging) : first_of(kOfSending);
  if (!options.max_regress.empty() && options.compare.empty()) return "--max-regress needs --compare";
  if (!other.empty()) return other + (sends ? " is for runs without --to" : " is for runs with --to HOST:PORT");
  if (!options.max_false_positives.empty() && !options.tune) return "--max-false-positives needs --tune";
  if (const std::string of_report = first_of(kOfReports); options.tune && !of_report.empty())
    return "--tune and " + of_report + " exclude each other";
  if (options.tune && options.form != "text" && options.form != "json") return "--tune tells text or json";
  if (words.proxy && words.xclient) return "--proxy and --xclient exclude each other";
  return "";
}

std::string own_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  const auto helo = smtp::parse_helo(name.data());
  return helo ? *helo : "localhost";
}

int run_replay(const CLI::App& app, ReplayOptions& options, const Words& words, const Globals& globals) {
  const std::string wrong = replay_objection(app, options, words);
  if (!wrong.empty()) return usage_error("replay", wrong);
  options.reading.max_size = *parse_size(words.max_size);
  if (options.to.empty()) {
    const int status = prepare_reading(options, globals);
    return status == exit_ok ? judge_recorded(options, globals) : status;
  }
  const auto target = replay_target(options.to, options.allow_remote);
  if (!target)
    return target.error().code == Code::invalid ? usage_error("replay", target.error().what) : report(target.error());
  if (options.play.rate == 0 && std::any_of(target->begin(), target->end(), is_remote))
    return usage_error("replay", "to another machine --rate is needed, too");
  if (const int status = prepare_reading(options, globals); status != exit_ok) return status;
  replay::PlayOptions& play = options.play;
  play.sender.to = *target;
  play.sender.timeout = *parse_duration(words.timeout);
  play.recorded_helo = play.helo.empty();
  if (play.helo.empty()) play.helo = own_name();
  if (words.proxy) play.introduce = replay::Introduce::proxy;
  if (words.xclient) play.introduce = replay::Introduce::xclient;
  return ReplayRun(options).main();
}

constexpr std::uint64_t kMost = 1'000'000'000;  // of anything that is counted

CLI::Option* whole_number(CLI::Option* option, std::uint64_t least = 1, std::uint64_t most = kMost) {
  const auto check = [least, most](std::string& value) {
    std::uint64_t number = 0;
    const char* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, number);
    if (error == std::errc() && stop == end && number >= least && number <= most) return std::string();
    return "'" + value + "' is no whole number from " + std::to_string(least) + " to " + std::to_string(most);
  };
  return option->type_name("N")->check(CLI::Validator(check, ""));
}

CLI::Option* with_check(CLI::Option* option, const char* type, std::string (*check)(const std::string&)) {
  return option->type_name(type)->check(CLI::Validator([check](std::string& value) { return check(value); }, ""));
}

std::string check_address(const std::string& value) {
  const auto parsed = mail::parse_address(value);
  return parsed ? "" : "'" + value + "': " + parsed.error().what;
}

std::string check_sender(const std::string& value) { return value.empty() ? "" : check_address(value); }

std::string check_helo(const std::string& value) {
  const auto helo = smtp::parse_helo(value);
  return helo && *helo == value ? "" : "'" + value + "' is no name for a client";
}

std::string check_timeout(const std::string& value) {
  const auto parsed = parse_duration(value);
  if (!parsed) return parsed.error().what;
  if (parsed->count() == 0) return "nobody answers in no time";
  return *parsed <= std::chrono::hours(24) ? "" : "nobody waits longer than a day";
}

std::string check_size(const std::string& value) {
  const auto parsed = parse_size(value);
  return parsed ? "" : parsed.error().what;
}

std::string check_rate(const std::string& value) {
  double rate = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, rate);
  const bool good = error == std::errc() && stop == end && rate >= 0.001 && rate <= 1e6;
  return good ? "" : "'" + value + "' is no number of messages a second";
}

void declare_envelope(CLI::App& app, ReplayOptions& o) {
  with_check(app.add_option("--rcpt", o.play.rcpt, "All is for this recipient, whoever it was for; may be repeated."),
             "ADDRESS", check_address)
      ->allow_extra_args(false);
  with_check(app.add_option("--from", o.play.from, "All is from this sender; an empty one is that of a bounce."),
             "ADDRESS", check_sender);
  with_check(
      app.add_option("--helo", o.play.helo,
                     "The name to say in EHLO. Without it the host's, and with --proxy or --xclient the recorded "
                     "one where it is known."),
      "NAME", check_helo);
}

void declare_load(CLI::App& app, ReplayOptions& o, Words& words) {
  whole_number(app.add_option("--connections", o.play.connections, "So many connections at once (default: 1)."), 1,
               replay::PlayOptions::kMaxConnections);
  whole_number(
      app.add_option("--reuse", o.play.reuse, "Messages of a connection, before there is a new one (default: 100)."));
  with_check(app.add_option("--rate", o.play.rate, "At most so many messages a second, over all connections."), "N",
             check_rate);
  whole_number(app.add_option("--repeat", o.play.repeat, "Go through the sources so many times (default: 1)."));
  whole_number(app.add_option("--limit", o.play.limit, "End after so many messages."));
  whole_number(app.add_option("--retry", o.play.retry,
                              "Try a message so many times again that was refused for now, or lost with its connection "
                              "(default: 3)."),
               0, 1000);
  with_check(
      app.add_option("--timeout", words.timeout, "Wait so long for a connection, and for each reply (default: 30s)."),
      "DURATION", check_timeout);
}

std::function<int()> declare_replay(CLI::App& app, const Globals& globals) {
  auto o = std::make_shared<ReplayOptions>();
  auto words = std::make_shared<Words>();
  app.add_option("--to", o->to,
                 "Send all to this server: 127.0.0.1:2525, [::1]:2525, localhost:2525 or unix:/run/lmtp.sock.")
      ->type_name("HOST:PORT");
  declare_reading(app, *o);
  declare_judging(app, *o);
  declare_tuning(app, *o);
  declare_envelope(app, *o);
  declare_load(app, *o, *words);
  app.add_flag("--lmtp", o->play.lmtp, "The server speaks LMTP.");
  app.add_flag("--proxy", words->proxy, "Tell the recorded client's address in a PROXY header.");
  app.add_flag("--xclient", words->xclient, "Tell the recorded client's address and HELO by XCLIENT.");
  app.add_flag("--allow-remote", o->allow_remote, "The server may be another machine. Needs --rate.");
  with_check(app.add_option("--max-size", words->max_size, "A larger message is broken (default: 64MiB)."), "SIZE",
             check_size);
  app.add_flag("--mboxcl2", o->reading.mboxcl2,
               "From_ lines are not quoted in the mbox files: Content-Length divides them.");
  app.add_flag("--json", o->json,
               "Write one JSON object, schema maildrop.replay/1; with --to schema maildrop.replayed/1, with --tune "
               "maildrop.tuning/1.");
  app.add_flag("-q,--quiet", o->quiet, "No progress and no report: only what went wrong.");
  return [&app, o, words, &globals] { return run_replay(app, *o, *words, globals); };
}

}  // namespace

extern const Command replay_command{"replay", "Judge recorded mail by the filters, or send it to a server.",
                                    declare_replay, false, kReplayExamples};

}  // namespace maildrop::cmd
