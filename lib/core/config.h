/// config.h: every setting as a value with its default, and how a configuration comes together.
///
/// Defaults stand at the member, with unit and reason. The key of a setting is its section and member (`mail.max_size`
/// is Config::mail.max_size); one row per key in settings.cc makes it readable from files, environment and --set, and
/// writes the manual. Order: --set, environment, files, default.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/filter_settings.h"
#include "core/net.h"
#include "core/result.h"

namespace maildrop {

using Millis = std::chrono::milliseconds;

struct SmtpSettings {
  enum class BareNewline { reject, tolerate };

  std::vector<Endpoint> listen;                       // default: 127.0.0.1:2525, see settings.cc
  std::vector<Endpoint> listen_tls;                   // TLS from the first byte
  std::string hostname;                               // in banner and Received; empty: the machine's name
  BareNewline bare_newline = BareNewline::reject;     // reject ends smuggling (RFC 5321 2.3.8)
  Millis command_timeout = std::chrono::minutes(5);   // RFC 5321 4.5.3.2.7
  Millis session_timeout = std::chrono::minutes(30);  // the whole session, whatever it does
  Millis stress_timeout = std::chrono::seconds(10);   // instead of command_timeout while seats are scarce; as Postfix
  Millis data_timeout = std::chrono::minutes(10);     // from 354 to the final dot (RFC 5321 4.5.3.2.6)
  std::uint64_t min_data_rate = 100;                  // bytes per second in each 30 s of a message; 0: any rate
  std::uint64_t transcript_size = 4096;               // bytes of the dialog kept with each message; 0: none
};

struct LmtpSettings {
  std::vector<Endpoint> listen;
};

struct TlsSettings {
  enum class Version { tls1_2, tls1_3 };

  std::vector<std::string> certificates;  // PEM files, chain included; empty and not self_signed: no TLS
  std::vector<std::string> keys;          // of the same, in order; empty: in the same files
  bool self_signed = false;               // made at start, when there are no certificates
  Version min_version = Version::tls1_2;
  Millis handshake_timeout = std::chrono::seconds(30);
  Millis retry_after = std::chrono::hours(1);  // a peer whose handshake failed is not offered STARTTLS meanwhile
};

struct ProxySettings {
  enum class Missing { reject, direct };

  std::vector<Network> networks;             // of balancers that begin with a PROXY header
  bool unix_sockets = false;                 // so does everybody who comes by a unix socket
  Millis timeout = std::chrono::seconds(5);  // for the header, from the connection on
  Missing on_missing = Missing::reject;      // a balancer that sends none: direct serves it as itself
};

struct XclientSettings {
  std::vector<Network> networks;  // whose XCLIENT is believed
};

struct FloodSettings {
  unsigned connection_rate = 300;  // of an IPv4 address or IPv6 /64, a minute; 0: any number
  unsigned message_rate = 600;
  unsigned recipient_rate = 3000;
  unsigned error_rate = 60;
  unsigned network_factor = 4;                   // an IPv4 /24 or IPv6 /48 may do that many times as much
  Millis greet_pause = std::chrono::seconds(5);  // before the greeting, for suspects
  Millis tarpit = std::chrono::seconds(2);       // before a refusal, for suspects
  unsigned held = 500;                           // connections in such a pause at once
  bool shared = false;                           // rates of all processes on one store
};

struct DnsSettings {
  std::vector<Endpoint> servers;                       // that are asked; none: those of each domain
  Millis timeout = std::chrono::seconds(2);            // of a question
  unsigned lookups = 1500;                             // questions at once, of all loops; 12 KB each
  std::uint64_t cache_size = 32ull << 20;              // bytes, of all loops
  Millis max_ttl = std::chrono::hours(24);             // of an answer in the cache
  Millis max_negative_ttl = std::chrono::minutes(15);  // of one that there is nothing
  Millis stale = std::chrono::hours(1);                // beyond its ttl, while servers do not answer; 0: never
};

struct ApiSettings {
  enum class ProxyField { x_forwarded_for, forwarded };
  enum class Metrics { everybody, local, nobody };

