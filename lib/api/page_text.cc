/// page_text.cc: where an address in running text ends.
#include "api/page_text.h"

#include <algorithm>
#include <string>
#include <utility>

#include "mail/web_links.h"

namespace maildrop::api {

namespace {

constexpr std::string_view kNotInLinks = " \t\r\n\f\v<>\"`{}|\\^";

constexpr std::size_t kMostLinks = 500;  // in one text: each is 80 bytes more than its address

/// Of what closes a sentence, or was opened before the address, nothing is of it.
std::string_view without_end(std::string_view address) {
  const auto count = [address](char c) { return std::count(address.begin(), address.end(), c); };
  auto round = count(')') - count('('), square = count(']') - count('[');  // closed and not opened in it
  for (; !address.empty(); address.remove_suffix(1)) {
    const char last = address.back();
    const bool closes = (last == ')' && round-- > 0) || (last == ']' && square-- > 0);
    if (!closes && std::string_view(".,;:!?'*_").find(last) == std::string_view::npos) break;
  }
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
  std::size_t links = 0;
  for (std::size_t at = next_link(text, 0); at != std::string_view::npos && links++ < kMostLinks;
       at = next_link(text, at)) {
    const std::string_view rest = text.substr(at, mail::kLongestLink);  // more would be none
    const std::string_view shown = without_end(rest.substr(0, rest.find_first_of(kNotInLinks)));
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
