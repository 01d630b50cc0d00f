/// filter_settings.h: what filters are worth, and what each of them goes by. Part of config.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/net.h"

namespace maildrop {

/// What each filter has.
struct FilterUse {
  /// off: it is not asked. observe: what it finds is kept with the message and counted, and changes nothing. score: its
  /// score counts, too. enforce: what it wants done is done, too.
  enum class Mode { off, observe, score, enforce };
  enum class OnError { pass, defer, reject };
  // As settings, scripts and traces have them, in the order of their values.
  static constexpr std::string_view kModes[] = {"off", "observe", "score", "enforce"};
  static constexpr std::string_view kOnErrors[] = {"pass", "defer", "reject"};

  Mode mode = Mode::score;
  double weight = 1;                     // its score counts that many times
  std::chrono::milliseconds timeout{0};  // for its lookups in each phase; 0: filter.timeout
  OnError on_error = OnError::pass;      // when it cannot tell, with Mode::enforce
};

struct AccessFilter : FilterUse {
  enum class Action { reject, defer, discard, disconnect };

  AccessFilter() : FilterUse{.mode = Mode::enforce} {}  // its lists are somebody's will

  std::vector<std::string> allow;  // patterns, see filter/pattern.h
  std::vector<std::string> deny;
  Action action = Action::reject;  // what becomes of who is denied
};

struct VerdictCacheFilter : FilterUse {
  VerdictCacheFilter() : FilterUse{.mode = Mode::off} {}  // as shipped nothing is refused that could be kept

  std::chrono::milliseconds lifetime{std::chrono::minutes(5)};
};

struct PlaceFilter : FilterUse {
  std::vector<std::string> files;      // see filter/place_database.h; none named: Debian's, if it is there
  std::vector<std::string> networks;   // see filter/place_list.h; goes before what files say
  std::vector<std::string> countries;  // ISO 3166-1 alpha-2, capitals; none as shipped: no country sends spam alone
  std::vector<std::uint32_t> asns;
  double country_score = 3;  // as Haraka's karma has it for one country
  double asn_score = 3;
  double drop_score = 3;  // as a list of dnsbl, not the 5 of Haraka for zen: what a file says may be years old
};

struct TcpFilter : FilterUse {
  TcpFilter() : systems{"Windows XP"} {}  // at the member it would be an internal error of g++ 12 in templates

  std::string database;              // see filter/p0f_database.h; none named: Debian's, if it is there
  std::vector<std::string> systems;  // begins of names
  double score = 2;                  // as Haraka's karma has it for that one
};

struct ReputationFilter : FilterUse {
  std::chrono::milliseconds window{std::chrono::hours(24 * 14)};  // what came before counts less and less
};

struct EarlyTalkerFilter : FilterUse {
  std::chrono::milliseconds wait{0};  // before the greeting
};

struct DnsblFilter : FilterUse {
  std::vector<std::string> lists;  // see filter/dnsbl_list.h; none as shipped: each has terms of use
  unsigned reject_at = 1;          // lists of bad senders that have a client which is refused; 0: nobody is
};

struct SpfFilter : FilterUse {
  unsigned most_void_lookups = 2;  // RFC 7208 4.6.4: the default it recommends
};

struct ReservedFilter : FilterUse {
  std::vector<std::string> refuse;  // local parts that nobody may write to; none as shipped
};

struct SizeFilter : FilterUse {
  std::uint64_t most = 256 * 1024;  // bytes of a message; what an inbox is opened for has a tenth of it. 0: any
};

struct RateFilter : FilterUse {
  std::vector<std::string> limits;  // see filter/rate_limit.h; none as shipped: what is much depends on who receives
};

struct GreylistFilter : FilterUse {
  GreylistFilter() : FilterUse{.mode = Mode::observe} {}  // people wait for that mail

