/// purge.cc: maildrop purge: options, and what of them makes no sense. The work is in purge_run.cc.
#include "purge.h"

#include <algorithm>

#include "command.h"
#include "core/text.h"
#include "help.h"
#include "local_store.h"

namespace maildrop::cmd {
namespace {

constexpr std::string_view kPurgeExamples =
    "maildrop purge --older 7d                    # counts, asks, removes\n"
    "maildrop purge bob eve --yes                 # all that these two have\n"
    "maildrop purge --source 192.0.2.0/24 --match 'subject=*invoice*' -n";

/// What is wrong with this combination; empty: nothing.
std::string objection(const PurgeOptions& options) {
  const bool some = !options.names.empty() || options.has_condition();
  if (options.all && some) return "--all takes every message there is: it goes with no NAME and no condition";
  if (!options.all && !some)
    return "what is to go? Give inboxes, conditions (--older, --match, --source, --larger, --over-quota), or --all";
  if (options.dry_run && options.yes) return "-n removes nothing: --yes has nothing to say yes to";
  return "";
}

int run(const PurgeOptions& options, const Globals& globals) {
  const std::string wrong = objection(options);
  if (!wrong.empty()) return usage_error("purge", wrong);
  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  std::vector<std::string> names;
  for (const std::string& typed : options.names) {
    const auto inbox = inbox_named(typed, loaded->config.inbox);
    if (!inbox) return inbox.error();
    names.push_back(inbox->name());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const SystemClock clock;
  const auto local = open_local_store(*loaded, globals, clock);
  return local ? PurgeRun(options, names, *local->store, clock).main() : local.error();
}

/// An error of the parser is one of the option's.
template <class Parse>
CLI::Option* checked(CLI::Option* option, const char* type, Parse parse) {
  const auto check = [parse](std::string& value) {
    const auto parsed = parse(value);
    return parsed ? std::string() : parsed.error().what;
  };
  return option->type_name(type)->check(CLI::Validator(check, ""));
}

std::function<int()> declare_purge(CLI::App& app, const Globals& globals) {
  auto o = std::make_shared<PurgeOptions>();
  app.add_option("NAME", o->names, "The inboxes: bob, or bob@example.org. Without one, all of the store.");
  checked(app.add_option("--older", o->older, "Only what was received so long ago or longer."), "AGE",
          [](const std::string& value) { return parse_duration(value); });
  checked(app.add_option("--match", o->matches,
                         "Only where FIELD (from, to, header_from, subject, helo or peer) fits GLOB: * is any text, "
                         "? one character. May be repeated: all have to fit."),
          "FIELD=GLOB", [](const std::string& value) { return store::FieldMatch::parse(value); })
      ->allow_extra_args(false);
  checked(app.add_option("--source", o->source, "Only what a client of this network sent: 192.0.2.0/24."), "CIDR",
          [](const std::string& value) { return Network::parse(value); });
  checked(app.add_option("--larger", o->larger, "Only messages larger than this: 100KiB."), "SIZE",
          [](const std::string& value) { return parse_size(value); });
  app.add_flag("--over-quota", o->over_quota,
               "Only what has expired, or is above inbox.max_messages or inbox.max_size as they are now.");
  app.add_flag("--all", o->all, "Every message of every inbox.");
  app.add_flag("-n,--dry-run", o->dry_run, "Count, and remove nothing.");
  app.add_flag("--yes", o->yes, "Remove without a question.");
  app.add_flag("--json", o->json, "Write one JSON object, schema maildrop.purged/1.");
  return [o, &globals] { return run(*o, globals); };
}

}  // namespace

extern const Command purge_command{"purge", "Remove messages from the store, chosen by inbox, age, content, or all.",
                                   declare_purge, false, kPurgeExamples};

}  // namespace maildrop::cmd
