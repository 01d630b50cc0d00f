/// answer.h: what the tables of routes share: faults, inboxes that strangers may see, JSON answers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/json.h"
#include "api/route.h"
#include "api/statistics.h"
#include "core/result.h"
#include "mail/inbox.h"

namespace maildrop::api {

std::span<const Route> v2_routes();
std::span<const Route> v3_routes();
std::span<const Route> v3_event_routes();
std::span<const Route> graphql_routes();
std::span<const Route> inbucket_routes();
std::span<const Route> inbucket_monitor_routes();
std::span<const Route> original_routes();
std::span<const Route> health_routes();

/// A request that gets no answer of its own. Each version of the API writes it in its own form.
struct Fault {
  int status = 500;
  std::string_view phrase;   // fixed: nothing that a stranger or the system said
  std::string why;           // for the log
  unsigned retry_after = 5;  // seconds; of 429 and 503 alone
};
template <class T>
using Found = tl::expected<T, Fault>;

// Phrases behind which a page can say more.
inline constexpr std::string_view kNotAName = "not a legal inbox name";
inline constexpr std::string_view kReservedName = "this inbox is reserved and cannot be read in public";
inline constexpr std::string_view kNotThere = "not found";

Fault fault_of(const Error& error);

/// `Not Found`: the phrase of RFC 9110 for a status we use.
std::string_view reason_phrase(int status);

Response json_answer(int status, const Json& value);
Response problem(const Fault& fault);
/// Retry-After where the status is one of those that have it.
void add_retry_after(const Fault& fault, Response& response);
/// `{"error":"..."}`, as the clients of v2 look for it.
Response v2_error(const Fault& fault);

/// `{"errors":[{"message":"..."}]}`.
Response graphql_error(const Fault& fault);
/// A line of text.
Response inbucket_error(const Fault& fault);

/// Of all processes, since counting began. 503 when they cannot be read.
tl::expected<MailCounts, Fault> mail_counts(const Context& context);

/// A stream of them, each time as `tell` writes them: when they are first known, which is soon, and when that changes,
/// once a second at most. Over a WebSocket where the request wants one, else server-sent events. For Runs::on_loop
/// alone: all who watch are woken at once, and no queue of workers has room for them. 403 and 400 as
/// refuse_web_socket(); 503.
tl::expected<Response, Fault> totals_stream(const Request& request, const Context& context,
                                            std::string (*tell)(const MailCounts&));
inline constexpr std::string_view kRetry = "retry: 3000\n\n";  // how long a browser waits before it comes again, ms

/// The inbox named in a path, in its canonical form. 400 for a name that cannot be one; 403 for a reserved one: who
/// reads postmaster's mail can prove to certificate authorities that the domain is his. To operators none is reserved.
tl::expected<mail::Inbox, Fault> public_inbox(const std::string& name, const Context& context);
/// The canonical name of the inbox that a request is for; empty: for none that can be read. REQUIRES: `route` is the
/// request's.
std::string inbox_of(const Request& request, const Route& route, const InboxSettings& settings);

/// The message that a path names, by its id or by `latest`: the newest that is shown. 404 for what no id can be.
tl::expected<store::MessageId, Fault> message_id(const mail::Inbox& inbox, const std::string& text, Context& context);
/// Removes what an inbox has when it is read, hidden mail too, in commits that are short enough for deliveries to wait
/// for; what comes meanwhile stays. Its time is bounded, as an inbox may be large: then 503, and who asks again goes
/// on. nothing: all is gone.
std::optional<Fault> clear_inbox(const mail::Inbox& inbox, Context& context);
/// A new alias of it. 400 for a name that none can be of. REQUIRES: inbox.alias.
tl::expected<mail::Inbox, Fault> new_alias(const mail::Inbox& inbox, std::optional<Time> expires,
                                           const Context& context);

/// The domain in addresses that are shown: the first that takes mail; our own name where any does.
std::string shown_domain(const Config& config);

/// A message as v3 lists it.
Json v3_summary(const store::Summary& summary);
/// As Inbucket does, of the inbox of that name.
Json inbucket_summary(const std::string& inbox, const store::Summary& from);
/// `quarantined` of the query; hidden when it is not given.
tl::expected<store::Quarantined, Fault> quarantined_of(const Request& request);

/// What a browser may do with a file that a stranger sent: nothing.
inline constexpr std::string_view kDownloadPolicy = "sandbox; default-src 'none'";

/// What people see as the sender: the From field, or else the envelope's sender.
std::string shown_sender(const store::Summary& summary);
/// Of the recipient, as the old clients know an inbox.
std::string local_part(const store::Summary& summary);

}  // namespace maildrop::api
