/// client.h: the inboxes and numbers of a server elsewhere, over its HTTP API (v3). By cpp-httplib, client only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/statistics.h"
#include "core/result.h"
#include "store/store.h"

namespace maildrop::api {

/// Thread-safe: one call at a time, the others wait. Blocking. What the server says is not trusted: ids are checked,
/// text is valid UTF-8, at most 64 MiB of a message and 16 MiB of JSON are taken; redirects are not followed.
/// Errors beside those of Inboxes: invalid for a name, host or request that the server refuses (4xx); not_found from
/// list() for a server that has no mailboxes there; unavailable when it cannot be reached or answers 5xx; timed_out,
/// for 408 too; over_limit for 429; corrupt for an answer that makes no sense or is too large.
class Client : public store::Inboxes {
 public:
  /// From now on no call goes on after `moment`, nor longer than 10 s for each request it makes, however many addresses
  /// the host has: timed_out. Only the look-up of the host's name may take longer.
  virtual void end_by(std::chrono::steady_clock::time_point moment) = 0;

  /// As Message::verdicts, which get() does not fetch. not_found also where nobody judged the message.
  virtual Result<std::string> verdicts(const mail::Inbox& inbox, const store::MessageId& id) = 0;

  /// Of the last hours, as many as the server shows: `hours`, or fewer. not_found from one that has no statistics.
  /// Names and numbers are as they came: names are no longer than a store's.
  virtual Result<Plot> statistics(std::size_t hours) = 0;

  /// What the server's filters hear of the DNS: JSON, as it came. not_found from a server that tells nobody, or not us.
  virtual Result<std::string> ask_dns(const std::string& name, const std::string& type) = 0;
};

/// The addresses of a host as numbers, in the order in which to try them.
using Resolve = std::function<Result<std::vector<std::string>>(const std::string& host)>;
/// By the system, which may take its time; unavailable when there are none.
Result<std::vector<std::string>> resolve(const std::string& host);

/// `url` is `http://host:port` or `http://host:port/prefix`; https is refused. invalid for any other.
Result<std::unique_ptr<Client>> open_client(const std::string& url, Resolve by = resolve);

}  // namespace maildrop::api
