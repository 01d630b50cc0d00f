/// redis_target.cc: scheme, places, name, database, from left to right.
#include "store/redis_target.h"

#include <algorithm>
#include <charconv>

namespace maildrop::store::redis {

namespace {

constexpr std::uint16_t kServerPort = 6379;
constexpr std::uint16_t kSentinelPort = 26379;
constexpr unsigned kMostDatabases = 65'535;

Result<unsigned> number(std::string_view text, unsigned least, unsigned most, std::string_view what) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < least || value > most)
    return fail(Code::invalid, "'" + std::string(text) + "' is no " + std::string(what));
  return value;
}

Result<Place> parse_place(std::string_view text, std::uint16_t port) {
  std::string_view host = text;
  std::string_view digits;
  if (const std::size_t end = text.find(']'); text.starts_with('[') && end != std::string_view::npos) {
    host = text.substr(1, end - 1);
    if (end + 1 < text.size() && text[end + 1] != ':')
      return fail(Code::invalid, "'" + std::string(text) + "' is no HOST:PORT");
    digits = text.substr(std::min(end + 2, text.size()));
  } else if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    digits = text.substr(colon + 1);
    if (digits.empty() || host.find(':') != std::string_view::npos)
      return fail(Code::invalid, "'" + std::string(text) + "' is no HOST:PORT; IPv6 addresses stand in brackets");
  }
  if (host.empty()) return fail(Code::invalid, "no host in '" + std::string(text) + "'");
  if (!digits.empty()) port = static_cast<std::uint16_t>(TRY(number(digits, 1, 65'535, "port")));
  return Place{std::string(host), port};
}

Result<Target> parse_unix(std::string_view rest) {
  Target target;
  const std::size_t question = rest.find('?');
  const std::string_view path = rest.substr(0, question);
  if (!path.starts_with('/')) return fail(Code::invalid, "redis+unix:// needs an absolute path");
  target.places.push_back({std::string(path), 0});
  if (question == std::string_view::npos) return target;
  const std::string_view query = rest.substr(question + 1);
  if (!query.starts_with("db=")) return fail(Code::invalid, "only ?db=NUMBER may follow the path");
  target.database = TRY(number(query.substr(3), 0, kMostDatabases, "database"));
  return target;
}

Result<Target> parse_hosts(std::string_view rest, bool sentinel) {
  Target target;
  std::size_t slash = std::min(rest.find('/'), rest.size());
  for (std::string_view hosts = rest.substr(0, slash);;) {
    const std::size_t comma = std::min(hosts.find(','), hosts.size());
    target.places.push_back(TRY(parse_place(hosts.substr(0, comma), sentinel ? kSentinelPort : kServerPort)));
    if (comma == hosts.size()) break;
    if (!sentinel) return fail(Code::invalid, "more than one server; redis+sentinel:// takes several");
    hosts.remove_prefix(comma + 1);
  }
  rest.remove_prefix(std::min(slash + 1, rest.size()));
  if (sentinel) {
    slash = std::min(rest.find('/'), rest.size());
    target.master = rest.substr(0, slash);
    if (target.master.empty()) return fail(Code::invalid, "redis+sentinel://HOST,... needs the master's /NAME");
    rest.remove_prefix(std::min(slash + 1, rest.size()));
  }
  if (!rest.empty()) target.database = TRY(number(rest, 0, kMostDatabases, "database"));
  return target;
}

Result<Target> parse(std::string_view url) {
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos) return fail(Code::invalid, "write redis://HOST");
  const std::string_view scheme = url.substr(0, colon);
  const std::string_view rest = url.substr(colon + 3);
  if (scheme == "redis+unix") return parse_unix(rest);
  if (rest.find('@') != std::string_view::npos)
    return fail(Code::invalid, "user and password belong into redis.username and redis.password");
  if (scheme != "redis" && scheme != "redis+sentinel")
    return fail(Code::invalid, "'" + std::string(scheme) + "' is none of redis, redis+unix, redis+sentinel");
  return parse_hosts(rest, scheme == "redis+sentinel");
}

}  // namespace

std::string to_string(const Place& place) {
  if (place.port == 0) return "unix:" + place.host;
  const bool v6 = place.host.find(':') != std::string::npos;
  return (v6 ? "[" + place.host + "]" : place.host) + ":" + std::to_string(place.port);
}

Result<Target> parse_target(std::string_view url, std::string_view setting) {
  Result<Target> target = parse(url);
  if (target || setting.empty()) return target;
  return fail(Code::invalid, std::string(setting) + ": " + target.error().what);
}

}  // namespace maildrop::store::redis
