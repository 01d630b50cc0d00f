/// urls.cc: what the links of a message look like.
#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/special_networks.h"
#include "core/text.h"
#include "filter/filter.h"
#include "filter/message_urls.h"
#include "filter/pattern.h"
#include "filter/public_suffix.h"
#include "filter/sum.h"

namespace maildrop::filter {

namespace {

constexpr double kUnwanted = 3;        // of the operator's list
constexpr double kUser = 3;            // `http://bank.example@192.0.2.1/`: nobody writes that but to mislead
constexpr double kAddressForName = 2;  // who has a name for his server uses it
constexpr double kPort = 1;
constexpr double kDisguise = 1;  // who counts clicks does it, too
constexpr double kMany = 1;
constexpr double kMostUrlScore = 6;
constexpr std::size_t kLongestHost = 60;  // bytes of one in a reason

/// Between the scheme and the path.
std::string_view authority_of(std::string_view url) {
  const std::size_t slashes = url.find("//");
  if (slashes == std::string_view::npos) return {};
  url.remove_prefix(slashes + 2);
  return url.substr(0, url.find_first_of("/\\?#"));
}

bool has_port(std::string_view authority) {
  authority.remove_prefix(std::min(authority.rfind('@') + 1, authority.size()));  // npos + 1 is 0
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos) return false;
  const std::string_view port = authority.substr(colon + 1);
  return !port.empty() && port != "80" && port != "443";
}

class Urls final : public Filter {
 public:
  Urls(std::vector<Pattern> deny, unsigned most) : deny_(std::move(deny)), most_(most) {}

  Finding judge(Phase, const mail::Transaction& transaction, Facts&) const override {
    Sum sum;
    std::set<std::string_view> found;  // each rule counts once
    const auto count = [&](double worth, std::string_view rule, std::string_view host) {
      if (found.insert(rule).second)
        sum.add(worth, std::string(rule) + " " + std::string(utf8_prefix(host, kLongestHost)));
    };
    std::set<std::string> organisations;
    const MessageUrls links = message_urls(transaction.data);
    for (const MessageUrl& url : links.urls) {
      const std::string_view authority = authority_of(url.text);
      const auto address = IpAddress::parse(url.host);
      if (authority.find('@') != std::string_view::npos) count(kUser, "user in", url.host);
      if (address && !is_reserved(*address)) count(kAddressForName, "address", url.host);
      if (has_port(authority)) count(kPort, "port of", url.host);
      if (std::any_of(deny_.begin(), deny_.end(), [&](const Pattern& each) { return each.matches(url.host); }))
        count(kUnwanted, "unwanted", url.host);
      if (most_ > 0 && !address) organisations.insert(organisational_domain(url.host));
    }
    if (links.disguise)
      count(kDisguise, std::string(utf8_prefix(links.disguise->shown, kLongestHost)) + " leads to",
            links.disguise->host);
    if (links.cut) sum.add(kMany, "more than is looked at");
    organisations.erase(std::string());
    if (most_ > 0 && organisations.size() > most_) sum.add(kMany, std::to_string(organisations.size()) + " domains");
    Finding finding = sum.finding();
    finding.score = std::min(finding.score, kMostUrlScore);
    return finding;
  }

 private:
  std::vector<Pattern> deny_;
  unsigned most_;
};

Result<std::vector<Pattern>> parse_hosts(const std::vector<std::string>& texts) {
  std::vector<Pattern> patterns;
  for (const std::string& text : texts) {
    auto pattern = Pattern::parse("helo:" + text);  // the grammar of names
    if (!pattern) return fail(Code::invalid, "'" + text + "' is no host name, `.name` or /expression/");
    patterns.push_back(std::move(*pattern));
  }
  return patterns;
}

}  // namespace

extern const FilterKind kUrls{"urls",
                              "What the links of a message look like.",
                              bit(Phase::message),
                              {},
                              Evidence::own,
                              [](const FilterSettings& settings) -> const FilterUse& { return settings.urls; },
                              [](const Config& config) -> Result<std::unique_ptr<Filter>> {
                                return std::make_unique<Urls>(
                                    TRY(in_setting("deny", parse_hosts(config.filter.urls.deny))),
                                    config.filter.urls.most_domains);
                              }};

}  // namespace maildrop::filter
