/// filter_known.cc: maildrop filter known: what filters keep of a client in the ledger, and forgetting it.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/text.h"
#include "filter.h"
#include "filter/remembered.h"
#include "filter/reputation.h"
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

/// One thing that is kept: a record, or the sums of bad and good sessions.
struct Item {
  std::string filter;
  std::string what;
  std::vector<Operation> asks;
  double (*score)(std::int64_t good, std::int64_t bad) = nullptr;
};

Item record(std::string filter, std::string what, std::string_view space, const std::string& key) {
  return {std::move(filter), std::move(what), {Operation::get(space, key)}};
}

/// Who is no address is a host.
std::vector<Item> items_of(const std::string& who, const Config& config) {
  const Result<IpAddress> address = IpAddress::parse(who);
  if (!address) return {record("greylist", "came again, as " + who, filter::kKnownSpace, filter::known_host_key(who))};
  const Millis window = config.filter.reputation.window;
  const auto sums = [window](const char* whose, const std::string& of, double (*score)(std::int64_t, std::int64_t)) {
    return Item{"reputation",
                whose,
                {Operation::add(filter::kBadSpace, of, 0, window), Operation::add(filter::kGoodSpace, of, 0, window)},
                score};
  };
  const std::string key = filter::address_key(*address), network = filter::network_key(*address);
  return {record("verdict_cache", "was refused for good", filter::kVerdictSpace, key),
          sums("address", key, filter::score_of_address), sums("network", network, filter::score_of_network),
          record("greylist", "came again", filter::kKnownSpace, filter::known_network_key(*address))};
}

/// Empty: nothing is kept.
std::string line_of(const Item& item, const std::vector<store::Answer>& answers) {
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

Operation forgetting(const Operation& ask, const store::Answer& answer) {
  if (ask.kind == Operation::Kind::get) return Operation::remove(ask.space, ask.key);
  return Operation::add(ask.space, ask.key, -answer.sum, ask.time);
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
  for (const Item& item : items_of(options.who, loaded->config)) {
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
      if (const auto done = (*ledger)->run(forgetting(item.asks[i], answers[i])); !done) return report(done.error());
  }
  if (out.empty()) return nothing_known();
  const Result<void> printed = print(1, options.forget ? out + "forgotten\n" : out);
  return printed ? exit_ok : (report(printed.error()), exit_io);
}

}  // namespace maildrop::cmd