  std::chrono::milliseconds delay = std::chrono::minutes(1);         // who comes again sooner is early
  std::chrono::milliseconds retry_within = std::chrono::hours(25);   // since the first time: queues try for a day
  std::chrono::milliseconds remember = std::chrono::hours(24 * 35);  // hosts that passed: a monthly letter, and a bit
  std::vector<std::string> except;                                   // patterns, see filter/pattern.h
};

struct HeadersFilter : FilterUse {
  std::vector<std::string> except;  // names of rules, see filter/header_rules.h
};

struct UriblFilter : FilterUse {
  std::vector<std::string> lists;  // see filter/dnsbl_list.h; none as shipped, for the same reason
  unsigned most = 20;              // names of a message that lists are asked about: the first
  unsigned reject_at = 1;          // of them that bad lists have in a message which is refused; 0: none is
};

struct UrlsFilter : FilterUse {
  UrlsFilter() : FilterUse{.mode = Mode::off} {}  // to read HTML takes as long as all other filters together

  std::vector<std::string> deny;  // hosts, as names in filter/pattern.h
  unsigned most_domains = 20;     // that links of a message lead into
};

struct ContentFilter : FilterUse {
  std::vector<std::string> rules;  // see filter/content_rule.h
};

struct BayesFilter : FilterUse {
  BayesFilter() : FilterUse{.mode = Mode::off} {}  // it knows nothing until somebody has taught it

  std::string model;     // a file of `maildrop filter train`; empty: there is none
  unsigned least = 200;  // messages of each kind that it must have learned of; as SpamAssassin's
  double spam_score =
      4;  // of what is spam for certain: below FilterSettings::tag, as nothing that was learned tags alone
  double ham_score = -2;  // of what is not, for certain: less, since spam may be made to look like mail
};

struct HttpFilter : FilterUse {
  HttpFilter() : FilterUse{.mode = Mode::enforce} {}  // whoever names a URL wants done what is answered there

  std::string url;  // see service/http_request.h; empty: nobody is asked
  std::vector<std::string> phases{"message"};
  bool body = false;  // the message goes with the question
};

struct RspamdFilter : FilterUse {
  RspamdFilter() : FilterUse{.mode = Mode::enforce} {}  // the same: what it does is set there

  std::string url;  // as that of http
};

struct MilterFilter : FilterUse {
  MilterFilter() : FilterUse{.mode = Mode::enforce} {}  // the same

  std::string endpoint;  // core/net.h; empty: nobody is asked
};

/// Of filters that are Lua files (filter/lua_script.h). The mode is the most that theirs can be.
struct LuaFilterSettings : FilterUse {
  LuaFilterSettings() : FilterUse{.mode = Mode::enforce} {}

  std::string folder;  // empty: there are none
  // What a call of a script may take.
  std::uint64_t memory = 16u << 20;  // bytes, of each state
  unsigned instructions = 1'000'000;
  std::chrono::milliseconds time{20};
};

struct FilterSettings {
  /// The first phase in which mail is refused for what was found by then.
  enum class DecideAt { phase, rcpt, message };

  // Sums of scores from which on something is done; 0: it never is.
  double tag = 5;
  double quarantine = 0;
  double defer = 0;
  double reject = 0;
  DecideAt decide_at = DecideAt::rcpt;      // as Postfix's smtpd_delay_reject
  std::chrono::milliseconds timeout{1500};  // for all lookups of a phase: a peer hears its reply within 2 s
  std::uint64_t memory = 32u << 20;         // bytes of what sessions know of the world, all together
  bool authentication_results = true;       // the field is written, RFC 8601
  std::string shadow;                       // the file of Config::shadow; empty: there are none

  // In the order in which they are asked.
  AccessFilter access;
  VerdictCacheFilter verdict_cache;
  PlaceFilter place;
  TcpFilter tcp;
  ReputationFilter reputation;
  EarlyTalkerFilter early_talker;
  FilterUse fcrdns;
  DnsblFilter dnsbl;
  FilterUse helo;
  FilterUse sender_domain;
  SpfFilter spf;
  FilterUse bounce;
  ReservedFilter reserved;
  SizeFilter size;
  RateFilter rate;
  GreylistFilter greylist;
  FilterUse dkim;
  FilterUse dmarc;
  HeadersFilter headers;
  UriblFilter uribl;
  UrlsFilter urls;
  ContentFilter content;
  BayesFilter bayes;
  HttpFilter http;
  RspamdFilter rspamd;
  MilterFilter milter;
  LuaFilterSettings lua;
};

}  // namespace maildrop
