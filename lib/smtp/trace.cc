/// trace.cc: writing our trace fields, counting those of others.
#include "smtp/trace.h"

#include "core/text.h"

namespace maildrop::smtp {

namespace {

/// A HELO as an atom or literal: what could open a comment or string in a structured field becomes `?`.
void append_helo(std::string& out, std::string_view helo) {
  for (const char c : helo) {
    const bool special =
        c == '(' || c == ')' || c == '<' || c == '>' || c == '@' || c == ',' || c == ';' || c == '"' || c == '\\';
    out += special ? '?' : c;
  }
}

void append_peer(std::string& out, const mail::Peer& peer) {
  if (peer.local) {
    out += " (local)";
    return;
  }
  out += " (";
  if (!peer.name.empty()) out += peer.name + ' ';
  out += peer.address.is_v4() ? "[" : "[IPv6:";
  out += peer.address.to_string();
  out += "])";
}

void append_removed(std::string& out, const mail::Transaction& transaction) {
  if (transaction.removed == 0) return;
  out += "X-Maildrop-Attachments: removed ";
  out += std::to_string(transaction.removed);
  out += ", ";
  out += std::to_string(transaction.removed_size);
  out += " bytes\r\n";
}

}  // namespace

std::string trace_fields(const mail::Transaction& transaction, std::string_view hostname, std::string_view id, Time now,
                         std::string_view results) {
  std::string out;
  out.reserve(320 + results.size());
  out += "Return-Path: <";
  if (!transaction.from.is_null()) out += transaction.from.to_string();
  out += ">\r\n";
  append_removed(out, transaction);
  out += results;
  out += "Received: from ";
  append_helo(out, transaction.helo);
  append_peer(out, transaction.peer);
  out += "\r\n\tby ";
  out += hostname;
  out += transaction.smtputf8 ? " with UTF8" : transaction.esmtp && !transaction.lmtp ? " with E" : " with ";
  out += transaction.lmtp ? "LMTP" : "SMTP";                                                // RFC 3848, RFC 6531 4.3
  if (transaction.tls.active() && (transaction.smtputf8 || transaction.esmtp)) out += 'S';  // RFC 3848
  out += " id ";
  out += id;
  if (transaction.recipients.size() == 1) {
    out += "\r\n\tfor <";
    out += transaction.recipients.front().address.to_string();
    out += '>';
  }
  if (transaction.tls.active()) {  // RFC 8314 4.3
    out += "\r\n\ttls ";
    out += transaction.tls.cipher;
    out += " (";
    out += transaction.tls.protocol;
    out += ')';
  }
  out += ";\r\n\t";
  out += rfc5322(now);
  out += "\r\n";
  return out;
}

std::size_t count_hops(std::string_view message) {
  constexpr std::string_view kName = "Received:";
  std::size_t hops = 0;
  std::size_t at = 0;
  while (at < message.size()) {
    const std::string_view rest = message.substr(at);
    if (rest.front() == '\r') break;  // the empty line
    if (rest.size() >= kName.size() && equals_ignoring_case(rest.substr(0, kName.size()), kName)) ++hops;
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) break;
    at += end + 1;
  }
  return hops;
}

}  // namespace maildrop::smtp
