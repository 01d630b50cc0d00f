/// page_text.cc: where an address in running text ends.
#include "api/page_text.h"

#include <algorithm>
#include <string>
#include <utility>

#include "mail/web_links.h"

namespace maildrop::api {

namespace {

constexpr std::string_view kNotInLinks = " \t\r\n\f\v<>\"`{}|\\^";

/// Of what closes a sentence or was opened before the address, nothing is of it.
std::string_view without_end(std::string_view address) {
  while (!address.empty() && std::string_view(".,;:!?'*_").find(address.back()) != std::string_view::npos)
    address.remove_suffix(1);
  for (const auto& [open, close] : {std::pair('(', ')'), std::pair('[', ']')})
    if (address.ends_with(close) && address.find(open) == std::string_view::npos)
      return without_end(address.substr(0, address.size() - 1));
  return address;
}

std::size_t next_link(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find("http", from); at != std::string_view::npos; at = text.find("http", at + 4)) {
    const std::string_view rest = text.substr(at + 4, 4);
    if (rest.starts_with("://") || rest == "s://") return at;
  }
  return std::string_view::npos;
}

}  // namespace

Markup linked_text(std::string_view text) {
  Markup out;
  std::size_t done = 0;
  for (std::size_t at = next_link(text, 0); at != std::string_view::npos; at = next_link(text, at)) {
    const std::size_t end = std::min(text.find_first_of(kNotInLinks, at), text.size());
    const std::string_view shown = without_end(text.substr(at, end - at));
    const std::string link = mail::safe_link(shown);
    out += html("{}", text.substr(done, at - done));
    if (link.empty())
      out += html("{}", shown);
    else
      out += html("<a href=\"{}\" rel=\"noreferrer noopener nofollow\" target=\"_blank\">{}</a>", link, shown);
    done = at += shown.size();  // `http` at least: its letters are none of those that end an address
  }
  out += html("{}", text.substr(done));
  return out;
}

}  // namespace maildrop::api
