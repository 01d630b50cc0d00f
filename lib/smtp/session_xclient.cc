/// session_xclient.cc: a session whose peer tells whose mail it brings.
#include "smtp/session.h"
#include "smtp/xclient.h"

namespace maildrop::smtp {

/// The session is as before its greeting, TLS and counts of errors apart. Who may say it once may say it again: some
/// need more than one line.
void Session::run_xclient(std::string_view argument) {
  if (policy_->config.xclient.networks.empty()) return refuse(reply::not_implemented);
  if (!may_tell_client_) return refuse(reply::xclient_denied);
  if (in_transaction_) return refuse(reply::nested_mail);
  tl::expected<XclientCommand, Reply> told = parse_xclient(argument);
  if (!told) return refuse(told.error());
  count_junk();
  if (want_ == Want::close) return;
  mail::Peer& peer = transaction_.peer;
  if (told->address) {                       // the name and the port belong to an address
    transcript_.begin(id_, delivered_ + 1);  // what was said before is another client's
    peer = {};
    peer.address = *told->address;
    peer.exempt = contains(policy_->config.limits.exempt, peer.address);
  }
  if (told->name) peer.name = std::move(*told->name);
  if (told->port) peer.port = *told->port;
  reset();
  greeted_ = false;
  discard_all_.reset();
  transaction_.helo = told->helo.value_or(std::string());
  transaction_.esmtp = told->esmtp.value_or(transaction_.lmtp);
  helo_was_told_ = !transaction_.helo.empty();
  if (!told->address) return ask(filter::Phase::connect);
  want_ = Want::admission;
}

void Session::admitted(std::array<std::shared_ptr<Budget>, 2> smaller) {
  smaller_ = {};  // before what they are shares of
  means_.smaller = std::move(smaller);
  share_memory();
  if (state_ == State::closed) return close();  // it was ended meanwhile
  want_ = Want::input;
  ask(filter::Phase::connect);
}

}  // namespace maildrop::smtp
