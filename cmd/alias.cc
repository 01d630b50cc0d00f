/// alias.cc: maildrop alias: an address that hides its inbox, and whose such an address is.
#include "mail/alias.h"

#include <memory>

#include "command.h"
#include "core/text.h"
#include "json_line.h"
#include "local_store.h"
#include "terminal.h"

namespace maildrop::cmd {
namespace {

constexpr std::string_view kAliasExamples =
    "maildrop alias bob\n"
    "maildrop alias bob --expires=7d\n"
    "maildrop alias --explain d-3ft7weaqxpqb459zsryptyryyypxaq23";

struct AliasOptions {
  std::string name;
  std::string expires;
  bool classic = false;
  bool explain = false;
  bool json = false;
};

int print_out(const std::string& text) {
  const auto printed = print(1, text);
  return printed ? exit_ok : (report(printed.error()), exit_io);
}

Json time_or_null(std::optional<Time> time) { return time ? Json(rfc3339(*time)) : Json(nullptr); }

int make_alias(const AliasOptions& options, const mail::Aliases& aliases, const mail::Inbox& inbox, Time now) {
  std::optional<Time> expires;
  if (!options.expires.empty()) expires = now + *parse_duration(options.expires);
  const auto alias = options.classic ? aliases.make_classic_alias(inbox) : aliases.make_alias(inbox, expires);
  if (!alias) {
    report({Code::invalid, "no alias for '" + inbox.name() + "': " + alias.error().what});
    return exit_no_name;
  }
  if (!options.json) return print_out(terminal_safe(alias->name()) + "\n");
  return print_out(json_line(Json{{"schema", "maildrop.alias/1"},
                                  {"alias", alias->name()},
                                  {"inbox", inbox.name()},
                                  {"classic", options.classic},
                                  {"expires", time_or_null(aliases.open(*alias)->expires)}}));
}

std::string as_text(const mail::Aliases::Opened& opened, std::size_t keys, Time now) {
  std::string out = "inbox    " + terminal_safe(opened.inbox.name()) + "\n";
  if (opened.classic) return out + "key      none: a classic one, by inbox.classic_alias_modifier\nexpires  never\n";
  out += "key      " + std::to_string(opened.key + 1) + " of " + std::to_string(keys) + ", id " +
         std::to_string(opened.key_id) + (opened.key == 0 ? ", which makes new ones\n" : "\n");
  if (!opened.expires) return out + "expires  never\n";
  const bool past = *opened.expires <= now;
  const auto away = past ? now - *opened.expires : *opened.expires - now;
  return out + (past ? "expired  " : "expires  ") + rfc3339(*opened.expires) + (past ? ", " : ", in ") +
         format_age(away) + (past ? " ago\n" : "\n");
}

int explain_alias(const AliasOptions& options, const mail::Aliases& aliases, const mail::Inbox& alias, Time now) {
  const auto opened = aliases.open(alias);
  if (!opened) {
    report({Code::not_found, "'" + alias.name() + "' is no alias of an inbox: " + opened.error().what});
    return exit_nothing;
  }
  const bool expired = opened->expires && *opened->expires <= now;
  const auto if_keyed = [&](std::size_t number) { return opened->classic ? Json(nullptr) : Json(number); };
  const int printed = print_out(options.json ? json_line(Json{{"schema", "maildrop.alias/1"},
                                                              {"alias", alias.name()},
                                                              {"inbox", opened->inbox.name()},
                                                              {"classic", opened->classic},
                                                              {"key", if_keyed(opened->key + 1)},
                                                              {"key_id", if_keyed(opened->key_id)},
                                                              {"expires", time_or_null(opened->expires)},
                                                              {"expired", expired}})
                                             : as_text(*opened, aliases.keys(), now));
  return printed == exit_ok && expired ? exit_nothing : printed;
}

int run(const AliasOptions& options, const Globals& globals) {
  if (options.explain && !options.expires.empty()) return usage_error("alias", "--expires is for a new one");
  if (options.explain && options.classic) return usage_error("alias", "--explain knows classic aliases by itself");
  if (options.classic && !options.expires.empty()) return usage_error("alias", "classic aliases do not expire");
  const auto loaded = load(globals);
  if (!loaded) return loaded.error();
  const InboxSettings& settings = loaded->config.inbox;
  if (options.classic && settings.classic_alias_modifier.empty())
    return report({Code::invalid, "classic aliases are off (inbox.classic_alias_modifier)"}), exit_config;
  if (!options.classic && !options.explain && !settings.alias)
    return report({Code::invalid, "aliases are off (inbox.alias)"}), exit_config;
  const auto aliases = mail::Aliases::make(settings);
  if (!aliases) return report(aliases.error()), exit_config;
  const auto inbox = inbox_named(options.name, settings);
  if (!inbox) return inbox.error();
  const Time now = SystemClock().now();
  return options.explain ? explain_alias(options, *aliases, *inbox, now) : make_alias(options, *aliases, *inbox, now);
}

CLI::Option* lifetime(CLI::Option* option) {
  const auto check = [](std::string& value) {
    const auto parsed = parse_duration(value);
    if (!parsed) return parsed.error().what;
    const bool fits = *parsed > Millis(0) && *parsed <= mail::Aliases::kLongest;
    return fits ? std::string() : "'" + value + "' is not more than 0s and up to 3650d";
  };
  return option->type_name("TIME")->check(CLI::Validator(check, ""));
}

std::function<int()> declare_alias(CLI::App& app, const Globals& globals) {
  auto o = std::make_shared<AliasOptions>();
  app.add_option("NAME", o->name, "The inbox: bob, or bob@example.org. With --explain the alias.")->required();
  lifetime(app.add_option("--expires", o->expires,
                          "Refuse its mail after that time, at the next midnight (UTC); without this, never."));
  app.add_flag("--classic", o->classic,
               "Print the alias that the service of inbox.classic_alias_modifier gave; it hides nothing.");
  app.add_flag("--explain", o->explain, "Tell which inbox it is of, by which key, and until when.");
  app.add_flag("--json", o->json, "Write one JSON object, schema maildrop.alias/1.");
  return [o, &globals] { return run(*o, globals); };
}

}  // namespace

extern const Command alias_command{"alias", "Make an address that hides its inbox, or tell whose one is.",
                                   declare_alias, false, kAliasExamples};

}  // namespace maildrop::cmd
