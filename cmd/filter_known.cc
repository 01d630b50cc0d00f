/// filter_known.cc: maildrop filter known: what filters keep of a client in the ledger, and forgetting it.
#include <algorithm>
#include <vector>

#include "core/text.h"
#include "filter.h"
#include "filter/remembered.h"
#include "local_store.h"
#include "terminal.h"

namespace maildrop::cmd {
namespace {

using store::Operation;

constexpr std::string_view kKnownExamples =
    "maildrop filter known 192.0.2.1\n"
    "maildrop filter known 192.0.2.1 --forget\n"
    "maildrop filter known mail.example.com";

/// One thing that is kept: a record, or a sum.
struct Item {
  std::string filter;
  std::string what;
  Operation ask;
};

Item record(std::string filter, std::string what, std::string_view space, const std::string& key) {
  return {std::move(filter), std::move(what), Operation::get(space, key)};
}

Item sum(std::string what, std::string_view space, const std::string& key, Millis window) {
  return {"reputation", std::move(what), Operation::add(space, key, 0, window)};
}

/// Who is no address is a host.
std::vector<Item> items_of(const std::string& who, const Config& config) {
  const Result<IpAddress> address = IpAddress::parse(who);
  if (!address) return {record("greylist", "came again, as " + who, filter::kKnownSpace, filter::known_host_key(who))};
  const Millis window = config.filter.reputation.window;
  const std::string key = filter::address_key(*address), network = filter::network_key(*address);
  return {record("verdict_cache", "was refused for good", filter::kVerdictSpace, key),
          sum("bad sessions of the address", filter::kBadSpace, key, window),
          sum("good sessions of the address", filter::kGoodSpace, key, window),
          sum("bad sessions of the network", filter::kBadSpace, network, window),
          sum("good sessions of the network", filter::kGoodSpace, network, window),
          record("greylist", "came again", filter::kKnownSpace, filter::known_network_key(*address))};
}

/// Empty: nothing is kept.
std::string line_of(const Item& item, const store::Answer& answer) {
  const std::string begin = item.filter + ": ";
  if (item.ask.kind == Operation::Kind::add)
    return answer.sum <= 0 ? "" : begin + std::to_string(answer.sum) + " " + item.what + "\n";
  return answer.found
             ? begin + item.what + ", since " + rfc3339(answer.since) + " until " + rfc3339(answer.until) + "\n"
             : "";
}

Operation forgetting(const Item& item, const store::Answer& answer) {
  if (item.ask.kind == Operation::Kind::get) return Operation::remove(item.ask.space, item.ask.key);
  return Operation::add(item.ask.space, item.ask.key, -answer.sum, item.ask.time);
}

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
  const auto how = local_options(*loaded, globals, clock);
  if (!how) return how.error();
  const auto ledger = store::open_ledger(*how);
  if (!ledger) return report(ledger.error());
  std::string out;
  for (const Item& item : items_of(options.who, loaded->config)) {
    const Result<store::Answer> answer = (*ledger)->run(item.ask);
    if (!answer) return report(answer.error());
    const std::string line = line_of(item, *answer);
    if (line.empty()) continue;
    out += terminal_safe(line, Lines::many);
    if (!options.forget) continue;
    if (const auto done = (*ledger)->run(forgetting(item, *answer)); !done) return report(done.error());
  }
  if (out.empty()) return print(1, "nothing is known\n") ? exit_nothing : exit_io;
  const Result<void> printed = print(1, options.forget ? out + "forgotten\n" : out);
  return printed ? exit_ok : (report(printed.error()), exit_io);
}

}  // namespace maildrop::cmd
