/// settings_smtp.cc: the rows of what SMTP is served by: sockets, TLS, balancers, floods.
#include <chrono>

#include "core/setting_rows.h"
#include "core/setting_values.h"

namespace maildrop::rows {

namespace {

void add_smtp(std::vector<Setting>& rows) {
  rows.push_back(never_empty(
      endpoints_row(
          "smtp.listen", MEMBER(smtp.listen),
          "Where to receive mail. `*:25` is every IPv4 and IPv6 address, port 0 lets the system pick, and "
          "`fd:NAME` takes the sockets that systemd passed under that FileDescriptorName, `fd:NAME?` only if there are "
          "any."),
      "nothing would listen"));
  rows.push_back(
      endpoints_row("smtp.listen_tls", MEMBER(smtp.listen_tls),
                    "The same where a client begins with TLS and not with a greeting (implicit TLS, as on port "
                    "465). Needs tls.certificates or tls.self_signed."));
  rows.push_back(
      reloadable(text_row("smtp.hostname", MEMBER(smtp.hostname), check_hostname, "NAME | [LITERAL]",
                          "The name in the greeting, in the answer to EHLO and in our Received fields. Empty: the "
                          "machine's own.")));
  rows.push_back(reloadable(choice_row<SmtpSettings::BareNewline>(
      "smtp.bare_newline",
      {{"reject", SmtpSettings::BareNewline::reject}, {"tolerate", SmtpSettings::BareNewline::tolerate}},
      MEMBER(smtp.bare_newline), "reject | tolerate",
      "What to do with a CR or LF that stands alone (RFC 5321 2.3.8). `reject` answers 500 or 521 and closes: this "
      "ends SMTP "
      "smuggling. `tolerate` keeps it as content of a message, where it never ends anything, and lets a bare LF end a "
      "command, for people at a terminal.")));
  rows.push_back(
      reloadable(duration_row("smtp.command_timeout", kTimeout, MEMBER(smtp.command_timeout), "1s..24h",
                              "How long a client may be silent, or not read our replies, before it hears 421 4.4.2 "
                              "(RFC 5321 4.5.3.2.7).")));
  rows.push_back(reloadable(duration_row("smtp.session_timeout", kTimeout, MEMBER(smtp.session_timeout), "1s..24h",
                                         "How long a session may last, whatever it does. Then 421 4.4.2.")));
  rows.push_back(reloadable(duration_row(
      "smtp.stress_timeout", kTimeout, MEMBER(smtp.stress_timeout), "1s..24h",
      "Instead of smtp.command_timeout and tls.handshake_timeout, if it is shorter, while three quarters of "
      "limits.connections are taken; networks "
      "in limits.exempt keep the longer one.")));
  rows.push_back(reloadable(duration_row("smtp.data_timeout", kTimeout, MEMBER(smtp.data_timeout), "1s..24h",
                                         "How long one message may take from 354 to its final dot. Then 421 4.4.2.")));
  rows.push_back(
      reloadable(size_row("smtp.min_data_rate", {0, kMiB}, MEMBER(smtp.min_data_rate), "0..1MiB",
                          "Bytes a second that a client must reach while it sends a message, in each 30 seconds of "
                          "it, or 10 while seats are scarce (see smtp.stress_timeout). Slower ones hear 421 4.4.2. 0: "
                          "no minimum.")));
  rows.push_back(
      reloadable(size_row("smtp.transcript_size", {0, 64 * kKiB}, MEMBER(smtp.transcript_size), "0..64KiB",
                          "Bytes of the dialog that are kept with each message, from the begin of the session or the "
                          "message before: commands, without passwords, and the first line of each reply. `maildrop "
                          "inbox NAME ID --transcript` shows it; HTTP does not, since it names all recipients. 0: "
                          "none.")));
}

void add_tls(std::vector<Setting>& rows) {
  rows.push_back(reloadable(list_row(
      "tls.certificates", MEMBER(tls.certificates), parse_file, as_is, "FILE, ...",
      "Certificates in PEM, each with the chain up to its authority, the own one first. With one, STARTTLS (RFC 3207) "
      "is offered. A client that names a server (SNI) gets the first certificate for that name, others get the first "
      "of "
      "all. The files are read again on HUP; sessions under way keep what they began with.")));
  rows.push_back(
      reloadable(list_row("tls.keys", MEMBER(tls.keys), parse_file, as_is, "FILE, ...",
                          "The private keys of tls.certificates in PEM and without a passphrase, in the same "
                          "order. Empty: each is in its certificate's file.")));
  rows.push_back(reloadable(boolean_row("tls.self_signed", MEMBER(tls.self_signed),
                                        "Without tls.certificates: make a key and a certificate for smtp.hostname at "
                                        "each start and reload, in memory. For "
                                        "a first try: it protects from who listens, not from who sits between.")));
  rows.push_back(reloadable(choice_row<TlsSettings::Version>(
      "tls.min_version", {{"1.2", TlsSettings::Version::tls1_2}, {"1.3", TlsSettings::Version::tls1_3}},
      MEMBER(tls.min_version), "1.2 | 1.3",
      "The oldest version of TLS that is spoken. Who has only an older one sends in the clear.")));
  rows.push_back(reloadable(duration_row("tls.handshake_timeout", kTimeout, MEMBER(tls.handshake_timeout), "1s..24h",
                                         "How long a handshake may take. Then the connection is closed.")));
  rows.push_back(reloadable(duration_row(
      "tls.retry_after", {Millis(0), std::chrono::hours(24)}, MEMBER(tls.retry_after), "0..24h",
      "STARTTLS is not offered for that long to an address whose last handshake failed, so that its mail comes at "
      "least in the clear. 0: always offered.")));
}

void add_proxy(std::vector<Setting>& rows) {
  rows.push_back(reloadable(networks_row(
      "proxy.networks", MEMBER(proxy.networks),
      "Balancers that put a PROXY header (version 1 or 2) in front of each connection, before the greeting and before "
      "TLS: it tells who is connecting, and all limits and logs go by that. An address alone is that address. From "
      "others a header is an error. A balancer that keeps the clients' addresses needs none of this.")));
  rows.push_back(reloadable(boolean_row(
      "proxy.unix_sockets", MEMBER(proxy.unix_sockets),
      "Whether a balancer is what connects to unix sockets, too (smtp.listen, smtp.listen_tls and lmtp.listen): its "
      "PROXY header is then read as from proxy.networks, and over SMTP whoever it names is no longer trusted as "
      "local.")));
  rows.push_back(reloadable(duration_row(
      "proxy.timeout", kTimeout, MEMBER(proxy.timeout), "1s..24h",
      "How long to wait for the header. Some balancers send it with the client's first bytes, and an SMTP client waits "
      "for the greeting: have them send it at once.")));
  rows.push_back(reloadable(choice_row<ProxySettings::Missing>(
      "proxy.on_missing", {{"reject", ProxySettings::Missing::reject}, {"direct", ProxySettings::Missing::direct}},
      MEMBER(proxy.on_missing), "reject | direct",
      "What to do with a connection of a balancer's that begins with something else, or with nothing in "
      "proxy.timeout: `reject` says 421, `direct` serves the balancer as a client of its own. A header that is wrong "
      "is always refused.")));
}

void add_lmtp(std::vector<Setting>& rows) {
  rows.push_back(
      endpoints_row("lmtp.listen", MEMBER(lmtp.listen),
                    "Where mail servers of your own deliver by LMTP (RFC 2033); forms as in smtp.listen. Who can "
                    "connect is trusted as over a unix socket: no rates, caps per source or filters, unless XCLIENT "
                    "tells whose mail it is. Not for the open internet. Empty: no LMTP."));
}

void add_xclient(std::vector<Setting>& rows) {
  rows.push_back(reloadable(networks_row(
      "xclient.networks", MEMBER(xclient.networks),
      "Mail servers and tools that may tell by XCLIENT (as of Postfix) whose mail they bring: all limits, filters and "
      "logs go by the client they name. They themselves have no rates and caps per source. An address alone is that "
      "address. Empty: nobody may.")));
}

void add_flood(std::vector<Setting>& rows) {
  constexpr Range<unsigned> kRate{0, 1'000'000};
  constexpr Range<Millis> kPause{Millis(0), std::chrono::minutes(1)};
  rows.push_back(reloadable(number_row(
      "flood.connection_rate", kRate, MEMBER(flood.connection_rate), "0..1000000",
      "SMTP connections a minute from one source: an IPv4 address or an IPv6 /64. Who was quiet may do a minute's "
      "worth "
      "at once. Beyond: 421 4.7.0. 0: any number, as for the other rates. Networks in limits.exempt have no rates.")));
  rows.push_back(reloadable(number_row("flood.message_rate", kRate, MEMBER(flood.message_rate), "0..1000000",
                                       "Messages a minute from one source. Beyond, MAIL is answered 450 4.7.1.")));
  rows.push_back(reloadable(number_row("flood.recipient_rate", kRate, MEMBER(flood.recipient_rate), "0..1000000",
                                       "Recipients a minute from one source, accepted or not. Beyond, RCPT is answered "
                                       "450 4.7.1.")));
  rows.push_back(reloadable(number_row("flood.error_rate", kRate, MEMBER(flood.error_rate), "0..1000000",
                                       "Wrong commands and failed TLS handshakes a minute from one source. Beyond, its "
                                       "sessions end and new ones are not "
                                       "greeted: 421 4.7.0. Who has done half of that is a suspect.")));
  rows.push_back(reloadable(
      number_row("flood.network_factor", {1, 1000}, MEMBER(flood.network_factor), "1..1000",
                 "The network around a source, an IPv4 /24 or an IPv6 /48, may do that many times as much.")));
  rows.push_back(reloadable(
      duration_row("flood.greet_pause", kPause, MEMBER(flood.greet_pause), "0..1m",
                   "How long suspects wait for the greeting, where it comes first of all. Who speaks before it "
                   "hears 554 5.5.1.")));
  rows.push_back(reloadable(duration_row("flood.tarpit", kPause, MEMBER(flood.tarpit), "0..1m",
                                         "How long suspects wait for replies that refuse something; what was pipelined "
                                         "waits once.")));
  rows.push_back(reloadable(number_row("flood.held", {0, 1'000'000}, MEMBER(flood.held), "0..1000000",
                                       "Connections that are made to wait at once; further ones are not.")));
  rows.push_back(reloadable(boolean_row(
      "flood.shared", MEMBER(flood.shared),
      "Whether rates are those of all processes on one store, and outlive a restart. Each goes by its own count, and "
      "once a second learns from the store what came to the others, of those who have spent a sixteenth of a rate. So "
      "a moment may bring more than a rate allows; the next then brings less. Rates beyond 500,000 are not shared.")));
}

}  // namespace

void add_smtp_sections(std::vector<Setting>& rows) {
  add_smtp(rows);
  add_lmtp(rows);
  add_tls(rows);
  add_proxy(rows);
  add_xclient(rows);
  add_flood(rows);
}

}  // namespace maildrop::rows
