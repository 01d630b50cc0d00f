/// settings_filters.cc: the rows of what filters are worth, and of each filter.
#include <chrono>
#include <deque>
#include <utility>

#include "core/filter_rows.h"

namespace maildrop::rows {

namespace {

constexpr Range<double> kThreshold{0, 1000};
constexpr std::chrono::hours kHour{1};
constexpr Range<unsigned> kLists{0, 100};

std::string_view kept(std::string text) {
  static std::deque<std::string> texts;
  return texts.emplace_back(std::move(text));
}

void add_scoring(std::vector<Setting>& rows) {
  using DecideAt = FilterSettings::DecideAt;
  rows.push_back(reloadable(decimal_row("filter.tag", kThreshold, MEMBER(filter.tag), "0..1000",
                                        "A message whose scores sum up to that is marked as spam. 0: none is.")));
  rows.push_back(reloadable(
      decimal_row("filter.quarantine", kThreshold, MEMBER(filter.quarantine), "0..1000",
                  "A message with that sum is kept where lists do not show it unless they are asked to. 0: none is.")));
  rows.push_back(
      reloadable(decimal_row("filter.defer", kThreshold, MEMBER(filter.defer), "0..1000",
                             "With that sum the client is told to come again later (450 4.7.1). 0: nobody is.")));
  rows.push_back(reloadable(decimal_row("filter.reject", kThreshold, MEMBER(filter.reject), "0..1000",
                                        "With that sum a recipient or message is refused (550 5.7.1). 0: none is.")));
  rows.push_back(reloadable(choice_row<DecideAt>(
      "filter.decide_at", {{"phase", DecideAt::phase}, {"rcpt", DecideAt::rcpt}, {"message", DecideAt::message}},
      MEMBER(filter.decide_at), "phase | rcpt | message",
      "When a client hears that it is refused: as soon as that is known, not before RCPT, so that the log has sender "
      "and recipient, or not before the end of the message, so that all filters have seen all of it. What is found "
      "of a recipient is said at RCPT in any case, and a filter's `disconnect` acts at once.")));
  rows.push_back(
      reloadable(duration_row("filter.timeout", {Millis(100), Millis(1800)}, MEMBER(filter.timeout), "100ms..1800ms",
                              "How long all lookups of a phase may take together. Filters whose answers have not come "
                              "by then go on without.")));
  rows.push_back(
      reloadable(size_row("filter.memory", {64 * kKiB, 64 * kGiB}, MEMBER(filter.memory), "64KiB..64GiB",
                          "Bytes of the answers of the DNS that sessions hold while they last, at most 512 KiB "
                          "each, and of what they ask services, at most 1 MiB while it is asked; all together, and "
                          "an eighth of it those of one IPv4 address or IPv6 /64. Beyond, an answer counts as none.")));
  rows.push_back(reloadable(
      boolean_row("filter.authentication_results", MEMBER(filter.authentication_results),
                  "Whether what filters found of SPF, DKIM and DMARC is written before the message as an "
                  "Authentication-Results field (RFC 8601), and what others have written there in our name removed.")));
  rows.push_back(reloadable(text_row(
      "filter.shadow", MEMBER(filter.shadow), check_path, "PATH",
      "A configuration whose filters judge all mail beside those in force, and change nothing: what would have come of "
      "it is kept with each message and reported, see maildrop-report(1). Its file is read alone, without environment "
      "and --set; of it only what begins with filter. counts. Its filters cost what they do once more, in time and in "
      "filter.memory.")));
}

void add_access(std::vector<Setting>& rows) {
  using Action = AccessFilter::Action;
  constexpr std::string_view kPatterns = "NETWORK | client:NAME | helo:NAME | from:ADDRESS | to:ADDRESS, ...";
  add_use(rows, "access", [](Config& config) -> FilterUse& { return config.filter.access; });
  rows.push_back(reloadable(list_row(
      "filter.access.allow", MEMBER(filter.access.allow), parse_element, as_is, kPatterns,
      "Whom no filter refuses: networks of clients, their confirmed host names, what they call themselves, senders, "
      "recipients. `client:.example.com` is what is below that name, `from:@example.com` all of a domain, "
      "`helo:/^ylmf-pc$/` a regular expression. One who allows a recipient speaks for a message only where all its "
      "recipients are allowed.")));
  rows.push_back(reloadable(list_row("filter.access.deny", MEMBER(filter.access.deny), parse_element, as_is, kPatterns,
                                     "Whom it refuses; filter.access.allow goes before it.")));
  rows.push_back(
      reloadable(choice_row<Action>("filter.access.action",
                                    {{"reject", Action::reject},
                                     {"defer", Action::defer},
                                     {"discard", Action::discard},
                                     {"disconnect", Action::disconnect}},
                                    MEMBER(filter.access.action), "reject | defer | discard | disconnect",
                                    "What becomes of who is denied. `discard` takes the message and drops it.")));
}

void add_verdict_cache(std::vector<Setting>& rows) {
  add_use(rows, "verdict_cache", [](Config& config) -> FilterUse& { return config.filter.verdict_cache; });
  rows.push_back(reloadable(duration_row("filter.verdict_cache.lifetime", {std::chrono::seconds(1), kHour},
                                         MEMBER(filter.verdict_cache.lifetime), "1s..1h",
                                         "How long a client that was refused for good is refused without more ado.")));
}

void add_reputation(std::vector<Setting>& rows) {
  add_use(rows, "reputation", [](Config& config) -> FilterUse& { return config.filter.reputation; });
  rows.push_back(reloadable(
      duration_row("filter.reputation.window", {kHour, 24 * 50 * kHour}, MEMBER(filter.reputation.window), "1h..50d",
                   "How long what clients did counts in full. Then it fades, and is forgotten after twice as long.")));
}

void add_early_talker(std::vector<Setting>& rows) {
  add_use(rows, "early_talker", [](Config& config) -> FilterUse& { return config.filter.early_talker; });
  rows.push_back(reloadable(duration_row(
      "filter.early_talker.wait", {Millis(0), std::chrono::seconds(30)}, MEMBER(filter.early_talker.wait), "0..30s",
      "How long clients wait for the greeting, so that those who do not wait show themselves. It is a pause as those "
      "of flood.*, and of no effect where flood.held connections wait already.")));
}

void add_spf(std::vector<Setting>& rows) {
  add_use(rows, "spf", [](Config& config) -> FilterUse& { return config.filter.spf; });
  rows.push_back(reloadable(number_row(
      "filter.spf.most_void_lookups", {0, 10}, MEMBER(filter.spf.most_void_lookups), "0..10",
      "How many names that are not there, or have no such record, a policy may have looked up. With more it counts as "
      "broken: permerror (RFC 7208 4.6.4).")));
}

void add_dnsbl(std::vector<Setting>& rows) {
  add_use(rows, "dnsbl", [](Config& config) -> FilterUse& { return config.filter.dnsbl; });
  rows.push_back(reloadable(list_row(
      "filter.dnsbl.lists", MEMBER(filter.dnsbl.lists), parse_element, as_is, "ZONE[/CODES][=SCORE], ...",
      "Lists of addresses in the DNS, and what it scores to be listed: 3 where nothing is said, below 0 for a list of "
      "good senders. With CODES (`127.0.0.2`, `127.0.0.2-11`, `127.0.*.3`) only these answers count; several elements "
      "of one zone are one question. Read the terms of a list before it is named here.")));
  rows.push_back(reloadable(
      number_row("filter.dnsbl.reject_at", kLists, MEMBER(filter.dnsbl.reject_at), "0..100",
                 "A client that so many lists of bad senders have is refused, with mode = enforce. 0: none is.")));
}

}  // namespace

Result<std::string> parse_element(const std::string& text) {
  constexpr std::size_t kLongest = 1000;  // bytes
  if (!text.empty() && text.size() <= kLongest) return text;
  return fail(Code::invalid, "is empty or longer than " + std::to_string(kLongest) + " bytes");
}

std::string_view filter_key(std::string_view filter, std::string_view name) {
  return kept("filter." + std::string(filter) + "." + std::string(name));
}

std::string_view choices(std::span<const std::string_view> names) {
  std::string text;
  for (const std::string_view name : names) text.append(text.empty() ? "" : " | ").append(name);
  return kept(std::move(text));
}

void add_filters(std::vector<Setting>& rows) {
  add_scoring(rows);
  add_access(rows);
  add_verdict_cache(rows);
  add_place(rows);
  add_tcp(rows);
  add_reputation(rows);
  add_early_talker(rows);
  add_use(rows, "fcrdns", [](Config& config) -> FilterUse& { return config.filter.fcrdns; });
  add_dnsbl(rows);
  add_use(rows, "helo", [](Config& config) -> FilterUse& { return config.filter.helo; });
  add_use(rows, "sender_domain", [](Config& config) -> FilterUse& { return config.filter.sender_domain; });
  add_spf(rows);
  add_use(rows, "bounce", [](Config& config) -> FilterUse& { return config.filter.bounce; });
  add_reserved(rows);
  add_size(rows);
  add_rate(rows);
  add_greylist(rows);
  add_use(rows, "dkim", [](Config& config) -> FilterUse& { return config.filter.dkim; });
  add_use(rows, "dmarc", [](Config& config) -> FilterUse& { return config.filter.dmarc; });
  add_headers(rows);
  add_uribl(rows);
  add_content(rows);
  add_bayes(rows);
  add_http(rows);
  add_rspamd(rows);
  add_milter(rows);
  add_lua(rows);
}

}  // namespace maildrop::rows
