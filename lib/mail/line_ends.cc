/// line_ends.cc: line by line, by memchr.
#include "mail/line_ends.h"

#include <algorithm>

namespace maildrop::mail {

std::string to_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')));
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) return out.append(text.substr(at));
    out.append(text.substr(at, end - at));
    if (end == at || text[end - 1] != '\r') out += '\r';
    out += '\n';
    at = end + 1;
  }
  return out;
}

std::string to_lf(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find("\r\n", at);
    if (end == std::string_view::npos) return out.append(text.substr(at));
    out.append(text.substr(at, end - at)) += '\n';
    at = end + 2;
  }
  return out;
}

}  // namespace maildrop::mail
