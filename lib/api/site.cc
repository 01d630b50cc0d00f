/// site.cc: names of loopback, and lists of names.
#include "api/site.h"

#include <algorithm>

#include "core/text.h"

namespace maildrop::api {

namespace {

/// `a.example:8080` is a.example, `[::1]:80` is [::1].
std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || host.find(']', colon) != std::string_view::npos) return host;
  return host.substr(0, colon);
}

/// What every browser takes for this machine without asking DNS (RFC 6761 6.3), so that nobody can point it elsewhere.
bool is_loopback_name(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (const auto address = IpAddress::parse(host)) return address->is_loopback();
  return equals_ignoring_case(host, "localhost") || to_lower(host).ends_with(".localhost");
}

/// Nobody but this machine reaches the API. What is passed to us (fd:NAME) may be anything until it is here.
bool is_loopback_only(const Config& config) {
  const auto& all = config.api.listen;
  return std::all_of(all.begin(), all.end(), [](const Endpoint& each) {
    return each.kind == Endpoint::Kind::unix_path || (each.kind != Endpoint::Kind::any && each.address.is_loopback());
  });
}

bool contains(const std::vector<std::string>& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(),
                     [name](const std::string& each) { return each == "*" || equals_ignoring_case(each, name); });
}

}  // namespace

bool is_our_host(std::string_view host, const Config& config) {
  if (host.empty()) return true;
  const std::string_view name = without_port(host);
  if (!config.api.hosts.empty()) return contains(config.api.hosts, name);
  return !is_loopback_only(config) || is_loopback_name(name) ||
         equals_ignoring_case(name, effective_hostname(config.smtp));
}

bool may_read(std::string_view origin, const Config& config) {
  if (origin.empty()) return true;
  if (!config.api.cors.empty()) return contains(config.api.cors, origin);
  if (!is_loopback_only(config)) return true;
  const std::size_t host = origin.find("://");
  return host != std::string_view::npos && is_loopback_name(without_port(origin.substr(host + 3)));
}

bool from_another_site(const Request& request) {
  if (const std::string_view site = field_of(request, "sec-fetch-site"); !site.empty())
    return site != "same-origin" && site != "none";
  const auto origin = request.headers.find("origin");
  if (origin == request.headers.end()) return false;
  const std::string_view host = field_of(request, "host");
  if (host.empty()) return true;
  // https too: a proxy before us may speak TLS for us.
  for (const std::string_view scheme : {"http://", "https://"})
    if (equals_ignoring_case(origin->second, std::string(scheme).append(host))) return false;
  return true;
}

}  // namespace maildrop::api
