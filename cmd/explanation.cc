/// explanation.cc: a transaction that somebody makes up, before the filters.
#include "explanation.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "api/verdicts.h"
#include "command.h"
#include "core/parse_time.h"
#include "core/text.h"
#include "dns/recorded.h"
#include "explained_world.h"
#include "filter.h"
#include "filter/chain_source.h"
#include "filter/filters.h"
#include "filter/rehearsal.h"
#include "filter/sample.h"
#include "filter/scoring.h"
#include "help.h"
#include "json_line.h"
#include "local_models.h"
#include "mail/alias.h"
#include "mail/message.h"
#include "show_trace.h"
#include "terminal.h"

namespace maildrop::cmd {
namespace {

using filter::Phase;

/// What is read may be longer than `most`, and then is one byte more.
Result<std::string> read(const std::string& path, std::size_t most) {
  std::ifstream in(path == "-" ? "/dev/stdin" : path, std::ios::binary);
  std::string text(most + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad()) return fail(Code::not_found, "cannot read '" + path + "'");
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

/// As it would be behind DATA: lines end in CRLF.
std::string as_sent(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
    out += text[i];
  }
  if (!out.empty() && !out.ends_with("\r\n")) out += "\r\n";
  return out;
}

/// One line for each phase, and each recipient.
struct Step {
  Phase phase;
  std::string recipient;
  filter::Verdict verdict;
  filter::Verdict foreseen;  // what it would be, were refusals told here
  std::size_t questions = 0;
  std::chrono::milliseconds took{0};

  bool is_held() const { return foreseen.refuses() && !verdict.refuses(); }
};

/// Two forms: of RFC 3339, as logs have it, and of a Date field.
Result<std::unique_ptr<const Clock>> clock_of(const std::string& at) {
  if (at.empty()) return std::make_unique<SystemClock>();
  std::optional<Time> time = parse_rfc3339(at);
  if (!time) time = mail::parse_date(at);
  if (!time) return fail(Code::invalid, "'" + at + "' is no time: 2023-11-14T22:13:20.000Z, or as a Date field has it");
  return std::make_unique<ShiftedClock>(*time);
}

class Explanation {
 public:
  Explanation(const ExplainOptions& options, const Config& config, std::shared_ptr<const filter::Chain> chain,
              const Clock& clock, ExplainedWorld& world)
      : options_(options),
        config_(config),
        clock_(clock),
        world_(world),
        rehearsal_(std::move(chain), clock_, world.table()) {}

  Result<void> run() {
    filter::Script script;
    script.transaction.peer.address = TRY(IpAddress::parse(options_.ip));
    exempt_ = contains(config_.limits.exempt, script.transaction.peer.address);
    script.transaction.helo = options_.helo;
    script.transaction.esmtp = true;
    script.transaction.from = TRY(sender());
    if (!options_.file.empty()) script.message = TRY(message_text());
    for (const std::string& each : options_.to) script.to.push_back(TRY(recipient(each)));
    begun_ = clock_.monotonic();
    const auto add_step = [this](Phase phase, const mail::Transaction& transaction, const filter::Verdict& verdict) {
      step(phase, transaction, verdict);
    };
    TRY(rehearsal_.run(std::move(script), add_step));
    trace_ = rehearsal_.trace();
    if (!options_.filter.empty())
      std::erase_if(trace_.entries, [&](const auto& entry) { return entry.filter != options_.filter; });
    return {};
  }

  std::string text(const Screen& screen) const {
    std::string out = exempt_ ? "This client is in limits.exempt: nobody would be asked about it.\n" : "";
    for (const Step& each : steps_) out += terminal_safe(line_of(each)) + "\n";
    if (!steps_.empty() && steps_.back().is_held()) out += "It would be refused " + when_told() + ".\n";
    return out + "\nLedger: " + terminal_safe(world_.ledger()) + "\n" + show_trace(trace_, screen, true);
  }

  std::string json() const {
    Json out;
    out["schema"] = "maildrop.explained/1";
    out["exempt"] = exempt_;
    out["steps"] = Json::array();
    for (const Step& each : steps_)
      out["steps"].push_back({{"phase", filter::name_of(each.phase)},
                              {"recipient", valid_utf8(each.recipient)},
                              {"action", filter::name_of(each.verdict.action)},
                              {"foreseen", filter::name_of(each.foreseen.action)},
                              {"score", filter::rounded_score(each.verdict.score)},
                              {"reply", valid_utf8(each.verdict.reply)},
                              {"reason", valid_utf8(each.verdict.reason)},
                              {"questions", each.questions},
                              {"milliseconds", each.took.count()}});
    out["ledger"] = valid_utf8(world_.ledger());
    out["verdicts"] = api::to_json(trace_);
    return json_line(out);
  }

 private:
  /// `mail: reject at RCPT, 550 5.7.1 no (access: denied), 3 questions, 12ms`
  std::string line_of(const Step& step) const {
    const filter::Verdict& said = step.is_held() ? step.foreseen : step.verdict;
    std::string line = std::string(filter::name_of(step.phase)) + (step.recipient.empty() ? "" : " " + step.recipient) +
                       ": " + std::string(filter::name_of(said.action));
    if (step.is_held()) line += " " + when_told();
    if (!said.reply.empty()) line += ", " + said.reply;
    if (!said.reason.empty()) line += " (" + said.reason + ")";
    if (step.questions > 0)
      line += ", " + std::to_string(step.questions) + (step.questions == 1 ? " question" : " questions");
    return step.took.count() > 0 ? line + ", " + format_duration(step.took) : line;
  }
  std::string when_told() const {
    return config_.filter.decide_at == FilterSettings::DecideAt::message ? "at the end of the message" : "at RCPT";
  }

