/// settings_admin.cc: the rows of the listener for operators.
#include <algorithm>

#include "core/setting_rows.h"

namespace maildrop::rows {

namespace {

/// It goes into a field of a request's header as it is.
Result<void> check_token(std::string_view text) {
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (text.empty() || (printable && text.size() >= kLeastToken)) return {};
  return fail(Code::invalid, "it must have at least " + std::to_string(kLeastToken) +
                                 " printable characters and no blanks, as those of `openssl rand -hex 32`");
}

/// What systemd passes shows where it listens when it is taken.
Result<void> check_admin_endpoint(const Endpoint& endpoint) {
  const bool is_public =
      endpoint.kind == Endpoint::Kind::any || (endpoint.kind == Endpoint::Kind::ip && !endpoint.address.is_loopback());
  if (!is_public) return {};
  return fail(Code::invalid, "'" + endpoint.to_string() +
                                 "' can be reached from elsewhere: who comes there sees and removes all mail, so it is "
                                 "a unix socket or an address of loopback");
}

Setting admin_listen_row() {
  Setting row = endpoints_row(
      "admin.listen", MEMBER(admin.listen),
      "Where operators ask over HTTP, see maildrop-admin(8): what is stored, who sends it, what filters find, the "
      "settings, the mail of all inboxes, and its removal. An address of loopback needs admin.token. Nothing of it is "
      "where api.listen is. Empty: nowhere.");
  row.values = "LOOPBACK:PORT | unix:PATH | fd:NAME, ...";
  row.set = [set = std::move(row.set)](Config& config, const Values& given) -> Result<void> {
    Config tried;
    TRY(set(tried, given));
    for (const Endpoint& each : tried.admin.listen) TRY(check_admin_endpoint(each));
    return set(config, given);
  };
  return row;
}

}  // namespace

void add_admin(std::vector<Setting>& rows) {
  rows.push_back(admin_listen_row());
  rows.push_back(reloadable(secret(
      text_row("admin.token", MEMBER(admin.token), check_token, "TEXT",
               "What clients of admin.listen have to send, as `Authorization: Bearer TEXT`: 16 printable characters at "
               "least, as of `openssl rand -hex 32`. Others hear 401. Empty: whoever may connect is let in; a port of "
               "loopback, or a unix socket to which all users of the machine may, needs one."))));
  rows.push_back(mode_row("admin.socket_mode", MEMBER(admin.socket_mode),
                          "Permissions of the unix sockets of admin.listen. To connect, a user must be able to write: "
                          "0600 is our user (and root), 0660 our group, too. What lets all users in (0002) needs "
                          "admin.token. systemd has SocketMode= for what it passes, which is 0666 where it is not "
                          "given."));
  rows.push_back(number_row("admin.connections", kCount, MEMBER(admin.connections), "1..1000000",
                            "Connections of operators at once, those that watch a stream included. Beyond: 503."));
}

}  // namespace maildrop::rows
