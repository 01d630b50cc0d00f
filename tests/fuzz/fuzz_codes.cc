/// fuzz_codes.cc: any bytes as the words of a message: what is found is what a code and a link may be, each once.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "core/text.h"
#include "mail/codes.h"
#include "mail/message.h"
#include "mail/web_links.h"

using namespace maildrop;
using namespace maildrop::mail;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_of_code(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '-'; }

void check(std::string_view text) {
  const std::vector<std::string> codes = find_codes(text);
  require(codes.size() <= kMostCodes && codes == find_codes(text));
  std::set<std::string_view> seen;
  for (const std::string& code : codes) {
    require(code.size() >= 4 && std::all_of(code.begin(), code.end(), is_of_code));
    require(seen.insert(code).second);
  }
  const std::vector<CodeLink> links = find_links(text);
  require(links.size() <= kMostLinks);
  seen.clear();
  for (const CodeLink& link : links) {
    require(link.url.starts_with("http://") || link.url.starts_with("https://"));
    require(link.url.find_first_of(" \t\r\n<>\"'`") == std::string::npos && safe_link(link.url) == link.url);
    require(seen.insert(link.url).second && !name_of(link.kind).empty());
  }
  require(
      std::is_sorted(links.begin(), links.end(), [](const CodeLink& a, const CodeLink& b) { return a.kind < b.kind; }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (is_valid_utf8(bytes)) check(bytes);
  const std::string words = words_of(bytes);
  require(is_valid_utf8(words));
  check(words);
  return 0;
}
