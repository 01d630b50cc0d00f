/// reply.h: every reply that a peer can see, in one table. A peer gets a fixed phrase; the log gets the reason.
#pragma once

#include <string>
#include <string_view>

namespace maildrop::smtp {

/// One line, without its CRLF. `reason` is the word for it in metrics and logs; empty for replies by which the
/// peer gets what it wanted.
struct Reply {
  int code;
  std::string_view enhanced;  // RFC 3463; empty where RFC 2034 has none (220, 354, EHLO)
  std::string_view text;
  std::string_view reason = {};
};

/// The peer is to come again.
inline bool is_transient(int code) { return code >= 400 && code < 500; }

/// `250 2.1.0 sender ok` and CRLF. 4xx and 5xx end in ` [id]`, so that what a stranger quotes can be found in the log.
void append(std::string& out, const Reply& reply, std::string_view id);

// clang-format off
namespace reply {

inline constexpr Reply ok{250, "2.0.0", "ok"};
inline constexpr Reply bye{221, "2.0.0", "bye"};
inline constexpr Reply sender_ok{250, "2.1.0", "sender ok"};
inline constexpr Reply recipient_ok{250, "2.1.5", "recipient ok"};
inline constexpr Reply go_ahead{354, "", "end with <CRLF>.<CRLF>"};
inline constexpr Reply start_tls{220, "2.0.0", "go ahead with TLS"};
inline constexpr Reply cannot_verify{252, "2.5.0", "any legal name at our domains is an inbox; send to it"};
inline constexpr Reply discarded{250, "2.0.0", "accepted", "filter"};

// The line itself.
inline constexpr Reply line_too_long{500, "5.5.2", "command line too long", "syntax"};
inline constexpr Reply control_character{500, "5.5.2", "control character in a command", "syntax"};
inline constexpr Reply bare_newline_command{500, "5.5.2", "bare CR or LF in a command (RFC 5321 2.3.8)", "bare_newline"};
inline constexpr Reply bare_newline_data{521, "5.6.0", "bare CR or LF in the message (RFC 5321 2.3.8)", "bare_newline"};
inline constexpr Reply not_smtp{500, "5.5.1", "this is SMTP", "not_smtp"};
inline constexpr Reply bad_proxy{421, "4.7.0", "the balancer's PROXY header is wrong or missing", "proxy"};
inline constexpr Reply tls_hello{500, "5.7.0", "TLS starts with STARTTLS here", "not_smtp"};
inline constexpr Reply tls_hello_in_vain{500, "5.7.0", "TLS starts with STARTTLS here, and this server does not offer it", "not_smtp"};
inline constexpr Reply unknown_command{500, "5.5.1", "unknown command", "unknown_command"};
inline constexpr Reply not_implemented{502, "5.5.1", "not implemented", "unknown_command"};
inline constexpr Reply no_arguments{501, "5.5.4", "no arguments here", "syntax"};

// Order.
inline constexpr Reply need_helo{503, "5.5.1", "EHLO or HELO first", "sequence"};
inline constexpr Reply need_lhlo{503, "5.5.1", "LHLO first", "sequence"};
inline constexpr Reply only_lhlo{500, "5.5.1", "this is LMTP: LHLO", "sequence"};
inline constexpr Reply tls_already{503, "5.5.1", "TLS is active already", "sequence"};
inline constexpr Reply need_mail{503, "5.5.1", "MAIL first", "sequence"};
inline constexpr Reply need_rcpt{503, "5.5.1", "RCPT first", "sequence"};
inline constexpr Reply nested_mail{503, "5.5.1", "a transaction is open already", "sequence"};
inline constexpr Reply need_bdat{503, "5.5.1", "BODY=BINARYMIME comes by BDAT", "sequence"};
inline constexpr Reply chunks_begun{503, "5.5.1", "the message has begun: BDAT or RSET", "sequence"};
inline constexpr Reply need_rset{503, "5.5.1", "this message was refused: RSET first", "sequence"};
inline constexpr Reply no_valid_recipients{554, "5.5.1", "no valid recipients", "sequence"};

// HELO, MAIL and RCPT.
inline constexpr Reply helo_syntax{501, "5.5.4", "a host name or address literal is needed", "syntax"};
inline constexpr Reply mail_syntax{501, "5.5.4", "syntax: MAIL FROM:<address>", "syntax"};
inline constexpr Reply rcpt_syntax{501, "5.5.4", "syntax: RCPT TO:<address>", "syntax"};
inline constexpr Reply bad_sender{501, "5.1.7", "not a legal sender address", "syntax"};
inline constexpr Reply bad_recipient{501, "5.1.3", "not a legal recipient address", "syntax"};
inline constexpr Reply needs_utf8{553, "5.6.7", "8-bit addresses need SMTPUTF8", "needs_utf8"};
inline constexpr Reply unknown_parameter{555, "5.5.4", "unknown parameter", "parameter"};
inline constexpr Reply bad_parameter{501, "5.5.4", "bad or repeated parameter", "parameter"};
inline constexpr Reply relaying_denied{550, "5.7.1", "relaying denied", "relaying"};
inline constexpr Reply bad_inbox{553, "5.1.3", "no inbox can have that name", "inbox_name"};
inline constexpr Reply no_such_alias{550, "5.1.1", "no such inbox", "alias"};  // forged, revoked, expired: it does not say
inline constexpr Reply too_many_recipients{452, "4.5.3", "too many recipients", "recipients"};

// XCLIENT.
inline constexpr Reply xclient_denied{550, "5.7.0", "you may not tell who your client is", "xclient"};
inline constexpr Reply xclient_syntax{501, "5.5.4", "syntax: XCLIENT attribute=value ..., each attribute once", "syntax"};
inline constexpr Reply xclient_attribute{501, "5.5.4", "unknown XCLIENT attribute", "syntax"};
inline constexpr Reply xclient_value{501, "5.5.4", "bad value of an XCLIENT attribute", "syntax"};

// The message.
inline constexpr Reply bdat_syntax{501, "5.5.4", "syntax: BDAT size [LAST]", "syntax"};
inline constexpr Reply bare_newline_chunk{554, "5.6.0", "bare CR or LF in the message (RFC 5321 2.3.8); BODY=BINARYMIME may have them", "bare_newline"};
inline constexpr Reply too_large{552, "5.3.4", "message larger than SIZE", "size"};
inline constexpr Reply data_line_too_long{554, "5.6.0", "line too long in the message", "data_line"};
inline constexpr Reply header_too_large{552, "5.3.4", "message header too large", "header_size"};
inline constexpr Reply attachments{554, "5.6.1", "no attachments here, only text", "attachments"};
inline constexpr Reply too_many_hops{554, "5.4.6", "too many hops, this looks like a mail loop", "hops"};

// The store and memory: 452 for what fills up, 451 for what fails.
inline constexpr Reply store_full{452, "4.3.1", "no room now, try again later", "store_full"};
inline constexpr Reply no_memory{452, "4.3.1", "too much mail at once, try again later", "memory"};
inline constexpr Reply store_failed{451, "4.3.0", "cannot store now, try again later", "store_failed"};

// Rates of a source.
inline constexpr Reply message_rate{450, "4.7.1", "too much mail in a minute from your network, try again later", "message_rate"};
inline constexpr Reply recipient_rate{450, "4.7.1", "too many recipients in a minute from your network, try again later", "recipient_rate"};

// Filters, where they give no reply of their own.
inline constexpr Reply filter_defer{450, "4.7.1", "try again later", "filter"};
inline constexpr Reply filter_reject{550, "5.7.1", "refused by policy", "filter"};
inline constexpr Reply filter_defer_connect{421, "4.7.1", "try again later", "filter"};
inline constexpr Reply filter_reject_connect{554, "5.7.1", "refused by policy", "filter"};
inline constexpr Reply filter_failed{451, "4.3.0", "cannot check this now, try again later", "filter_failed"};
inline constexpr Reply filter_failed_connect{421, "4.3.0", "cannot check this now, try again later", "filter_failed"};

// Ends of a session.
inline constexpr Reply too_many_errors{421, "4.7.0", "too many errors", "errors"};
inline constexpr Reply too_many_unknown{421, "4.7.0", "too many unknown commands", "unknown_command"};
inline constexpr Reply too_much_junk{421, "4.7.0", "too many commands without a message", "junk"};
inline constexpr Reply too_many_connections{421, "4.7.0", "too many connections from your network", "connections"};
inline constexpr Reply connection_rate{421, "4.7.0", "too many connections in a minute from your network", "connection_rate"};
inline constexpr Reply error_rate{421, "4.7.0", "too many errors from your network, try again later", "error_rate"};
inline constexpr Reply memory_needed{421, "4.3.1", "too much mail at once, others need room", "memory"};
inline constexpr Reply displaced{421, "4.3.2", "too many connections, others need one", "displaced"};
inline constexpr Reply early_talker{554, "5.5.1", "you spoke before the greeting", "early_talker"};
inline constexpr Reply server_full{421, "4.3.2", "too many connections, try again later", "connections"};
inline constexpr Reply server_busy{421, "4.3.2", "too much mail at once, try again later", "memory"};
inline constexpr Reply timed_out{421, "4.4.2", "timed out", "timeout"};
inline constexpr Reply too_slow{421, "4.4.2", "too slow", "slow"};
inline constexpr Reply shutting_down{421, "4.3.2", "shutting down, try again", "shutdown"};
inline constexpr Reply internal_error{421, "4.3.0", "internal error", "internal"};

}  // namespace reply
// clang-format on

}  // namespace maildrop::smtp