  std::vector<Endpoint> listen;          // default: 127.0.0.1:8080, see settings.cc
  std::uint64_t header_size = 8 * 1024;  // request line and header fields, bytes
  std::uint64_t body_size = 64 * 1024;   // of a request, bytes
  Millis request_timeout =
      std::chrono::seconds(10);                     // header and body, from the first byte: one deadline, never renewed
  Millis answer_timeout = std::chrono::seconds(5);  // from the whole request to its answer; beyond it 503
  Millis write_timeout = std::chrono::seconds(30);  // one response
  Millis idle_timeout = std::chrono::seconds(15);   // between requests of a connection
  unsigned connections = 2000;                      // in total
  unsigned connections_per_source = 50;             // per IPv4 address or IPv6 /64
  unsigned workers = 2;                             // threads that read the store
  unsigned waiting = 512;                           // requests waiting for a worker; beyond it 503
  // Ten a second for as long as one likes: a person has one now and then, each of ten test runners behind one address
  // may look every second, and 50 in 10 s, which clients of the service of 2019 are used to, are half of that. Who goes
  // through names gets through 10 a second of them.
  unsigned request_rate = 600;                 // of an IPv4 address or IPv6 /64, a minute; 0: any number
  unsigned inbox_rate = 3000;                  // for an inbox, of all clients together: five of them at their limit
  bool shared_rates = true;                    // of all processes on one store
  std::uint64_t memory = 64u << 20;            // of answers being sent, bytes; beyond it 503
  std::uint64_t answer_cache = 4u << 20;       // of answers that may be given again, bytes; 0: none is
  unsigned watchers = 1000;                    // requests that wait for news; beyond it 503
  Millis wait_time = std::chrono::minutes(1);  // of one that waits for mail, at most
  std::vector<Network> proxies;                // reverse proxies of ours
  bool proxy_unix_sockets = false;             // who connects over a unix socket is one
  ProxyField proxy_field = ProxyField::x_forwarded_for;
  bool page = true;                      // pages for people
  Metrics metrics = Metrics::everybody;  // who may ask for /metrics
  bool dns = false;                      // who is on this machine may ask the DNS
  std::vector<std::string> hosts;        // that Host may name; empty: see settings.cc; `*` is any
  std::vector<std::string> cors;         // origins whose pages may read; empty: see settings.cc; `*` is any
};

/// The listener of operators, who see and remove everybody's mail.
struct AdminSettings {
  std::vector<Endpoint> listen;  // unix sockets, and addresses of loopback; none: there is no such listener
  std::string token;             // that its clients send; empty: none, which a port of loopback must not be without
  unsigned socket_mode = 0600;   // of its unix sockets: our user alone
  unsigned connections = 100;    // in total
};

inline constexpr std::size_t kLeastToken = 16;  // bytes of admin.token: nobody tries that many

struct MailSettings {
  enum class Attachments { strip, keep, reject };

  std::vector<std::string> domains;              // default: localhost, see settings.cc; `*` is any
  std::uint64_t max_size = 512 * 1024;           // announced as SIZE, bytes
  Attachments attachments = Attachments::strip;  // a public inbox shows text, and is no place to leave files at
};

struct InboxSettings {
  enum class Naming { local, full, domain };
  enum class PlusTag { strip, keep };

  unsigned max_messages = 10;                 // kept in an inbox; the oldest goes first
  std::uint64_t max_size = 0;                 // of its messages together, bytes; 0: only their number counts
  Millis max_age = std::chrono::hours(24);    // an inbox expires that long after it last received
  Millis min_age = std::chrono::minutes(10);  // a message is not removed earlier to make room for others' mail
  Naming naming = Naming::local;              // what of the address names the inbox
  PlusTag plus_tag = PlusTag::strip;          // bob+shop@ is bob's
  std::vector<std::string> reserved;          // default: RFC 2142 and CA/B names, see settings.cc; stored, never public
  bool alias = false;                         // names that hide which inbox they are of (mail/alias.h)
  std::string alias_key;                      // their keys, one a line
  std::string classic_alias_modifier;         // decimal, of an older service's (mail/classic_alias.h); empty: none

