/// received.h: what a Received field tells of the client, in the forms that mail servers write. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/net.h"

namespace maildrop::replay {

struct Received {
  std::optional<IpAddress> peer;      // of the client, as the server saw it; never one that stands in a HELO only
  bool hides_client = false;          // there was one, and nothing tells its address: it may have written what is below
  std::string helo;                   // empty: not known
  std::optional<std::string> for_to;  // of the clause `for`, without <>
  std::optional<Time> date;
};

/// The value of a field, folded as it came. The forms of maildrop, Postfix, sendmail, Exim, qmail and Exchange:
///   from HELO (NAME [ADDRESS])       from HELO (USER@NAME [ADDRESS])     from HELO (ADDRESS)
///   from NAME ([ADDRESS] helo=HELO)  from [ADDRESS] (helo=HELO)          from NAME (HELO HELO) (USER@ADDRESS)
/// Of others it may tell less, or nothing. All of them end with `by`; whatever a client calls itself, in one word, is
/// no clause.
Received parse_received(std::string_view value);

/// Not of the Internet: loopback, private, link-local, shared (RFC 6890).
bool is_private(const IpAddress& address);

}  // namespace maildrop::replay
