/// fuzz_urls.cc: any bytes as a URL, as text, and as a message: hosts are canonical, and nothing is beyond its bounds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "core/net.h"
#include "dns/answer.h"
#include "filter/message_urls.h"
#include "filter/public_suffix.h"
#include "filter/url_host.h"

using namespace maildrop;
using namespace maildrop::filter;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// It is an address, or a name that the DNS can be asked about; and the host of a URL with it is the same again.
void check_host(const std::string& host) {
  if (const auto address = IpAddress::parse(host)) {
    require(address->to_string() == host);
    require(url_host(host.find(':') == std::string::npos ? "http://" + host : "http://[" + host + "]") == host);
    return;
  }
  const auto question = dns::Question::make(host, dns::Type::a);
  require(question && question->name == host && !host.empty());
  require(url_host("http://" + host + "/") == host);
  const std::string organisation = organisational_domain(host);
  require(organisation.empty() || host == organisation || host.ends_with("." + organisation));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto host = url_host(text)) check_host(*host);
  std::size_t seen = 0;
  const SeeUrl see = [&](std::string_view url, const std::string& host) {
    require(url.size() <= kLongestUrl);
    check_host(host);
    ++seen;
    return true;
  };
  find_urls(text, see);
  require(seen <= 2 * kMostTried);  // beyond ASCII there are two readings
  see_url(text, see);
  UrlLimits limits;
  limits.hosts = 10;
  const MessageUrls found = message_urls(text, limits);
  require(found.urls.size() <= limits.hosts);
  std::set<std::string> hosts;
  for (const MessageUrl& url : found.urls) {
    require(url.text.size() <= kLongestUrl && hosts.insert(url.host).second);
    check_host(url.host);
  }
  return 0;
}
