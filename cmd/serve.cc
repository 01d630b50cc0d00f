/// serve.cc: the daemons: both servers in one process, or each alone on a shared store.
#include "command.h"
#include "daemon.h"

namespace maildrop::cmd {

namespace {

template <bool smtp, bool api>
std::function<int()> declare_serve(CLI::App&, const Globals& globals) {
  return [&globals] { return run_daemon(globals, {smtp, api}); };
}

}  // namespace

extern const Command serve_command{"serve", "Receive mail over SMTP and show it over HTTP.", declare_serve<true, true>,
                                   false,
                                   "maildrop serve\n"
                                   "maildrop serve --set mail.domains=example.org --set smtp.listen=0.0.0.0:25\n"
                                   "MAILDROP_STORE_URL=sqlite:/tmp/mail.db maildrop serve"};
extern const Command serve_smtp_command{"serve-smtp", "Receive mail over SMTP only.", declare_serve<true, false>, false,
                                        "maildrop serve-smtp\n"
                                        "maildrop serve-smtp --config /etc/maildrop/maildrop.toml\n"
                                        "maildrop serve-smtp --set smtp.listen=unix:/run/maildrop/smtp.sock"};
extern const Command serve_api_command{"serve-api", "Show mail over HTTP only.", declare_serve<false, true>, false,
                                       "maildrop serve-api\n"
                                       "maildrop serve-api --set api.listen=127.0.0.1:8081\n"
                                       "maildrop serve-api --set store.url=sqlite:/var/lib/maildrop/mail.db"};

}  // namespace maildrop::cmd
