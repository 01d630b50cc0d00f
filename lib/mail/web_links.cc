/// web_links.cc: reads addresses as browsers do (WHATWG URL 4.4), as far as it takes to know where they lead.
#include "mail/web_links.h"

#include <algorithm>

#include "core/text.h"

namespace maildrop::mail {
namespace {

bool is_control_or_space(char c) { return static_cast<unsigned char>(c) <= ' '; }

/// Without what browsers take out: controls and spaces around it, tabs and line ends anywhere. So `java\nscript:` is
/// what it looks like here, too.
std::string without_white_space(std::string_view address) {
  while (!address.empty() && is_control_or_space(address.front())) address.remove_prefix(1);
  while (!address.empty() && is_control_or_space(address.back())) address.remove_suffix(1);
  std::string out;
  out.reserve(address.size());
  for (const char c : address)
    if (c != '\t' && c != '\n' && c != '\r') out += c;
  return out;
}

/// With what no address holds in three characters each, and slashes as browsers read them: `\` is one before the query.
std::string encoded(std::string_view address) {
  static constexpr std::string_view kNever = "\"<>\\^`{|}\x7F";
  const std::size_t query = std::min(address.find_first_of("?#"), address.size());
  std::string out;
  out.reserve(address.size());
  for (std::size_t i = 0; i < address.size(); ++i) {
    const char c = address[i];
    if (c == '\\' && i < query)
      out += '/';
    else if (is_control_or_space(c) || kNever.find(c) != std::string_view::npos)
      out.append("%").append(to_hex({&c, 1}));
    else
      out += c;
  }
  return out;
}

bool begins(std::string_view text, std::string_view with) {
  return equals_ignoring_case(text.substr(0, with.size()), with);
}

bool has_slashes(std::string_view text) {
  const auto is_slash = [](char c) { return c == '/' || c == '\\'; };
  return text.size() > 2 && is_slash(text[0]) && is_slash(text[1]);
}

}  // namespace

std::string safe_link(std::string_view href) {
  if (href.size() > kLongestLink) return {};
  const std::string address = without_white_space(href);
  bool safe = false;
  for (const std::string_view scheme : {"http:", "https:"})
    safe = safe || (begins(address, scheme) && has_slashes(std::string_view(address).substr(scheme.size())));
  for (const std::string_view scheme : {"mailto:", "tel:"})
    safe = safe || (begins(address, scheme) && address.size() > scheme.size());
  if (!safe) return {};
  std::string out = encoded(address);
  return out.size() > kLongestLink ? std::string() : out;
}

std::string remote_address(std::string_view value) {
  const std::string address = without_white_space(value.substr(0, kLongestRemoteAddress));
  bool remote = has_slashes(address);
  for (const std::string_view scheme : {"http:", "https:", "ftp:"}) remote = remote || begins(address, scheme);
  if (!remote) return {};
  return std::string(utf8_prefix(encoded(address), kLongestRemoteAddress));
}

void see_css_addresses(std::string_view css, const std::function<void(std::string&&)>& see) {
  const auto look = [&see](std::string_view value) {
    if (std::string address = remote_address(value); !address.empty()) see(std::move(address));
  };
  for (std::size_t i = 0; i < css.size();) {
    std::size_t end = 0;
    if (css[i] == '"' || css[i] == '\'') {
      end = css.find(css[i], i + 1);
      ++i;
    } else if (begins(css.substr(i, 4), "url(")) {
      i = css.find_first_not_of(" \t\r\n\f", i + 4);
      if (i == std::string_view::npos) return;
      if (css[i] == '"' || css[i] == '\'') continue;  // as all that stands in quotes
      end = css.find_first_of(") \t\r\n\f", i);
    } else {
      ++i;
      continue;
    }
    look(css.substr(i, end == std::string_view::npos ? end : end - i));
    if (end == std::string_view::npos) return;
    i = end + 1;
  }
}

}  // namespace maildrop::mail
