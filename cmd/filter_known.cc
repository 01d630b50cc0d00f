/// filter_known.cc: maildrop filter known: what filters keep of a client in the ledger, and forgetting it.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/text.h"
#include "filter.h"
#include "filter/known.h"
#include "local_store.h"
#include "terminal.h"

namespace maildrop::cmd {
namespace {

using store::Operation;

constexpr std::string_view kKnownExamples =
    "maildrop filter known 192.0.2.1\n"
    "maildrop filter known 192.0.2.1 --forget\n"
    "maildrop filter known mail.example.com";

/// Who has one forgotten evicts no other, whatever his limits.ledger.
constexpr std::size_t kNoLimit = std::numeric_limits<std::int64_t>::max();

/// Empty: nothing is kept.
std::string line_of(const filter::KnownItem& item, const std::vector<store::Answer>& answers) {
  const std::string begin = item.filter + ": ";
  if (!item.score) {
    const store::Answer& record = answers.front();
    return record.found
               ? begin + item.what + ", since " + rfc3339(record.since) + " until " + rfc3339(record.until) + "\n"
               : "";
  }
  const auto bad = std::max<std::int64_t>(0, answers[0].sum), good = std::max<std::int64_t>(0, answers[1].sum);
  if (bad == 0 && good == 0) return "";
  return begin + std::to_string(bad) + " bad and " + std::to_string(good) + " good sessions of the " + item.what +
         " in the last " + format_duration(item.asks.front().time) + ", which score " +
         format_number(std::round(item.score(good, bad) * 100) / 100) + "\n";
}

int nothing_known() { return print(1, "nothing is known\n") ? exit_nothing : exit_io; }

}  // namespace

CLI::App* declare_filter_known(CLI::App& app, KnownOptions& options) {
  CLI::App* sub = app.add_subcommand("known", "Tell what filters remember of a client.");
  sub->footer(std::string(kKnownExamples));
  sub->add_option("who", options.who, "Its address, or its host name.")->required()->type_name("WHO");
  sub->add_flag("--forget", options.forget, "Forget it, too.");
  return sub;
}

int run_filter_known(const Globals& globals, const KnownOptions& options) {
  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  const SystemClock clock;
  auto how = local_options(*loaded, globals, clock, options.forget ? store::Role::writer : store::Role::reader);
  if (!how) return how.error();
  how->ledger = kNoLimit;
  const auto ledger = store::open_ledger(*how);
  if (!ledger) return report(ledger.error());
  std::string out;
  for (const filter::KnownItem& item : filter::known_items(options.who, loaded->config)) {
    std::vector<store::Answer> answers;
    for (const Operation& ask : item.asks) {
      const Result<store::Answer> answer = (*ledger)->run(ask);
      if (!answer && answer.error().code == Code::not_found) return nothing_known();
      if (!answer) return report(answer.error());
      answers.push_back(*answer);
    }
    const std::string line = line_of(item, answers);
    out += terminal_safe(line, Lines::many);
    for (std::size_t i = 0; i < answers.size() && options.forget && !line.empty(); ++i)
      if (const auto done = (*ledger)->run(filter::forgetting(item.asks[i], answers[i])); !done)
        return report(done.error());
  }
  if (out.empty()) return nothing_known();
  const Result<void> printed = print(1, options.forget ? out + "forgotten\n" : out);
  return printed ? exit_ok : (report(printed.error()), exit_io);
}

}  // namespace maildrop::cmd
