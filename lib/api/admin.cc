/// admin.cc: who is an operator, and all that he may ask.
#include "api/admin.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <utility>
#include <vector>

#include "api/live_lines.h"
#include "api/site.h"
#include "api/v3.h"
#include "core/text.h"
#include "mail/sha256.h"

namespace maildrop::api {

namespace {

constexpr std::string_view kBearer = "bearer ";
constexpr std::string_view kMailboxes = "/api/v3/mailboxes/{name}/{id}";
constexpr std::string_view kInboxes = "/admin/v1/inboxes/{name}/{id}";
constexpr std::string_view kPrefix = "/admin/v1";

std::string digest(std::string_view text) {
  mail::Sha256 sum;
  sum.add(text);
  return sum.hex();
}

/// How long it takes tells of the digests alone, and nobody can choose how those begin.
bool is_token(std::string_view given, const std::string& token) { return digest(given) == digest(token); }

bool has_token(const Request& request, const std::string& token) {
  const std::string_view field = field_of(request, "authorization");
  if (field.size() < kBearer.size() || !equals_ignoring_case(field.substr(0, kBearer.size()), kBearer)) return false;
  return is_token(trim(field.substr(kBearer.size())), token);
}

/// Under another name. Queries, schemas, rates and what else goes with the public ones stays there.
void add_as(std::vector<Route>& table, const Route& route, std::string pattern) {
  static std::deque<std::string> patterns;  // a deque: none of them moves
  Route& mine = table.emplace_back(route);
  mine.pattern = patterns.emplace_back(std::move(pattern));
  mine.compresses = false;
  mine.query = mine.answer = {};
}

/// What v3 tells of one message, of any inbox; and what is told to those who watch over the process.
void add_public_ones(std::vector<Route>& table) {
  for (const std::span<const Route> part : {v3_part_routes(), v3_code_routes(), v3_routes()})
    for (const Route& route : part)
      if (route.pattern.starts_with(kMailboxes))
        add_as(table, route, std::string(kInboxes).append(route.pattern.substr(kMailboxes.size())));
  for (const Route& route : health_routes())
    if (!route.local) add_as(table, route, std::string(kPrefix).append(route.pattern));
}

}  // namespace

std::uint64_t memory_for_operators(const Config& config) {
  const std::uint64_t text = std::min<std::uint64_t>(config.mail.max_size, kMaxShownText);
  const std::uint64_t largest = kMostGrowth.whole * config.mail.max_size + kMostGrowth.text * text;
  return 2 * std::max<std::uint64_t>(largest, LiveLines::kMostBytes * 2);
}

Config for_operators(const Config& config) {
  Config with = config;
  ApiSettings& api = with.api;
  api.listen.clear();  // nobody elsewhere reaches us: hosts and origins go by that
  api.hosts.clear();
  api.cors.clear();
  api.proxies.clear();
  api.request_rate = api.inbox_rate = 0;
  api.shared_rates = false;
  api.connections = api.connections_per_source = api.watchers = with.admin.connections;
  api.memory = memory_for_operators(config);
  api.answer_cache = 0;  // few ask, and of inboxes that others may not see
  with.limits.exempt = {*Network::parse("127.0.0.0/8"), *Network::parse("::1/128")};  // all there are, of one source
  return with;
}

std::optional<Fault> refuse_operator(const Request& request, const Context& context) {
  const std::string& token = context.config.admin.token;
  if (!is_our_host(field_of(request, "host"), context.config))
    return Fault{421, "operators ask by a name of loopback, such as localhost", "the Host is none of them"};
  if (from_another_site(request)) return Fault{403, "pages elsewhere are no operators", {}};
  if (token.empty() ? context.admin->needs_token : !has_token(request, token))
    return Fault{401, "this takes the token of admin.token, as Authorization: Bearer", "no token, or another one"};
  return std::nullopt;
}

std::span<const Route> admin_routes() {
  static const std::vector<Route> all = [] {
    std::vector<Route> table;
    for (const std::span<const Route> part : {admin_inbox_routes(), admin_purge_routes(), admin_source_routes(),
                                              admin_decision_routes(), admin_state_routes()})
      table.insert(table.end(), part.begin(), part.end());
    add_public_ones(table);
    return table;
  }();
  return all;
}

tl::expected<std::size_t, Fault> admin_limit(const Request& request, std::size_t most) {
  const auto given = request.query.find("limit");
  if (given == request.query.end()) return std::min(kAdminList, most);
  const std::string& text = given->second;
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size() || limit == 0 || limit > most)
    return tl::unexpected(Fault{400, "limit must be a number from 1 to 1000", {}});
  return limit;
}

Monotonic admin_patience(const Context& context) {
  return std::chrono::steady_clock::now() + context.config.api.answer_timeout / 2;
}

}  // namespace maildrop::api
