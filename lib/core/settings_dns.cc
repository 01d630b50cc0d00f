/// settings_dns.cc: the rows of the resolver.
#include <chrono>

#include "core/setting_rows.h"
#include "core/setting_values.h"

namespace maildrop::rows {

namespace {

constexpr std::uint16_t kDnsPort = 53;

/// An address, alone or with a port.
Result<Endpoint> parse_server(const std::string& text) {
  Endpoint server;
  server.port = kDnsPort;
  if (const Result<IpAddress> address = IpAddress::parse(text)) {
    server.address = *address;
    return server;
  }
  const Result<Endpoint> given = Endpoint::parse(text);
  if (given && given->kind == Endpoint::Kind::ip && given->port != 0) return *given;
  return fail(Code::invalid, "'" + text + "' is not an address of a server, as 192.0.2.53 or [2001:db8::53]:5353");
}

}  // namespace

void add_dns(std::vector<Setting>& rows) {
  using std::chrono::hours;
  constexpr Range<Millis> kLifetime{std::chrono::seconds(1), hours(24 * 7)};
  rows.push_back(list_row(
      "dns.servers", MEMBER(dns.servers), parse_server, [](const Endpoint& server) { return server.to_string(); },
      "ADDRESS[:PORT], ...",
      "Resolvers that answer our questions. Empty: none; the answers come from the servers of each domain, found from "
      "the root servers on. Lists of senders "
      "(DNSBL) refuse questions of public resolvers."));
  rows.push_back(duration_row("dns.timeout", {Millis(100), std::chrono::seconds(30)}, MEMBER(dns.timeout), "100ms..30s",
                              "How long a question may take. Then it counts as not answered."));
  rows.push_back(number_row("dns.lookups", {10, 100'000}, MEMBER(dns.lookups), "10..100000",
                            "Questions on their way at once, of 12 KB of memory each; each loop has its part of "
                            "them. Further ones are not asked. One that its servers do not answer counts for up to "
                            "half a minute, longer than anybody waits for it. One source (an IPv4 address or an IPv6 "
                            "/64) that is judged has no more than are free: half of them, when it is alone."));
  rows.push_back(size_row("dns.cache_size", {std::uint64_t{1} << 20, std::uint64_t{16} << 30}, MEMBER(dns.cache_size),
                          "1MiB..16GiB",
                          "Memory for answers, those that there is nothing included; each loop has its part, of "
                          "768 KiB at least. What was "
                          "used longest ago makes room."));
  rows.push_back(duration_row("dns.max_ttl", kLifetime, MEMBER(dns.max_ttl), "1s..7d",
                              "How long an answer is kept at most, whatever its own TTL says."));
  rows.push_back(duration_row("dns.max_negative_ttl", kLifetime, MEMBER(dns.max_negative_ttl), "1s..7d",
                              "The same of the answer that there is nothing."));
  rows.push_back(
      duration_row("dns.stale", {Millis(0), hours(24 * 7)}, MEMBER(dns.stale), "0..7d",
                   "How long an answer that has expired is still given when its servers do not answer within "
                   "half of dns.timeout. 0: never."));
}

}  // namespace maildrop::rows
