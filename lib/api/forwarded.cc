/// forwarded.cc: both forms are read from the right, an element at a time.
#include "api/forwarded.h"

#include <algorithm>
#include <optional>
#include <string>

#include "core/text.h"

namespace maildrop::api {

namespace {

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
std::optional<IpAddress> node_of(std::string_view text) {
  text = trim(text);
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view port = text.substr(end + 1);
    if (!port.empty() && port.front() != ':') return std::nullopt;
    text = text.substr(1, end - 1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  const Result<IpAddress> address = IpAddress::parse(std::string(text));
  return address ? std::optional(*address) : std::nullopt;
}

/// Where the last `mark` stands that is in no quoted string; npos: nowhere. A quoted string of a node holds no
/// backslash: one that does is nobody's whom we know.
std::size_t last_outside_quotes(std::string_view text, char mark) {
  bool quoted = false;
  for (std::size_t i = text.size(); i-- > 0;) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == mark && !quoted) return i;
  }
  return std::string_view::npos;
}

/// Takes what follows the last `mark` off `text`.
std::string_view take_last(std::string_view& text, char mark) {
  const std::size_t at = last_outside_quotes(text, mark);
  const std::string_view last = at == std::string_view::npos ? text : text.substr(at + 1);
  text = at == std::string_view::npos ? std::string_view() : text.substr(0, at);
  return last;
}

/// `for=192.0.2.1;proto=http`, `For="[2001:db8::1]:80"`.
std::optional<IpAddress> for_of(std::string_view element) {
  while (!element.empty()) {
    const std::string_view pair = trim(take_last(element, ';'));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || !equals_ignoring_case(pair.substr(0, equals), "for")) continue;
    std::string_view value = pair.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return node_of(value);
  }
  return std::nullopt;
}

}  // namespace

IpAddress forwarded_client(const IpAddress& peer, std::string_view field, ApiSettings::ProxyField kind,
                           std::span<const Network> proxies) {
  const auto is_proxy = [&](const IpAddress& address) {
    return std::any_of(proxies.begin(), proxies.end(), [&](const Network& each) { return each.contains(address); });
  };
  IpAddress client = peer;
  while (is_proxy(client) && !trim(field).empty()) {
    const std::string_view element = take_last(field, ',');
    const auto before = kind == ApiSettings::ProxyField::forwarded ? for_of(element) : node_of(element);
    if (!before) break;
    client = *before;
  }
  return client;
}

}  // namespace maildrop::api
