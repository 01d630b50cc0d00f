/// explain.cc: maildrop explain: what the filters would find, and why, of a transaction that somebody makes up.
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
#include "filter/filters.h"
#include "help.h"
#include "json_line.h"
#include "mail/headers.h"
#include "show_trace.h"
#include "store/memory_ledger.h"
#include "terminal.h"

namespace maildrop::cmd {
namespace {

using filter::Phase;

constexpr std::string_view kExplainExamples =
    "maildrop explain --ip 192.0.2.1 --helo mail.example.com --from a@example.com --to bob message.eml\n"
    "maildrop explain --ip 192.0.2.1 --set filter.access.deny=192.0.2.0/24\n"
    "maildrop explain --ip 192.0.2.1 --facts facts.txt --json";

constexpr std::size_t kMostRecords = 10'000;  // of the ledger that it begins with empty

struct ExplainOptions {
  std::string ip, helo, from, file, facts, colour = "auto";
  std::vector<std::string> to;
  bool json = false;
};

/// Facts of the DNS or of a file, and a ledger in which nothing has happened yet.
class World {
 public:
  /// An answer that no filter would wait for is none here either.
  World(const Config& config, std::optional<dns::Recorded> recorded)
      : settings_(config.dns),
        recorded_(std::move(recorded)),
        ledger_(store::make_memory_ledger(clock_, kMostRecords)) {
    settings_.timeout = std::min(settings_.timeout, config.filter.timeout);
  }

  Result<filter::Verdict> judge(filter::Case& session, Phase phase, const mail::Transaction& transaction) {
    session.begin(phase, transaction);
    while (!session.advance()) {
      const std::vector<dns::Question> questions = session.take_questions();
      const std::vector<dns::Answer> answers = TRY(ask(questions));
      for (std::size_t i = 0; i < questions.size(); ++i) session.know(questions[i], answers[i]);
      for (const filter::Knowledge::Errand* errand : session.take_errands())
        session.know(errand->number, ledger_->run(errand->operation));
    }
    return session.decide();
  }

  const Clock& clock() const { return clock_; }

 private:
  Result<std::vector<dns::Answer>> ask(const std::vector<dns::Question>& questions) const {
    if (!recorded_) return dns::ask_all(settings_, questions);
    std::vector<dns::Answer> answers;
    for (const dns::Question& question : questions) answers.push_back(recorded_->answer(question));
    return answers;
  }

  DnsSettings settings_;
  std::optional<dns::Recorded> recorded_;
  SystemClock clock_;
  std::unique_ptr<store::Ledger> ledger_;
};

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
  Explanation(const ExplainOptions& options, const Config& config, World& world,
              std::shared_ptr<const filter::Chain> chain)
      : options_(options), config_(config), world_(world), session_(std::move(chain), world.clock()) {}

  Result<void> run() {
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
    steps_.push_back({phase, recipient, TRY(world_.judge(session_, phase, transaction))});
    return {};
  }

  const ExplainOptions& options_;
  const Config& config_;
  World& world_;
  filter::Case session_;
  bool exempt_ = false;  // in limits.exempt
  std::vector<Step> steps_;
  std::vector<filter::TraceEntry> refused_;  // what was found of recipients that get no message
  filter::Trace trace_;
};

Result<std::optional<dns::Recorded>> facts_of(const std::string& path) {
  if (path.empty()) return std::optional<dns::Recorded>();
  const std::string text = TRY(read(path, dns::Recorded::kMostBytes));
  auto recorded = dns::Recorded::parse(text);
  if (!recorded) return fail(Code::invalid, path + ": " + recorded.error().what);
  return std::optional<dns::Recorded>(std::move(*recorded));
}

/// What is invalid was written by who runs us.
int failed(const Error& error) {
  return error.code == Code::invalid ? usage_error("explain", error.what) : report(error);
}

int run_explain(const ExplainOptions& options, const Globals& globals) {
  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  auto chain = filter::Chain::make(loaded->config, filter::filter_kinds());
  if (!chain) return report(chain.error());
  auto facts = facts_of(options.facts);
  if (!facts) return failed(facts.error());
  World world(loaded->config, std::move(*facts));
  Explanation explanation(options, loaded->config, world, std::move(*chain));
  if (const Result<void> ran = explanation.run(); !ran) return failed(ran.error());
  const Screen screen = screen_of(1, options.colour);
  const auto printed = print(1, options.json ? explanation.json() : explanation.text(screen));
  return printed ? exit_ok : (report(printed.error()), exit_io);
}

std::function<int()> declare_explain(CLI::App& app, const Globals& globals) {
  auto options = std::make_shared<ExplainOptions>();
  app.add_option("file", options->file, "The message; - is standard input. Without it nobody is asked about one.")
      ->type_name("FILE");
  app.add_option("--ip", options->ip, "The address of the client.")->required()->type_name("ADDRESS");
  app.add_option("--helo", options->helo, "What it calls itself.")->type_name("NAME");
  app.add_option("--from", options->from, "The sender. Without it: <>.")->type_name("ADDRESS");
  app.add_option("--to", options->to, "A recipient, or an inbox; may be given several times.")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  app.add_option("--facts", options->facts, "Answers of the DNS from this file, one a line, instead of asking.")
      ->type_name("FILE");
  app.add_flag("--json", options->json, "Write one JSON object, schema maildrop.explained/1.");
  one_of(app.add_option("--color", options->colour, "Use colour."), kColours);
  return [options, &globals] { return run_explain(*options, globals); };
}

}  // namespace

extern const Command explain_command{"explain", "Tell what filters find of a transaction, and why.", declare_explain,
                                     false, kExplainExamples};

}  // namespace maildrop::cmd