  /// Whether mail to a name may go to an inbox of another.
  bool has_aliases() const { return alias || !classic_alias_modifier.empty(); }
};

inline constexpr std::size_t kAliasKey = 32;             // bytes of each of inbox.alias_key
inline constexpr std::size_t kMostAliasKeys = 16;        // each may have to be tried for an address
inline constexpr std::size_t kMostClassicModifier = 96;  // digits: names of 61 characters have an alias of 64

struct StoreSettings {
  std::string url = "sqlite:";                        // sqlite: (in the state folder), sqlite:PATH, redis:, memory:
  unsigned batch = 200;                               // deliveries in one commit: past 50 the fsync is already paid for
  Millis deadline = std::chrono::milliseconds(1800);  // delivery to answer; beyond it 451
  std::uint64_t max_size = 4ull << 30;                // of all that is stored, bytes (store/fair_share.h)
  std::uint64_t wal_size = 64u << 20;  // of the SQLite write-ahead log, bytes, before writers pause to empty it
  unsigned compression = 9;            // zstd's level where there is time for it; 0: none
  Millis statistics_age = std::chrono::hours(8 * 24);  // hours of them that are kept: a week, and today
};

struct RedisSettings {
  std::string username;                              // of its ACL; empty: `default`
  std::string password;                              // empty: none is asked for
  std::string sentinel_password;                     // of the sentinels
  std::string prefix = "maildrop:";                  // of all keys
  Millis timeout = std::chrono::milliseconds(1000);  // for a batch to be answered, connecting and one retry included
  unsigned wait_replicas = 0;                        // that must have a message before it is acknowledged
};

struct LimitSettings {
  std::uint64_t memory = 64u << 20;        // bytes of all messages not yet answered; beyond it 452
  unsigned connections = 10000;            // SMTP, in total; the file limit may lower it
  unsigned connections_per_ipv4 = 50;      // as Postfix
  unsigned connections_per_ipv6_64 = 50;   // one customer is a /64
  unsigned connections_per_ipv4_24 = 200;  // the networks around them
  unsigned connections_per_ipv6_48 = 200;
  std::uint64_t command_line = 2048;       // bytes with CRLF; RFC 5321 4.5.3.1.4 asks for 512
  std::uint64_t data_line = 1024 * 1024;   // bytes with CRLF; RFC 5321 4.5.3.1.6 asks for 1000
  std::uint64_t header_size = 100 * 1024;  // of a message, bytes
  std::uint64_t discard_size = 32u << 20;  // bytes of a refused message read on before the connection is cut
  unsigned recipients = 100;               // in a transaction; RFC 5321 4.5.3.1.8 asks for 100
  unsigned recipient_overshoot = 1000;     // more in a transaction, each answered 452, before they are errors
  unsigned errors = 20;                    // refused commands in a session, then 421; as Postfix
  unsigned unknown_commands = 5;           // in a session, then 421
  unsigned junk_commands = 100;            // NOOP, RSET, VRFY, HELP, EHLO between two messages, then 421
  unsigned hops = 100;                     // Received fields (RFC 5321 6.3)
  unsigned ledger = 100000;                // records of what strangers did; of the space with most the oldest goes
  std::vector<Network> exempt;             // default: loopback, see settings.cc; skip rates, per-source caps, filters
};

struct LogSettings {
  enum class Level { debug, info, warning, error };
  enum class Format { automatic, text, json };

  /// The folders of the sources, by whose names levels can be set.
  static constexpr std::array<std::string_view, 11> kModules = {"core",   "mail", "dns", "store",  "service", "filter",
                                                                "report", "smtp", "api", "replay", "cmd"};

  Level level = Level::info;
  std::vector<std::pair<std::string, Level>> levels{};  // of modules that have another one
  Format format = Format::automatic;
  std::string file{};                  // empty: standard error
  std::uint64_t file_size = 16 << 20;  // bytes, of each file
  unsigned files = 8;                  // with those before it
  unsigned repeats = 10;               // lines of one kind in a minute (core/log_fold.h); 0: all
};

struct ServiceSettings {
  unsigned loops = 0;                                 // threads that serve sockets; 0: one for each core
  Millis drain_timeout = std::chrono::seconds(20);    // after TERM; below systemd's TimeoutStopSec
  unsigned socket_mode = 0660;                        // of unix sockets: our user and group, such as a proxy's
  bool takeover = false;                              // take the place of who listens on our addresses
  Millis takeover_timeout = std::chrono::seconds(3);  // instead of drain_timeout when somebody takes ours
};

/// How `maildrop watchdog` keeps its programs up (service/supervision.h).
struct WatchdogSettings {
  Millis start_timeout = std::chrono::minutes(1);  // from its start to READY=1
  Millis timeout = std::chrono::seconds(30);       // from one WATCHDOG=1 to the next; 0: hangs are not looked for
  Millis stop_timeout = std::chrono::seconds(8);   // of all; below the 10 s of `docker stop`
  unsigned starts = 5;                             // of a program within `window`: then all are ended
  Millis window = std::chrono::minutes(4);         // five that hang end in less; five that fail at once, in two seconds
  Millis backoff = std::chrono::milliseconds(100);  // before the second start; twice that before the third
  Millis max_backoff = std::chrono::seconds(10);    // what doubling ends at
};

/// Bytes that are in memory at once for each byte of a message while an answer of the API is made of it, at most: of
/// the message itself with what is copied of it, and of its text as it is shown.
struct Growth {
  std::uint64_t whole = 1;  // the message is the answer
  std::uint64_t text = 0;
};
inline constexpr Growth kMostGrowth{8, 8};                 // of any route: what api.memory must have room for
inline constexpr std::size_t kMaxShownText = 1024 * 1024;  // bytes of a message's text, or of its HTML, that are shown

/// Where each decision is reported. Every place has a queue and a thread of its own.
struct ReportSettings {
  std::string file;                     // JSON Lines; empty: none
  std::uint64_t file_size = 64u << 20;  // bytes, then it becomes FILE.1
  unsigned files = 8;                   // that are kept, with the one being written
  std::string redis;                    // a URL; empty: none
  std::string redis_stream = "maildrop:reports";
  unsigned redis_length = 100'000;  // entries that the stream keeps, about
  std::string webhook;              // a URL; empty: none
  std::string webhook_secret;       // signs what is sent
  bool webhook_private = false;     // it may be in our own network
  Millis webhook_timeout = std::chrono::seconds(5);
  std::string key;                 // of the recipients' pseudonyms; empty: one at random for each start
  bool hosts = true;               // of the URLs in messages
  std::uint64_t queue = 4u << 20;  // bytes that wait for each place; what is beyond is dropped
};

struct Config {
  SmtpSettings smtp;
  LmtpSettings lmtp;
  TlsSettings tls;
  ProxySettings proxy;
  XclientSettings xclient;
  FloodSettings flood;
  DnsSettings dns;
  FilterSettings filter;
  ApiSettings api;
  AdminSettings admin;
  MailSettings mail;
  InboxSettings inbox;
  StoreSettings store;
  RedisSettings redis;
  ReportSettings report;
  LimitSettings limits;
  LogSettings log;
  ServiceSettings service;
  WatchdogSettings watchdog;