  Result<mail::Address> sender() const {
    if (options_.from.empty()) return mail::Address{};
    auto address = mail::parse_address(options_.from);
    if (!address) return fail(Code::invalid, "--from: " + address.error().what);
    return address;
  }

  Result<std::string> message_text() const {
    const std::string text = as_sent(TRY(read(options_.file, config_.mail.max_size)));
    if (text.size() <= config_.mail.max_size) return text;
    return fail(Code::invalid, "'" + options_.file + "' is longer than mail.max_size");
  }

  Result<mail::Recipient> recipient(const std::string& text) const {
    const auto address = filter::recipient_of(text, config_);
    if (!address) return fail(Code::invalid, "--to: " + address.error().what);
    mail::Inbox inbox = TRY(mail::Inbox::of(*address, config_.inbox, config_.mail.domains.front()));
    if (config_.inbox.has_aliases()) {
      auto named = TRY(mail::Aliases::make(config_.inbox)).destination(std::move(inbox), clock_.now());
      if (!named) return fail(Code::invalid, "--to: '" + text + "' is refused with 550 5.1.1: " + named.error().what);
      inbox = std::move(*named);
    }
    return mail::Recipient{*address, std::move(inbox)};
  }

  void step(Phase phase, const mail::Transaction& transaction, const filter::Verdict& verdict) {
    const std::string recipient = phase == Phase::rcpt ? transaction.recipients.back().address.to_string() : "";
    const std::size_t before = std::exchange(asked_, asked(world_.table()));
    const Monotonic now = clock_.monotonic();
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(now - std::exchange(begun_, now));
    steps_.push_back({phase, recipient, verdict, rehearsal_.session().findings().foreseen(), asked_ - before, took});
  }

  static std::size_t asked(const filter::TableWorld& table) { return table.asked.size() + table.errands + table.calls; }

  const ExplainOptions& options_;
  const Config& config_;
  const Clock& clock_;
  ExplainedWorld& world_;
  filter::Rehearsal rehearsal_;
  Monotonic begun_{};      // the step that goes on
  std::size_t asked_ = 0;  // until it began
  bool exempt_ = false;    // in limits.exempt
  std::vector<Step> steps_;
  filter::Trace trace_;
};

Result<std::unique_ptr<ExplainedWorld>> open_world(const ExplainOptions& options, const LoadedConfig& loaded,
                                                   const Globals& globals, const Clock& clock) {
  Instead instead;
  if (!options.facts.empty()) instead.facts = TRY(read(options.facts, dns::Recorded::kMostBytes));
  if (!options.at.empty()) instead.at = clock.now();
  auto world = ExplainedWorld::open(instead, loaded, globals, clock);
  if (!world && instead.facts) return fail(world.error().code, options.facts + ": " + world.error().what);
  return world;
}

/// What is invalid was written by who runs us.
int failed(std::string_view command, const Error& error) {
  return error.code == Code::invalid ? usage_error(command, error.what) : report(error);
}

}  // namespace

CLI::Option* add_explain_options(CLI::App& app, ExplainOptions& options) {
  app.add_option("file", options.file, "The message; - is standard input. Without it nobody is asked about one.")
      ->type_name("FILE");
  CLI::Option* ip = app.add_option("--ip", options.ip, "The address of the client.")->type_name("ADDRESS");
  app.add_option("--helo", options.helo, "What it calls itself.")->type_name("NAME");
  app.add_option("--from", options.from, "The sender. Without it: <>.")->type_name("ADDRESS");
  app.add_option("--to", options.to, "A recipient, or an inbox; may be given several times.")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  app.add_option("--facts", options.facts,
                 "Answers of the DNS from this file, one a line; nobody else is asked, and the ledger is empty.")
      ->type_name("FILE");
  app.add_option("--at", options.at,
                 "When it comes, instead of now: 2023-11-14T22:13:20.000Z, or as a Date field has it. Services are not "
                 "asked then, and the ledger is empty.")
      ->type_name("TIME");
  app.add_flag("--json", options.json, "Write one JSON object, schema maildrop.explained/1.");
  one_of(app.add_option("--color", options.colour, "Use colour."), kColours);
  return ip;
}

int explain(std::string_view command, const ExplainOptions& options, const Globals& globals) {
  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  const LocalModels models(loaded->config, globals);
  filter::ChainSource source(models.means());
  auto chain = source.make(loaded->config);
  const std::string& alone = options.filter;
  if (chain && !alone.empty())
    chain = filter::Chain::make_for(alone, loaded->config, filter::filter_kinds(), source.scripts(), models.means());
  if (!chain) return report(chain.error());
  if (!alone.empty() && (*chain)->links().empty()) return report_missing(command, alone, loaded->config, source);
  report_problems(source);
  const auto clock = clock_of(options.at);
  if (!clock) return failed(command, clock.error());
  const auto world = open_world(options, *loaded, globals, **clock);
  if (!world) return failed(command, world.error());
  Explanation explanation(options, loaded->config, *chain, **clock, **world);
  if (const Result<void> ran = explanation.run(); !ran) return failed(command, ran.error());
  const Screen screen = screen_of(1, options.colour);
  const auto printed = print(1, options.json ? explanation.json() : explanation.text(screen));
  return printed ? exit_ok : (report(printed.error()), exit_io);
}

void report_problems(const filter::ChainSource& source) {
  for (const filter::FileProblem& problem : source.problems())
    report(Error{Code::invalid, problem.file + ": " + problem.what});
}

}  // namespace maildrop::cmd
