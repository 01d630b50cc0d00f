/// transaction.h: one mail transaction as SMTP saw it: what filters judge and what is delivered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/budget.h"
#include "core/net.h"
#include "mail/address.h"
#include "mail/inbox.h"

namespace maildrop::mail {

/// Who is at the other end of the connection.
struct Peer {
  IpAddress address;
  std::uint16_t port = 0;
  std::string name{};         // its host name as somebody trusted tells (XCLIENT); empty: not told
  bool local = false;         // came over a unix socket; address and port mean nothing
  bool health_check = false;  // a balancer that speaks for itself: not counted
  bool exempt = false;        // in limits.exempt: no rates, per-source caps or filters
  std::string syn{};          // headers of the packet by which it came (tcp(7), TCP_SAVED_SYN), until who judges has
                              // seen them; empty: came another way

  std::string to_string() const { return local ? "local" : address.to_string(); }
};

/// What protects a connection; empty texts: nothing.
struct Tls {
  std::string protocol;  // `TLSv1.3`
  std::string cipher;    // its IANA name

  bool active() const { return !protocol.empty(); }
  std::string to_string() const { return active() ? protocol + " " + cipher : std::string(); }
};

/// When a client spoke though it was not its turn (RFC 5321 4.3.1, RFC 2920 3.1).
struct Early {
  bool greeting = false;  // before the greeting
  bool helo = false;      // more, before the answer to HELO or EHLO
  bool data = false;      // the message, before it was told to go ahead
};

struct Recipient {
  Address address;
  Inbox inbox;
  bool discarded = false;        // hears 250, and gets nothing
  std::optional<Inbox> alias{};  // by which it was named
};

/// Filled phase by phase; what a later phase brings is empty before it. Moved, never copied.
struct Transaction {
  Peer peer;
  Tls tls;
  Early early;
  std::string session{};              // its id in replies and logs; empty: nobody keeps any
  std::string helo;                   // the argument of HELO or EHLO as given
  bool esmtp = false;                 // EHLO was used, or LHLO
  bool lmtp = false;                  // came by LMTP
  Address from;                       // null for bounces
  bool smtputf8 = false;              // MAIL ... SMTPUTF8
  bool eight_bit = false;             // MAIL ... BODY=8BITMIME
  bool binary = false;                // MAIL ... BODY=BINARYMIME
  std::uint64_t declared_size = 0;    // MAIL ... SIZE=; 0: not said
  std::vector<Recipient> recipients;  // accepted ones, no inbox twice
  std::string data;                   // the message, byte for byte, dots unstuffed; grows during DATA
  std::size_t removed = 0;            // attachments that were taken out of data to deliver it (mail.attachments)
  std::uint64_t removed_size = 0;     // bytes of their contents
  std::string transcript{};           // what was said until now, or since the message before (smtp/transcript.h)
  BudgetShare memory;                 // what recipients, data and transcript take
};

}  // namespace maildrop::mail
