/// session_tls.cc: STARTTLS, and those who speak TLS, or something else, where SMTP is spoken. Part of session.h.
#include "smtp/session.h"

namespace maildrop::smtp {

using filter::Phase;

/// One byte decides: no command begins with the 0x16 of a ClientHello, whose sender would wait for ever for the end of
/// a line, nor with the 0xFF of a telnet interrupt.
bool Session::hears_another_protocol(char first) {
  if (first != '\x16' && first != '\xff') return false;
  const Reply& hello = tls_ == TlsUse::offered ? reply::tls_hello : reply::tls_hello_in_vain;
  refuse_and_close(first == '\x16' ? hello : reply::not_smtp);
  return true;
}

void Session::run_starttls(std::string_view argument) {
  if (transaction_.tls.active()) return refuse(reply::tls_already);
  if (tls_ != TlsUse::offered) return refuse(reply::not_implemented);
  if (!argument.empty()) return refuse(reply::no_arguments);
  if (!greeted_) return refuse(transaction_.lmtp ? reply::need_lhlo : reply::need_helo);
  say(reply::start_tls);
  want_ = Want::tls;
}

void Session::tls_started(mail::Tls tls) {
  transaction_.tls = std::move(tls);
  if (state_ == State::closed) return close();  // it was ended meanwhile
  want_ = Want::input;
  if (tls_ == TlsUse::first) return ask(Phase::connect);
  reset();
  greeted_ = false;
  transaction_.helo.clear();
  transaction_.esmtp = false;
}

}  // namespace maildrop::smtp
