/// settings.cc: one row per setting. The help here is the manual.
#include "core/settings.h"

#include <algorithm>
#include <array>
#include <limits>

#include "core/message_room.h"
#include "core/setting_rows.h"
#include "core/setting_values.h"
#include "core/text.h"

namespace maildrop {

namespace {

using namespace rows;

void add_mail(std::vector<Setting>& rows) {
  rows.push_back(reloadable(never_empty(
      list_row("mail.domains", MEMBER(mail.domains), parse_domain, as_is, "DOMAIN | [LITERAL] | *, ...",
               "Domains to take mail for; `*` is any. Recipients elsewhere get 550 5.7.1 relaying denied. Nothing is "
               "ever sent on."),
      "all mail would be refused")));
  rows.push_back(
      reloadable(size_row("mail.max_size", {kKiB, 512 * kMiB}, MEMBER(mail.max_size), "1KiB..512MiB",
                          "Bytes of a message, announced as SIZE (RFC 1870). Beyond: 552 5.3.4, at MAIL when "
                          "declared, at the final dot otherwise.")));
  rows.push_back(reloadable(choice_row<MailSettings::Attachments>(
      "mail.attachments",
      {{"strip", MailSettings::Attachments::strip},
       {"keep", MailSettings::Attachments::keep},
       {"reject", MailSettings::Attachments::reject}},
      MEMBER(mail.attachments), "strip | keep | reject",
      "What to do with the parts of a message that are not text, at any depth. `strip` puts a text in place of each "
      "that names its type, file name, size and SHA-256, and leaves all else byte for byte; the field "
      "X-Maildrop-Attachments above our Received says how many. `keep` stores every message exactly as it was sent: "
      "for tests of software that sends files or signs its mail. `reject` refuses such mail: 554 5.6.1. A type is what "
      "its sender says it is: of what is called text only that with NULs is no text. To look takes 2 to 15 ms for each "
      "MiB on the loop of its connection: mind that where mail.max_size is raised.")));
}

void add_inbox(std::vector<Setting>& rows) {
  rows.push_back(reloadable(number_row("inbox.max_messages", {1, 1000}, MEMBER(inbox.max_messages), "1..1000",
                                       "Messages kept in an inbox. The oldest goes when one more comes.")));
  rows.push_back(reloadable(size_row("inbox.max_size", {0, 512 * kGiB}, MEMBER(inbox.max_size), "0..512GiB",
                                     "Bytes of the messages of an inbox together. The oldest go when one more comes; "
                                     "the newest stays. 0: only inbox.max_messages counts.")));
  rows.push_back(reloadable(duration_row("inbox.max_age", {std::chrono::seconds(1), std::chrono::hours(24 * 3650)},
                                         MEMBER(inbox.max_age), "1s..3650d",
                                         "An inbox expires, with all that is in it, that long after it last received a "
                                         "message.")));
  rows.push_back(reloadable(duration_row(
      "inbox.min_age", {Millis(0), std::chrono::hours(24 * 3650)}, MEMBER(inbox.min_age), "0s..3650d",
      "How long a message is kept at least (or inbox.max_age, if that is less), however full the store is: only more "
      "mail to the same inbox takes it away earlier. Older ones make room for new ones, those of the source (an IPv4 "
      "/24, an IPv6 /48) that holds most first; where none is old enough, 452 4.3.1.")));
  rows.push_back(reloadable(choice_row<InboxSettings::Naming>(
      "inbox.naming",
      {{"local", InboxSettings::Naming::local},
       {"full", InboxSettings::Naming::full},
       {"domain", InboxSettings::Naming::domain}},
      MEMBER(inbox.naming), "local | full | domain",
      "What of an address names the inbox: the local part, the whole address, or the domain.")));
  rows.push_back(reloadable(choice_row<InboxSettings::PlusTag>(
      "inbox.plus_tag", {{"strip", InboxSettings::PlusTag::strip}, {"keep", InboxSettings::PlusTag::keep}},
      MEMBER(inbox.plus_tag), "strip | keep", "Whether bob+shop is bob's inbox (strip) or one of its own (keep).")));
  rows.push_back(
      reloadable(list_row("inbox.reserved", MEMBER(inbox.reserved), parse_name, as_is, "NAME, ...",
                          "Inboxes that receive but cannot be read or deleted from over HTTP: mail to these names "
                          "proves ownership of a domain (RFC 2142, CA/B baseline requirements 3.2.2.4.4). The "
                          "command line reads them.")));
  rows.push_back(reloadable(boolean_row(
      "inbox.alias", MEMBER(inbox.alias),
      "Inboxes have aliases, addresses that hide which inbox they are of: see maildrop-alias(1). Needs "
      "inbox.alias_key; with inbox.naming = domain there is nothing to hide. All local parts of `d-` and 30 or more "
      "letters and digits are aliases then, or refused: 550 5.1.1.")));
  rows.push_back(reloadable(secret(text_row(
      "inbox.alias_key", MEMBER(inbox.alias_key), check_alias_keys, "KEY, one a line",
      "The keys of aliases: 64 hexadecimal digits each, as of `openssl rand -hex 32`, 16 of them at most. The first "
      "makes new aliases, those of the others are good all the same, and those of a key that is taken out are refused. "
      "Whoever has a key can read the name in an alias."))));
  rows.push_back(reloadable(secret(text_row(
      "inbox.classic_alias_modifier", MEMBER(inbox.classic_alias_modifier), check_classic_modifier, "DIGITS",
      "For migration: addresses that an older service gave away as aliases (`D-...`) go on working, where this is its "
      "modifier, up to 96 decimal digits in quotes. Whoever knows one such alias and its inbox can reckon all of them, "
      "and many a name of `d-` and letters is one by chance and no inbox any more: see maildrop-alias(1), and empty "
      "this again when the old addresses are no longer used. Empty: there are none."))));
}

void add_store(std::vector<Setting>& rows) {
  rows.push_back(
      text_row("store.url", MEMBER(store.url), check_url, "sqlite: | sqlite:PATH | redis://HOST | memory: | ...",
               "Where messages are kept. `sqlite:` alone is mail.db in the state folder: $STATE_DIRECTORY, "
               "/var/lib/maildrop for root, ~/.local/state/maildrop otherwise. `redis://HOST[:PORT][/DB]`, "
               "`redis+unix:///PATH[?db=DB]` and `redis+sentinel://HOST[:PORT],.../MASTER[/DB]` are a Redis server, "
               "which any number of machines may share. `memory:` forgets all at the end."));
  rows.push_back(
      number_row("store.batch", {1, 10'000}, MEMBER(store.batch), "1..10000",
                 "Messages in one commit, at most. Messages that come while a commit runs share the next one."));
  rows.push_back(duration_row(
      "store.deadline", {std::chrono::milliseconds(100), std::chrono::minutes(1)}, MEMBER(store.deadline), "100ms..1m",
      "How long a received message may wait for its commit. Then 451 4.3.0: the client tries again, "
      "and may then be stored twice, never lost."));
  rows.push_back(size_row("store.max_size", {kMiB, 1024 * 64 * kGiB}, MEMBER(store.max_size), "1MiB..64TiB",
                          "Bytes of the store, SQLite's write-ahead log included; of Redis what maildrop has in "
                          "it, as it reckons. A source (an IPv4 /24, an IPv6 /48) never holds more than is left free: "
                          "then it hears 452 4.3.1, and old mail makes room (inbox.min_age)."));
  rows.push_back(size_row("store.wal_size", {kMiB, 64 * kGiB}, MEMBER(store.wal_size), "1MiB..64GiB",
                          "Bytes of SQLite's write-ahead log before writing pauses to empty it; at most a sixteenth of "
                          "store.max_size. Where a reader keeps it from being emptied, 452 4.3.1 at twice that."));
  rows.push_back(
      number_row("store.compression", {0, 12}, MEMBER(store.compression), "0..12",
                 "Level of zstd, with a dictionary of what mail has in common; while eight or more messages wait for "
                 "their 250 it is level 1. 0: not compressed. What is stored stays as it is."));
  rows.push_back(duration_row("store.statistics_age", {std::chrono::hours(24), std::chrono::hours(24 * 62)},
                              MEMBER(store.statistics_age), "1d..62d",
                              "How long the numbers of an hour are kept: messages, refusals by reason, hits of lists. "
                              "Totals are kept for ever."));
}

void add_redis(std::vector<Setting>& rows) {
  rows.push_back(text_row("redis.username", MEMBER(redis.username), check_any, "NAME",
                          "Who to be for Redis (its ACL). Empty: its default user."));
  rows.push_back(secret(text_row("redis.password", MEMBER(redis.password), check_any, "TEXT",
                                 "The password for Redis. Empty: it asks for none.")));
  rows.push_back(secret(text_row("redis.sentinel_password", MEMBER(redis.sentinel_password), check_any, "TEXT",
                                 "The password for its sentinels. Empty: they ask for none.")));
  rows.push_back(text_row("redis.prefix", MEMBER(redis.prefix), check_prefix, "TEXT",
                          "What all keys begin with, so that others may use the same database."));
  rows.push_back(duration_row(
      "redis.timeout", {std::chrono::milliseconds(50), std::chrono::seconds(30)}, MEMBER(redis.timeout), "50ms..30s",
      "How long Redis may take to answer a batch of messages or a reader, connecting and one more try included, but "
      "not looking up a host's name. Then 451 4.3.0, though the messages may be stored. Below store.deadline, or that "
      "decides."));
  rows.push_back(number_row(
      "redis.wait_replicas", {0, 16}, MEMBER(redis.wait_replicas), "0..16",
      "Replicas that must have a message, too, before it is acknowledged (Redis's WAIT), within half of redis.timeout. "
      "With fewer, 451: the message may be stored all the same, and twice when its sender tries again."));
}

void add_limits(std::vector<Setting>& rows) {
  rows.push_back(reloadable(size_row(
      "limits.memory", {kMiB, 64 * kGiB}, MEMBER(limits.memory), "1MiB..64GiB",
      "Bytes that all messages together may take in memory, from their first byte until they are answered. "
      "Beyond: 452 4.3.1, and the sender tries again. At least twice mail.max_size. While messages come "
      "in, those of one source (an IPv4 address or an IPv6 /64) have a quarter of it, and those of its network "
      "(a /24 or a /48) no more than what is free then, or room for one message if that is more. While "
      "these have three quarters of what there is for them, who is longest at it of the networks that have most gives "
      "his back (421 4.3.1).")));
  rows.push_back(
      reloadable(number_row("limits.connections", kCount, MEMBER(limits.connections), "1..1000000",
                            "SMTP connections at once, in total. Beyond: 421 4.3.2. When nearly all are taken, each "
                            "newcomer gets one of the source that has most. Lowered to what the limit of open files "
                            "allows.")));
  rows.push_back(
      reloadable(number_row("limits.connections_per_ipv4", kCount, MEMBER(limits.connections_per_ipv4), "1..1000000",
                            "SMTP connections at once from one IPv4 address. Beyond: 421 4.7.0.")));
  rows.push_back(
      reloadable(number_row("limits.connections_per_ipv6_64", kCount, MEMBER(limits.connections_per_ipv6_64),
                            "1..1000000", "SMTP connections at once from one IPv6 /64. Beyond: 421 4.7.0.")));
  rows.push_back(reloadable(
      number_row("limits.connections_per_ipv4_24", {0, 1'000'000}, MEMBER(limits.connections_per_ipv4_24), "0..1000000",
                 "SMTP connections at once from one IPv4 /24. Beyond: 421 4.7.0. 0: no cap of its own.")));
  rows.push_back(reloadable(
      number_row("limits.connections_per_ipv6_48", {0, 1'000'000}, MEMBER(limits.connections_per_ipv6_48), "0..1000000",
                 "SMTP connections at once from one IPv6 /48. Beyond: 421 4.7.0. 0: no cap of its own.")));
  rows.push_back(
      reloadable(size_row("limits.command_line", {512, 64 * kKiB}, MEMBER(limits.command_line), "512..64KiB",
                          "Bytes of a command line with its CRLF (RFC 5321 4.5.3.1.4 asks for 512). Beyond: 500.")));
  rows.push_back(
      reloadable(size_row("limits.data_line", {1000, 64 * kMiB}, MEMBER(limits.data_line), "1000..64MiB",
                          "Bytes of a line of a message with its CRLF (RFC 5321 4.5.3.1.6 asks for 1000). Long "
                          "lines are kept as they came. Beyond: 554 5.6.0.")));
  rows.push_back(reloadable(size_row("limits.header_size", {kKiB, 64 * kMiB}, MEMBER(limits.header_size), "1KiB..64MiB",
                                     "Bytes of a message's header. Beyond: 552 5.3.4.")));
  rows.push_back(
      reloadable(size_row("limits.discard_size", {0, 64 * kGiB}, MEMBER(limits.discard_size), "0..64GiB",
                          "Bytes of a refused message that are read on so that the client hears why. Beyond, the "
                          "connection is closed behind the reply.")));
  rows.push_back(
      reloadable(number_row("limits.recipients", {1, 10'000}, MEMBER(limits.recipients), "1..10000",
                            "Inboxes of one message (RFC 5321 4.5.3.1.8 asks for 100). Beyond: 452 4.5.3 for each "
                            "further one.")));
  rows.push_back(reloadable(number_row("limits.recipient_overshoot", {0, 1'000'000}, MEMBER(limits.recipient_overshoot),
                                       "0..1000000",
                                       "RCPT commands of one message beyond limits.recipients, or that name an inbox "
                                       "again, before each of them counts as an error. Senders with more recipients "
                                       "than are taken hear 452 for the others and try again with them.")));
  rows.push_back(reloadable(number_row("limits.errors", kCount, MEMBER(limits.errors), "1..1000000",
                                       "Refused commands in a session. Then 421 4.7.0.")));
  rows.push_back(reloadable(number_row("limits.unknown_commands", kCount, MEMBER(limits.unknown_commands), "1..1000000",
                                       "Unknown commands in a session. Then 421 4.7.0.")));
  rows.push_back(reloadable(number_row("limits.junk_commands", kCount, MEMBER(limits.junk_commands), "1..1000000",
                                       "Commands between two messages that bring none and are no errors: NOOP, RSET, "
                                       "VRFY, HELP, EHLO, XCLIENT, empty chunks, and what is refused by a filter, by "
                                       "flood.message_rate or for memory, or comes behind a MAIL that was. Then 421 "
                                       "4.7.0.")));
  rows.push_back(
      reloadable(number_row("limits.hops", {1, 10'000}, MEMBER(limits.hops), "1..10000",
                            "Received fields of a message (RFC 5321 6.3 asks for at least 100). Beyond: 554 5.4.6, "
                            "a mail loop.")));
  rows.push_back(
      reloadable(number_row("limits.ledger", {10, 10'000'000}, MEMBER(limits.ledger), "10..10000000",
                            "Records of what strangers did, some hundred bytes each: so many in the ledger beside the "
                            "mail (maildrop-storage(7)), and in memory so many of TLS handshakes that failed, and so "
                            "many of rates. One more, and the one used longest ago is forgotten: in the ledger, of the "
                            "space that holds most.")));
  rows.push_back(
      reloadable(networks_row("limits.exempt", MEMBER(limits.exempt),
                              "Networks that skip rates, caps per source and filters; never the limits of size and "
                              "syntax, and never the caps in total.")));
}

void add_rest(std::vector<Setting>& rows) {
  rows.push_back(number_row("service.loops", {0, 256}, MEMBER(service.loops), "0..256",
                            "Threads that serve sockets. 0: one for each core that the process may use."));
  rows.push_back(
      reloadable(duration_row("service.drain_timeout", kTimeout, MEMBER(service.drain_timeout), "1s..24h",
                              "How long transactions in flight may take after TERM; who is left then hears 421 and "
                              "the process ends within two seconds. Keep it below systemd's "
                              "TimeoutStopSec.")));
  rows.push_back(
      mode_row("service.socket_mode", MEMBER(service.socket_mode),
               "Permissions of unix sockets that are made here. To connect, a user must be able to write: 0660 is our "
               "user and our group, so that of a proxy may be added to it."));
  rows.push_back(boolean_row("service.takeover", MEMBER(service.takeover),
                             "Take the place of the maildrop that listens on these addresses, if there is one: its "
                             "sockets pass over, it ends as after TERM, and those who connect meanwhile wait. For an "
                             "upgrade without a refused connection where no systemd holds the sockets. Both run as one "
                             "user (or the new one as root) in one network namespace."));
  rows.push_back(reloadable(
      duration_row("service.takeover_timeout", kTimeout, MEMBER(service.takeover_timeout), "1s..24h",
                   "How long transactions in flight may take when another process takes our place, since whoever "
                   "connects meanwhile waits for them. Who is left then hears 421.")));
}

std::vector<Setting> make_rows() {
  std::vector<Setting> rows;
  add_smtp_sections(rows);
  add_dns(rows);
  add_filters(rows);
  add_api(rows);
  add_admin(rows);
  add_mail(rows);
  add_inbox(rows);
  add_store(rows);
  add_redis(rows);
  add_report(rows);
  add_limits(rows);
  add_log(rows);
  add_rest(rows);
  add_watchdog(rows);
  return rows;
}

/// A filter waits no longer than all of them together.
std::vector<std::pair<std::string_view, std::string>> timeouts_without_effect(const Config& config) {
  constexpr std::string_view kAll = "filter.timeout", kPrefix = "filter.", kSuffix = ".timeout";
  std::vector<std::pair<std::string_view, std::string>> found;
  for (const Setting& setting : settings()) {
    if (!setting.key.starts_with(kPrefix) || !setting.key.ends_with(kSuffix) || setting.key == kAll) continue;
    const std::string value = setting.get(config).front();
    if (*parse_duration(value) <= config.filter.timeout) continue;
    found.emplace_back(setting.key, value + " is more than " + std::string(kAll) + " = " +
                                        format_duration(config.filter.timeout) + ", which ends all lookups");
  }
  return found;
}

}  // namespace

std::span<const Setting> settings() {
  static const std::vector<Setting> rows = make_rows();
  return rows;
}

const Setting* find_setting(std::string_view key) {
  for (const Setting& setting : settings())
    if (setting.key == key) return &setting;
  return nullptr;
}

std::vector<std::pair<std::string_view, std::string>> contradictions(const Config& config) {
  std::vector<std::pair<std::string_view, std::string>> found = timeouts_without_effect(config);
  // A message and what SQLite needs around it, in the file and until old mail is gone, take less than four times its
  // size.
  const std::uint64_t message = config.mail.max_size;
  const auto at_least = [&](std::string_view key, std::uint64_t value, std::uint64_t needed) {
    if (value >= needed) return;
    found.emplace_back(key, format_size(value) + " is too small for mail.max_size = " + format_size(message) +
                                ": a message of that size needs " + format_size(needed));
  };
  at_least("limits.memory", config.limits.memory, memory_for_one(message));
  at_least("store.max_size", config.store.max_size, 4 * message);
  if (config.inbox.max_size != 0) at_least("inbox.max_size", config.inbox.max_size, message);
  // What the API holds while it makes its largest answer of a message; a source has a quarter.
  at_least("api.memory", config.api.memory,
           4 * (kMostGrowth.whole * message + kMostGrowth.text * std::min<std::uint64_t>(message, kMaxShownText)));
  const auto not_below = [&](std::string_view key, unsigned around, std::string_view source_key, unsigned source) {
    if (around == 0 || around >= source) return;
    found.emplace_back(key, std::to_string(around) + " is below " + std::string(source_key) + " = " +
                                std::to_string(source) + ", which is part of it");
  };
  const LimitSettings& limits = config.limits;
  not_below("limits.connections_per_ipv4_24", limits.connections_per_ipv4_24, "limits.connections_per_ipv4",
            limits.connections_per_ipv4);
  not_below("limits.connections_per_ipv6_48", limits.connections_per_ipv6_48, "limits.connections_per_ipv6_64",
            limits.connections_per_ipv6_64);
  if (config.watchdog.max_backoff < config.watchdog.backoff)
    found.emplace_back("watchdog.max_backoff",
                       format_duration(config.watchdog.max_backoff) +
                           " is below watchdog.backoff = " + format_duration(config.watchdog.backoff));
  if (config.inbox.alias && config.inbox.naming == InboxSettings::Naming::domain)
    found.emplace_back("inbox.alias", "hides nothing with inbox.naming = domain, where an address tells its inbox");
  if (!config.inbox.classic_alias_modifier.empty() && config.inbox.naming == InboxSettings::Naming::domain)
    found.emplace_back("inbox.classic_alias_modifier",
                       "is of no use with inbox.naming = domain: old aliases tell none");
  for (const Endpoint& each : config.admin.listen)
    if (each.kind == Endpoint::Kind::ip && config.admin.token.empty())
      found.emplace_back("admin.listen",
                         each.to_string() + " is open to all users of this machine, and needs admin.token");
  const auto is_path = [](const Endpoint& each) { return each.kind == Endpoint::Kind::unix_path; };
  if ((config.admin.socket_mode & 0002) != 0 && config.admin.token.empty() &&
      std::any_of(config.admin.listen.begin(), config.admin.listen.end(), is_path))
    found.emplace_back("admin.socket_mode", "it lets all users of this machine connect, and needs admin.token");
  if (!config.log.file.empty() && config.log.file == config.report.file)
    found.emplace_back("log.file", "is report.file: each is moved aside by itself when it is full");
  const std::size_t certificates = config.tls.certificates.size();
  const std::size_t keys = config.tls.keys.size();
  if (keys != 0 && keys != certificates)
    found.emplace_back("tls.keys", std::to_string(keys) + " for " + std::to_string(certificates) + " tls.certificates");
  const auto is_certain = [](const Endpoint& each) { return !each.optional; };
  const auto& tls_first = config.smtp.listen_tls;
  if (std::any_of(tls_first.begin(), tls_first.end(), is_certain) && certificates == 0 && !config.tls.self_signed)
    found.emplace_back("smtp.listen_tls", "needs tls.certificates or tls.self_signed");
  return found;
}

std::string environment_name(std::string_view key) {
  std::string name = "MAILDROP_";
  for (const char c : key) name += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return name;
}

}  // namespace maildrop
