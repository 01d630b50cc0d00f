/// settings_api.cc: the rows of HTTP.
#include "core/setting_rows.h"
#include "core/setting_values.h"

namespace maildrop::rows {

void add_api(std::vector<Setting>& rows) {
  rows.push_back(
      never_empty(endpoints_row("api.listen", MEMBER(api.listen), "Where to answer HTTP; forms as in smtp.listen."),
                  "nothing would listen"));
  rows.push_back(reloadable(list_row(
      "api.hosts", MEMBER(api.hosts), parse_host, as_is, "NAME | ADDRESS | *, ...",
      "What a request's Host field may name, whatever its port; `*` is anything. Others hear 421: a page whose name "
      "was pointed at this server (DNS rebinding) would else count as one of its own. Empty: anything, but where the "
      "API listens on loopback and unix sockets only, the names of loopback (localhost and below it, 127.0.0.0/8, "
      "[::1]) and smtp.hostname.")));
  rows.push_back(reloadable(list_row(
      "api.cors", MEMBER(api.cors), parse_origin, as_is, "SCHEME://HOST[:PORT] | *, ...",
      "Origins whose pages may read mail in a browser; `*` is any. Pages of other origins can never delete. Empty: "
      "any, but where the API listens on loopback and unix sockets only, pages of loopback names: else each page that "
      "somebody visits could read what is sent to the machine's own server.")));
  rows.push_back(reloadable(networks_row(
      "api.proxies", MEMBER(api.proxies),
      "Reverse proxies that tell in api.proxy_field whom they ask for: all limits and logs go by the client they name. "
      "They themselves skip api.connections_per_source. An address alone is that address. Empty: nobody is "
      "believed.")));
  rows.push_back(reloadable(boolean_row(
      "api.proxy_unix_sockets", MEMBER(api.proxy_unix_sockets),
      "Whether who connects over a unix socket is a reverse proxy, too: nginx on this machine, say. Without, all that "
      "comes by unix sockets is free of rates and caps, those whom a proxy brings as well.")));
  rows.push_back(
      reloadable(choice_row<ApiSettings::ProxyField>("api.proxy_field",
                                                     {{"X-Forwarded-For", ApiSettings::ProxyField::x_forwarded_for},
                                                      {"Forwarded", ApiSettings::ProxyField::forwarded}},
                                                     MEMBER(api.proxy_field), "X-Forwarded-For | Forwarded",
                                                     "The field to which they add the address they see; Forwarded is "
                                                     "that of RFC 7239. The other one is not looked at, "
                                                     "since a proxy lets it through as its client wrote it.")));
  rows.push_back(reloadable(boolean_row(
      "api.page", MEMBER(api.page),
      "Whether there are pages for people: the first one, inboxes, statistics. Without, the API alone answers.")));
  rows.push_back(reloadable(boolean_row(
      "api.dns", MEMBER(api.dns),
      "Whether clients on loopback may ask what the filters hear of the DNS, as `maildrop dns --api` does. Where a "
      "reverse proxy is on this machine it must not pass on /dns/: others could use the server to ask questions, and "
      "learn of whom it has mail.")));
  rows.push_back(reloadable(choice_row<ApiSettings::Metrics>(
      "api.metrics",
      {{"everybody", ApiSettings::Metrics::everybody},
       {"local", ApiSettings::Metrics::local},
       {"nobody", ApiSettings::Metrics::nobody}},
      MEMBER(api.metrics), "everybody | local | nobody",
      "Who may read /metrics here: clients on loopback alone where it is local. To others there is no such path. The "
      "admin listener has them in any case.")));
  rows.push_back(size_row("api.header_size", {kKiB, 64 * kKiB}, MEMBER(api.header_size), "1KiB..64KiB",
                          "Bytes of a request's line and header. Beyond: 431."));
  rows.push_back(size_row("api.body_size", {0, 16 * kMiB}, MEMBER(api.body_size), "0..16MiB",
                          "Bytes of a request's body. Beyond: 413."));
  rows.push_back(
      duration_row("api.request_timeout", kTimeout, MEMBER(api.request_timeout), "1s..24h",
                   "How long a request may take from its first byte to its last; never renewed, so dripping does "
                   "not help. Then 408."));
  rows.push_back(duration_row("api.answer_timeout", kTimeout, MEMBER(api.answer_timeout), "1s..24h",
                              "How long a request may wait for the store. Then 503: a disk that hangs must not look "
                              "like a server that hangs. One that has waited for half of it is not begun."));
  rows.push_back(duration_row("api.write_timeout", kTimeout, MEMBER(api.write_timeout), "1s..24h",
                              "How long a client may take to read an answer. Then the connection is closed."));
  rows.push_back(duration_row("api.idle_timeout", kTimeout, MEMBER(api.idle_timeout), "1s..24h",
                              "How long a connection is kept between two requests."));
  rows.push_back(number_row("api.connections", kCount, MEMBER(api.connections), "1..1000000",
                            "HTTP connections at once, in total. Beyond: 503."));
  rows.push_back(number_row("api.connections_per_source", kCount, MEMBER(api.connections_per_source), "1..1000000",
                            "HTTP connections at once from one IPv4 address or one IPv6 /64. Beyond: 429. Networks in "
                            "limits.exempt and api.proxies skip it."));
  rows.push_back(number_row("api.workers", {1, 64}, MEMBER(api.workers), "1..64",
                            "Threads that read the store for requests. Where there are several, one source has all but "
                            "one of them at most."));
  rows.push_back(
      number_row("api.waiting", {1, 100'000}, MEMBER(api.waiting), "1..100000",
                 "Requests that may wait for a worker, at most a quarter of them of one source. Beyond: 503."));
  constexpr Range<unsigned> kRate{0, 1'000'000};
  rows.push_back(reloadable(number_row(
      "api.request_rate", kRate, MEMBER(api.request_rate), "0..1000000",
      "Requests a minute of one client: an IPv4 address or an IPv6 /64. Who was quiet may send a minute's worth at "
      "once. All of an IPv6 /48 may send four times as many. Beyond: 429. 0: any number. Not counted are /livez, "
      "/readyz and OPTIONS, what comes over unix "
      "sockets, and networks in limits.exempt.")));
  rows.push_back(reloadable(number_row(
      "api.inbox_rate", kRate, MEMBER(api.inbox_rate), "0..1000000",
      "Requests a minute for one inbox, of all clients that are counted. Beyond: 429. 0: any number. Less than several "
      "times api.request_rate lets few clients keep all others out of an inbox.")));
  rows.push_back(
      boolean_row("api.shared_rates", MEMBER(api.shared_rates),
                  "Whether the rates of requests are those of all processes on one store, and outlive a restart; "
                  "flood.shared tells "
                  "how. A process that may not write beside the store counts by itself, and says so in its log."));
  rows.push_back(
      number_row("api.watchers", {0, 1'000'000}, MEMBER(api.watchers), "0..1000000",
                 "Requests that may wait for news of an inbox at once: those with ?wait= and streams of "
                 "events, in total. Each keeps its connection. Beyond: 503. Of one IPv4 address or IPv6 /64, "
                 "behind api.proxies too, as many as api.connections_per_source; beyond: 429."));
  rows.push_back(duration_row("api.wait_time", kTimeout, MEMBER(api.wait_time), "1s..24h",
                              "How long ?wait= may let a request wait for mail; more is as much."));
  rows.push_back(
      size_row("api.memory", {kMiB, 64 * kGiB}, MEMBER(api.memory), "1MiB..64GiB",
               "Bytes of answers that are made or that clients have not read yet, at most a quarter of them for one "
               "IPv4 address or IPv6 /64. Beyond: 503. While a message becomes JSON it takes up to 16 times its size "
               "(8 times beyond its first MiB): 4 times that of mail.max_size are needed. Networks in limits.exempt "
               "skip the quarter."));
  rows.push_back(size_row("api.answer_cache", {0, 4 * kGiB}, MEMBER(api.answer_cache), "0..4GiB",
                          "Bytes of answers that are kept for a second at most, and given to whoever asks the same "
                          "while the store has not changed; all loops together. 0: none is kept. SQLite alone: other "
                          "stores do not tell that they have not changed."));
}

}  // namespace maildrop::rows
