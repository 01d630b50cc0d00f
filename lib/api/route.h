/// route.h: requests, responses and the tables of routes. Pure: which server carries them is not known here.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/clock.h"
#include "core/config.h"
#include "core/metrics.h"
#include "core/net.h"
#include "mail/inbox.h"
#include "store/store.h"

namespace maildrop::api {

/// A request that has passed the server's checks: path decoded once, segment by segment, no controls or slashes inside.
struct Request {
  std::string method;                                       // upper case
  std::vector<std::string> path;                            // `/v2/mailbox/bob` is {"v2", "mailbox", "bob"}
  std::map<std::string, std::string, std::less<>> query;    // decoded; the last of equal keys counts
  std::map<std::string, std::string, std::less<>> headers;  // names in lower case
  std::string body;
  IpAddress client;
  std::optional<std::string> state{};  // of a stream: what Later said with the piece before
};

/// A field of its header, by its name in lower case; empty where there is none.
std::string_view field_of(const Request& request, std::string_view name);

/// The totals of a store's statistics.
struct MailTotals {};
/// What there may be news of.
using Watched = std::variant<mail::Inbox, MailTotals>;

/// An answer that news of something may change. GET alone.
struct Later {
  Watched of;
  Millis wait{};        // this is the answer if there is no news for so long; else the handler is asked again
  bool stream = false;  // it is a first piece, without end: at each news the handler is asked for the next one
  std::string state{};  // of the stream, for the next piece
  /// Of a stream over a WebSocket, whose first answer has the status 101: its pieces, in place of bodies. A text each.
  std::vector<std::string> frames{};
};

struct Response {
  int status = 200;
  std::string content_type = "application/json; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;  // beside Content-Type, Content-Length, Date
  std::string body;
  std::string why;  // for the log alone: Error::what behind a failure
  std::optional<Later> later{};
};

/// Of the DNS what the filters of this process hear, as JSON (maildrop.dns/1). Blocks for half of api.answer_timeout at
/// most. Thread-safe.
///   invalid      that is no question
///   over_limit   another one waits for its answer
using AskDns = std::function<Result<std::string>(const std::string& name, const std::string& type)>;

/// What became of a message that this process has sent through an SMTP server, read and removed again.
struct CanaryAnswer {
  enum class Kind { well, fails, impossible };

  Kind kind = Kind::well;
  std::string_view phrase;  // of Kind::fails and impossible: a fixed text, for who asks
  std::string told;         // how long that took, for who asks; else why, for the log
};
/// One may be on its way for another who asks, or have come back a moment ago. Blocks for half of api.answer_timeout at
/// most, and for as long as the store does. Thread-safe.
using AskCanary = std::function<CanaryAnswer()>;

struct Fault;  // answer.h
/// One request for an inbox that the path does not name (Route). The first of a request its client has paid for; each
/// further one counts for him, too. The fault when a rate is used up.
using TakeRate = std::function<std::optional<Fault>(const std::string& inbox)>;

class InboxWatch;
struct Admin;  // admin.h
class StatisticsReader;
class StatisticsWatch;

/// What handlers work on. Everything outlives the server.
struct Context {
  store::Inboxes& inboxes;
  store::Store& store;  // stats and readiness
  const Config& config;
  const Clock& clock;
  metrics::Registry& metrics;
  bool takes_mail;                                         // this process does, by SMTP: its metrics tell how much
  const std::function<std::string()>* impaired = nullptr;  // lines on what does not work though mail is taken
  const std::function<std::string()>* stuck = nullptr;     // what of the process does not go on; never blocks
  const AskDns* ask_dns = nullptr;                         // where there are filters
  InboxWatch* watch = nullptr;                             // nobody waits for an inbox without
  const TakeRate* take_rate = nullptr;                     // any number without
  StatisticsReader* statistics = nullptr;                  // 503 without
  StatisticsWatch* statistics_watch = nullptr;             // nobody waits for them without
  const Admin* admin = nullptr;                            // of the operators' listener; nullptr: of the public one
  const AskCanary* canary = nullptr;                       // nobody can send one without
};

/// What runs a handler: a thread that may wait for the store, or the loop itself. What tells whether the process lives
/// must not stand in the queue of those who wait for a slow store.
enum class Runs { on_worker, on_loop };

using Args = std::span<const std::string>;

/// `pattern` segments starting with `{` match any one segment that is not empty: `/v2/mailbox/{name}/{id}`. `args` are
/// the segments that matched, in order. `{name}` is an inbox, for whose rate the request counts.
struct Route {
  std::string_view method;
  std::string_view pattern;
  std::string_view summary;  // a line for the manual and OpenAPI
  Response (*handle)(const Request& request, Args args, Context& context);
  Runs runs = Runs::on_worker;
  Growth growth = {};
  bool verdicts = false;  // Message::verdicts are part of the answer
  bool local = false;     // for who is on this machine; to others there is no such path
  /// The answer may go out as gzip. How small a text becomes tells what is twice in it (BREACH): so never one that has
  /// others' mail, or a name that is to be guessed, beside what a stranger wrote. One message is one sender's.
  bool compresses = false;
  bool figures = false;         // for whom api.metrics says; to others there is no such path
  bool free = false;            // counts for no rate: who watches over the process is never too much
  std::string_view query = {};  // of v3: names of what the query may have, as openapi_schemas.cc has them, by blanks
  std::string_view answer =
      {};             // of v3: the schema of the answer, by its name there, or its media type; empty: it is 204
  bool page = false;  // for people: HTML, and faults as HTML
  /// The answer goes by the request without its client, the inboxes and the settings alone: the next one who asks the
  /// same may have it.
  bool keeps = false;
  bool reads = false;  // a POST that other sites' pages may send: the handler refuses them what changes something
};

/// All tables of the public listener: v2, v3, health. What the operators' one has is in admin.h: neither knows the
/// other's.
std::span<const Route> routes();

/// Finds and runs the route; 404 for an unknown path, 405 with Allow for a known one, 421 for a host that is not ours,
/// 403 for a change that another site's page asks for; OPTIONS is answered from the table (CORS). Adds the headers that
/// every answer has: no-store, nosniff, CORS for reads. Reads of v3 meet conditions (conditional.h). HEAD gets the
/// answer of GET, body and all: the server sends its length alone. Never throws: the answer is 500 then, and without
/// memory one of neither headers nor body. On the operators' listener refuse_operator() comes first, and nothing is
/// told to pages elsewhere.
Response dispatch(const Request& request, Context& context);

/// The answer to a request that was never dispatched, in the form of its version and with the headers that every answer
/// has, as pages elsewhere see no answer without them. For bytes that are no request: Request(). Never throws, as
/// above.
Response refuse_with(const Request& request, const Fault& fault, const Config& config, const Admin* admin = nullptr);

/// The route that dispatch() of this request would run, if figures are for everybody; nullptr where the answer is no
/// handler's.
const Route* route_of(const Request& request, const Admin* admin = nullptr);

/// From an address of loopback, and of nobody else: a proxy there asks for others, who are named by what it adds, and a
/// page elsewhere makes its visitor's browser ask.
bool is_local(const Request& request);

/// RFC 9457: `{"type":"about:blank","title":...,"status":...,"detail":...}` as application/problem+json.
Response problem(int status, std::string_view detail);
/// The same for an Error of ours: invalid 400, not_found 404, over_limit, unavailable, timed_out, corrupt 503, internal
/// 500: what is transient is 5xx. The detail is a fixed phrase; Error::what is for the log alone.
Response problem(const Error& error);

}  // namespace maildrop::api
