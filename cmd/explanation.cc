/// explanation.cc: a transaction that somebody makes up, before the filters.
#include "explanation.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <vector>

#include "api/verdicts.h"
#include "command.h"
#include "core/text.h"
#include "dns/ask_all.h"
#include "dns/recorded.h"
#include "filter/case.h"
#include "filter/chain_source.h"
#include "filter/table_world.h"
#include "help.h"
#include "json_line.h"
#include "mail/headers.h"
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
};

class Explanation {
 public:
  Explanation(const ExplainOptions& options, const Config& config, std::shared_ptr<const filter::Chain> chain)
      : options_(options), config_(config), session_(std::move(chain), clock_) {}

  Result<void> run() {
    TRY(open_world());
    mail::Transaction transaction;
    transaction.peer.address = TRY(IpAddress::parse(options_.ip));
    exempt_ = contains(config_.limits.exempt, transaction.peer.address);
    const mail::Address from = options_.from.empty() ? mail::Address{} : TRY(mail::parse_address(options_.from));
    const std::string message = TRY(message_text());
    TRY(step(Phase::connect, transaction));
    transaction.helo = options_.helo;
    transaction.esmtp = true;
    if (!options_.helo.empty()) TRY(step(Phase::helo, transaction));
    transaction.from = from;
    TRY(step(Phase::mail, transaction));
    for (const std::string& each : options_.to) TRY(add_recipient(each, transaction));
    if (!message.empty()) TRY(judge_message(message, transaction));
    trace_ = session_.message_trace();
    trace_.entries.insert(trace_.entries.end(), refused_.begin(), refused_.end());
    if (!options_.filter.empty())
      std::erase_if(trace_.entries, [&](const auto& entry) { return entry.filter != options_.filter; });
    std::stable_sort(trace_.entries.begin(), trace_.entries.end(),
                     [](const auto& a, const auto& b) { return a.phase < b.phase; });
    return {};
  }

  std::string text(const Screen& screen) const {
    std::string out = exempt_ ? "This client is in limits.exempt: nobody would be asked about it.\n" : "";
    for (const Step& each : steps_) {
      const std::string what = std::string(filter::name_of(each.phase)) +
                               (each.recipient.empty() ? "" : " " + each.recipient) + ": " +
                               std::string(filter::name_of(each.verdict.action));
      out += terminal_safe(what + (each.verdict.reply.empty() ? "" : ", " + each.verdict.reply) +
                           (each.verdict.reason.empty() ? "" : " (" + each.verdict.reason + ")")) +
             "\n";
    }
    return out + "\n" + show_trace(trace_, screen, true);
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
                              {"score", each.verdict.score},
                              {"reply", valid_utf8(each.verdict.reply)},
                              {"reason", valid_utf8(each.verdict.reason)}});
    out["verdicts"] = api::to_json(trace_);
    return json_line(out);
  }

 private:
  /// Of the DNS, or of a file. An answer that no filter would wait for is none here either.
  Result<void> open_world() {
    if (!options_.facts.empty()) {
      const std::string text = TRY(read(options_.facts, dns::Recorded::kMostBytes));
      auto recorded = dns::Recorded::parse(text);
      if (!recorded) return fail(Code::invalid, options_.facts + ": " + recorded.error().what);
      world_.ask_others([recorded = std::move(*recorded)](const std::vector<dns::Question>& questions) {
        std::vector<dns::Answer> answers;
        for (const dns::Question& question : questions) answers.push_back(recorded.answer(question));
        return Result<std::vector<dns::Answer>>(std::move(answers));
      });
      return {};
    }
    DnsSettings settings = config_.dns;
    settings.timeout = std::min(settings.timeout, config_.filter.timeout);
    world_.ask_others(
        [settings](const std::vector<dns::Question>& questions) { return dns::ask_all(settings, questions); });
    return {};
  }

  Result<std::string> message_text() const {
    if (options_.file.empty()) return std::string();
    const std::string text = as_sent(TRY(read(options_.file, config_.mail.max_size)));
    if (text.size() <= config_.mail.max_size) return text;
    return fail(Code::invalid, "'" + options_.file + "' is longer than mail.max_size");
  }

  Result<void> add_recipient(const std::string& text, mail::Transaction& transaction) {
    const std::string& domain = config_.mail.domains.front();
    const bool bare = text.find('@') == std::string::npos;
    const mail::Address address =
        TRY(mail::parse_address(bare ? text + "@" + (domain == "*" ? "localhost" : domain) : text));
    mail::Inbox inbox = TRY(mail::Inbox::of(address, config_.inbox, domain));
    transaction.recipients.push_back({address, std::move(inbox)});
    TRY(step(Phase::rcpt, transaction));
    if (!steps_.back().verdict.refuses()) return {};
    for (filter::TraceEntry& entry : session_.trace().entries)
      if (entry.phase == Phase::rcpt) refused_.push_back(std::move(entry));
    return {};
  }

  Result<void> judge_message(const std::string& message, mail::Transaction& transaction) {
    transaction.data = message.substr(0, mail::scan_headers(message).body);
    TRY(step(Phase::headers, transaction));
    transaction.data = message;
    return step(Phase::message, transaction);
  }

  Result<void> step(Phase phase, const mail::Transaction& transaction) {
    const std::string recipient = phase == Phase::rcpt ? transaction.recipients.back().address.to_string() : "";
    TRY(world_.run(session_, phase, transaction));
    steps_.push_back({phase, recipient, session_.decide()});
    return {};
  }

  const ExplainOptions& options_;
  const Config& config_;
  SystemClock clock_;
  filter::TableWorld world_{clock_};
  filter::Case session_;
  bool exempt_ = false;  // in limits.exempt
  std::vector<Step> steps_;
  std::vector<filter::TraceEntry> refused_;  // what was found of recipients that get no message
  filter::Trace trace_;
};

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
  app.add_option("--facts", options.facts, "Answers of the DNS from this file, one a line, instead of asking.")
      ->type_name("FILE");
  app.add_flag("--json", options.json, "Write one JSON object, schema maildrop.explained/1.");
  one_of(app.add_option("--color", options.colour, "Use colour."), kColours);
  return ip;
}

int explain(std::string_view command, const ExplainOptions& options, const Globals& globals) {
  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  filter::ChainSource source;
  const auto chain = source.make(loaded->config);
  if (!chain) return report(chain.error());
  report_problems(source);
  const auto links = (*chain)->links();
  if (!options.filter.empty() &&
      std::none_of(links.begin(), links.end(), [&](const auto& link) { return link.name == options.filter; }))
    return report(Error{Code::not_found, "there is no filter '" + options.filter + "', or it is off: --set filter." +
                                             options.filter + ".mode=observe"});
  Explanation explanation(options, loaded->config, *chain);
  if (const Result<void> ran = explanation.run(); !ran) return failed(command, ran.error());
  const Screen screen = screen_of(1, options.colour);
  const auto printed = print(1, options.json ? explanation.json() : explanation.text(screen));
  return printed ? exit_ok : (report(printed.error()), exit_io);
}

void report_problems(const filter::ChainSource& source) {
  for (const filter::LuaFolder::Problem& problem : source.problems())
    report(Error{Code::invalid, problem.file + ": " + problem.what});
}

}  // namespace maildrop::cmd
