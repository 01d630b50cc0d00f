/// route.cc: from a request to the handler that answers it.
#include "api/route.h"

#include <algorithm>
#include <exception>

#include "api/admin.h"
#include "api/answer.h"
#include "api/conditional.h"
#include "api/page.h"
#include "api/site.h"
#include "api/v3.h"
#include "core/text.h"

namespace maildrop::api {

namespace {

using Segments = std::vector<std::string>;

/// Whether the path fits; `args` then holds what `{...}` stood for.
bool matches(std::string_view pattern, const std::vector<std::string>& path, Segments& args) {
  args.clear();
  for (const std::string& given : path) {
    if (!pattern.starts_with('/')) return false;
    pattern.remove_prefix(1);
    const std::string_view want = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(want.size());
    if (want.starts_with('{') ? given.empty() : want != given) return false;
    if (want.starts_with('{')) args.push_back(given);
  }
  return pattern.empty();
}

bool is_read(const Request& request) {
  return request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
}

bool is_v3(const Request& request) {
  return request.path.size() > 1 && request.path[0] == "api" && request.path[1] == "v3";
}

struct Match {
  const Route* route = nullptr;
  Segments args;
  std::vector<std::string_view> allowed;  // methods of that path; empty: no such path
  bool reads_by_post = false;
};

/// For whom api.metrics says. Operators have them in any case.
bool may_see_figures(const Request& request, const Config& config) {
  switch (config.api.metrics) {
    case ApiSettings::Metrics::everybody: return true;
    case ApiSettings::Metrics::local: return is_local(request);
    case ApiSettings::Metrics::nobody: break;
  }
  return false;
}

/// `config`: by which figures and pages are hidden; nullptr: they are not.
Match find(const Request& request, const Admin* admin, const Config* config) {
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  Match match;
  Segments args;
  const bool local = is_local(request);
  const bool figures = admin || !config || may_see_figures(request, *config);
  const bool pages = !config || config->api.page;
  for (const Route& route : admin ? admin_routes() : routes()) {
    if ((route.local && !local) || (route.figures && !figures) || (route.page && !pages)) continue;
    if (!matches(route.pattern, request.path, args)) continue;
    if (std::find(match.allowed.begin(), match.allowed.end(), route.method) == match.allowed.end()) {
      match.allowed.push_back(route.method);
      if (route.method == "GET") match.allowed.push_back("HEAD");
    }
    if (route.reads) match.reads_by_post = true;
    if (route.method == method && !match.route) {
      match.route = &route;
      match.args = args;
    }
  }
  if (!match.allowed.empty()) match.allowed.push_back("OPTIONS");
  return match;
}

std::string joined(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

/// The answer to OPTIONS. DELETE is not among the methods for other sites' pages, so browsers do not send it for them;
/// x-api-key is what the pages of old clients send along.
Response options(const Match& match, const Admin* admin) {
  Response response;
  response.status = 204;
  response.content_type.clear();
  response.headers.emplace_back("Allow", joined(match.allowed));
  if (admin) return response;
  response.headers.emplace_back("Access-Control-Allow-Methods", match.reads_by_post ? "GET, HEAD, POST" : "GET, HEAD");
  response.headers.emplace_back("Access-Control-Allow-Headers",
                                "content-type, if-none-match, if-range, last-event-id, range, x-api-key");
  response.headers.emplace_back("Access-Control-Max-Age", "600");
  return response;
}

/// Each version of the API has its own form of an error. Operators have one, whatever they ask.
Response refused(const Request& request, const Fault& fault, const Config& config, const Admin* admin) {
  if (admin) return problem(fault);
  const std::string_view first = request.path.empty() ? std::string_view() : request.path[0];
  const std::string_view second = request.path.size() < 2 ? std::string_view() : request.path[1];
  if (first == "v2") return v2_error(fault);
  if (first == "graphql") return graphql_error(fault);
  if (first == "serve" || (first == "api" && (second == "v1" || second == "v2"))) return inbucket_error(fault);
  if (config.api.page && wants_page(request)) return page_error(fault);
  return problem(fault);
}

Response not_allowed(const Request& request, const Match& match, const Context& context) {
  Response response = refused(request, {405, "this path does not take that method", {}}, context.config, context.admin);
  response.headers.emplace_back("Allow", joined(match.allowed));
  return response;
}

/// The page of a message names its inbox, which who has an alias of it only does not know: by mail with guesses in it
/// he could find the one that makes the page smallest.
bool tells_alias(const Route& route, const Config& config) {
  return config.inbox.has_aliases() && route.page && route.pattern.find("{id}") != std::string_view::npos;
}

Response answer(const Request& request, Context& context) {
  if (context.admin)
    if (const auto fault = refuse_operator(request, context)) return problem(*fault);
  if (!is_our_host(field_of(request, "host"), context.config))
    return refused(request, {421, "this host is not served here", "the Host is none of api.hosts"}, context.config,
                   context.admin);
  const Match match = find(request, context.admin, &context.config);
  if (match.allowed.empty()) return refused(request, {404, "no such path", {}}, context.config, context.admin);
  if (request.method == "OPTIONS") return options(match, context.admin);
  if (!match.route) return not_allowed(request, match, context);
  if (!is_read(request) && !match.route->reads && from_another_site(request))
    return refused(request, {403, "changes are not taken from another site's page", {}}, context.config, context.admin);
  Response response = match.route->handle(request, match.args, context);
  // What is made anew each time (on the loop) is never the same, and small.
  if ((is_v3(request) || match.route->page) && is_read(request) && match.route->runs == Runs::on_worker)
    meet_conditions(request, match.route->compresses && !tells_alias(*match.route, context.config), response);
  return response;
}

/// Whether what is answered may be for another site's page.
bool may_see(const Request& request) {
  if (is_read(request)) return true;
  const Route* route = route_of(request);
  return route && route->reads;
}

void add_common_headers(const Request& request, const Config& config, const Admin* admin, Response& response) {
  static constexpr std::string_view kOfMail[] = {"v2", "api", "graphql", "serve"};
  const bool of_mail =
      !request.path.empty() && std::find(std::begin(kOfMail), std::end(kOfMail), request.path[0]) != std::end(kOfMail);
  // Others' mail, and gone when its inbox says so: no cache on the way may keep it. What is no mail says so itself.
  const auto add_unless_said = [&response](const char* name, const char* value) {
    const auto is_it = [name](const auto& each) { return each.first == name; };
    if (std::none_of(response.headers.begin(), response.headers.end(), is_it))
      response.headers.emplace_back(name, value);
  };
  add_unless_said("Cache-Control", "no-store");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  add_unless_said("Referrer-Policy", "no-referrer");
  if (admin) return;
  // Without credentials, of which there are none.
  const std::string_view origin = field_of(request, "origin");
  if (!of_mail || !may_see(request) || !may_read(origin, config)) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", "*");
  // What a page's script sees beside Content-Type: so that it knows when to come again.
  if (!origin.empty())
    response.headers.emplace_back("Access-Control-Expose-Headers",
                                  "Accept-Ranges, Content-Disposition, Content-Range, ETag, Retry-After, RateLimit, "
                                  "RateLimit-Policy");
}

/// The answer when there is no memory to say more: it takes none.
Response no_memory() { return {500, {}, {}, {}, "no memory"}; }

}  // namespace

std::string_view field_of(const Request& request, std::string_view name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? std::string_view() : found->second;
}

std::span<const Route> routes() {
  static const std::vector<Route> all = [] {
    std::vector<Route> table;
    for (const std::span<const Route> part :
         {v2_routes(), v3_event_routes(), v3_name_routes(), v3_part_routes(), v3_code_routes(), v3_feed_routes(),
          v3_status_routes(), v3_statistics_routes(), v3_openapi_routes(), v3_routes(), graphql_routes(),
          inbucket_routes(), inbucket_monitor_routes(), original_routes(), health_routes(), page_routes(),
          page_inbox_routes(), page_message_routes(), page_statistics_routes()})
      table.insert(table.end(), part.begin(), part.end());
    return table;
  }();
  return all;
}

bool is_local(const Request& request) {
  static constexpr std::string_view kOfProxies[] = {"forwarded", "via", "x-forwarded-for", "x-real-ip"};
  if (!request.client.is_loopback() || from_another_site(request)) return false;
  return std::none_of(std::begin(kOfProxies), std::end(kOfProxies),
                      [&](std::string_view name) { return request.headers.find(name) != request.headers.end(); });
}

const Route* route_of(const Request& request, const Admin* admin) {
  const Match match = find(request, admin, nullptr);
  return match.route;
}

Response refuse_with(const Request& request, const Fault& fault, const Config& config, const Admin* admin) try {
  Response response = refused(request, fault, config, admin);
  add_common_headers(request, config, admin, response);
  return response;
} catch (const std::exception&) {
  return no_memory();
}

Response dispatch(const Request& request, Context& context) try {
  Response response;
  try {
    response = answer(request, context);
  } catch (const std::exception& error) {
    response = refused(request, {500, "internal error", std::string("a handler threw: ") + error.what()},
                       context.config, context.admin);
  }
  add_common_headers(request, context.config, context.admin, response);
  return response;
} catch (const std::exception&) {
  return no_memory();
}

}  // namespace maildrop::api