  /// The filters of the configuration that filter.shadow names, by which mail is judged beside those in force, to see
  /// what would come of it. Whoever reads configurations puts it there; nullptr: there is none.
  std::shared_ptr<const FilterSettings> shadow;

  Config();  // all defaults, lists included
};

/// Where a value came from: `default`, `/etc/maildrop/maildrop.toml:3:1`, `MAILDROP_SMTP_LISTEN`, `--set`.
using Origins = std::map<std::string, std::string, std::less<>>;

/// What a configuration is made from.
struct ConfigSources {
  std::string file;               // --config; empty: MAILDROP_CONFIG, then kDefaultConfigFile if it exists
  std::vector<std::string> sets;  // each `section.key=value`
  std::map<std::string, std::string> environment;  // all variables; those not starting MAILDROP_ are ignored

  static ConfigSources from_process(std::string file, std::vector<std::string> sets);
};

inline constexpr std::string_view kDefaultConfigFile = "/etc/maildrop/maildrop.toml";

struct LoadedConfig {
  Config config;
  Origins origins;                 // of each key, defaults too
  std::vector<std::string> files;  // read, in order: the file, then conf.d/*.toml beside it by name
};

/// What higher floors know of a value that the table of settings does not: asked for each value, or element of a list,
/// that the table accepts. Its errors become problems as the table's own do.
using ValueCheck = std::function<Result<void>(std::string_view key, const std::string& value)>;

/// What higher floors know of the settings together: a key and what is wrong with its value, for each problem. Called
/// also when there are other problems, with the defaults in the place of the values that are wrong.
using ConfigCheck = std::function<std::vector<std::pair<std::string_view, std::string>>(const Config&)>;

/// Reads all sources and checks them. On failure `Error::what` lists every problem found, one a line, each
/// `file:line:col: key: problem` (or `MAILDROP_X: problem`, `--set x: problem`), with the nearest name for unknown
/// keys; the code is invalid, or not_found for a configuration file that cannot be read. Blocking: reads files.
Result<LoadedConfig> load_config(const ConfigSources& sources, const ValueCheck& check = {},
                                 const ConfigCheck& check_all = {});

/// The file that load_config() begins with: --config, MAILDROP_CONFIG, or the default one if it is there; empty: none.
std::string config_file(const ConfigSources& sources);

/// Follows `sqlite:` without a path to the state folder: $STATE_DIRECTORY, /var/lib/maildrop for root,
/// $XDG_STATE_HOME/maildrop or ~/.local/state/maildrop otherwise. Other URLs come back as they are.
std::string resolve_store_url(const std::string& url, const std::map<std::string, std::string>& environment);

/// The machine's host name if `smtp.hostname` is empty.
std::string effective_hostname(const SmtpSettings& settings);

}  // namespace maildrop
