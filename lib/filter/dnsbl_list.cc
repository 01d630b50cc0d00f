/// dnsbl_list.cc: reading elements, asking lists, and telling what is no answer.
#include "filter/dnsbl_list.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/text.h"

namespace maildrop::filter {

namespace {

constexpr double kScore = 3;
constexpr double kNameScore = 2;  // a message has several names
constexpr double kMostListScore = 100;
constexpr std::size_t kMostShown = 4;           // codes
constexpr std::size_t kLongestShownLabel = 20;  // bytes of a label; Spamhaus' keys have 26
constexpr std::size_t kFirst = 12;              // byte of an IPv4 address

/// In 127.0.0.0/8 (RFC 5782 2.1). What else comes is of a zone that belongs to somebody new, or of a resolver that
/// has its own answer to what does not exist.
bool is_code(const IpAddress& address) { return address.is_v4() && address.is_loopback(); }

/// 127.255.255.0/24 is how Spamhaus says that it does not answer (a public resolver, too many questions, a zone that is
/// written wrongly), 127.0.0.255 how dnswl.org does. To take these for entries is to refuse everybody.
/// uribl.com and surbl.org, lists of domains, say it by 127.0.0.1, which is no bit of theirs.
bool is_refusal(const IpAddress& address, DnsblList::Of of) {
  static const Network kSpamhaus = *Network::parse("127.255.255.0/24");
  static const Network kDnswl = *Network::parse("127.0.0.255");
  static const Network kUribl = *Network::parse("127.0.0.1");
  if (kSpamhaus.contains(address)) return true;
  return of == DnsblList::Of::names ? kUribl.contains(address) : kDnswl.contains(address);
}

/// How Spamhaus' DBL says that it has domains alone, and was asked about an address.
bool is_no_address(const IpAddress& address) {
  static const Network kDbl = *Network::parse("127.0.1.255");
  return kDbl.contains(address);
}

template <class Is>
bool has(const dns::Answer& answer, Is is) {
  return std::any_of(answer.records.begin(), answer.records.end(),
                     [&](const dns::Record& record) { return is(record.address); });
}

}  // namespace

DnsblList::DnsblList(std::string zone, Of of) : of_(of), zone_(std::move(zone)) {
  for (const std::string_view label : split(zone_, '.'))
    if (label.size() <= kLongestShownLabel) shown_.append(shown_.empty() ? "" : ".").append(label);
}

std::string_view DnsblList::shown(State state) {
  switch (state) {
    case State::works: break;
    case State::fails_test: return "fails its test";
    case State::refuses: return "refuses to answer";
    case State::silent: return "does not answer";
  }
  return "";
}

std::string DnsblList::Said::shown_codes() const {
  std::string text;
  for (std::size_t i = 0; i < codes.size() && i < kMostShown; ++i) text += " " + codes[i].to_string();
  return text;
}

struct DnsblList::Parts {
  std::string_view zone;
  std::optional<std::string_view> codes{};
  std::optional<std::string_view> score{};
};

DnsblList::Parts DnsblList::parts_of(std::string_view text) {
  Parts parts;
  if (const std::size_t equals = text.find('='); equals != std::string_view::npos) {
    parts.score = text.substr(equals + 1);
    text = text.substr(0, equals);
  }
  const std::size_t slash = text.find('/');
  parts.zone = text.substr(0, slash);
  if (slash != std::string_view::npos) parts.codes = text.substr(slash + 1);
  return parts;
}

Result<DnsblList::Range> DnsblList::parse_part(std::string_view text) {
  if (text == "*") return Range{};
  Range range;
  const char* end = text.data() + text.size();
  if (text.starts_with('&')) {
    const auto [at, error] = std::from_chars(text.data() + 1, end, range.bits);
    if (error == std::errc() && at == end && range.bits != 0) return range;
    return invalid(text, "has no number from 1 to 255 behind &");
  }
  auto read = std::from_chars(text.data(), end, range.least);
  range.most = range.least;
  if (read.ec == std::errc() && read.ptr != end && *read.ptr == '-')
    read = std::from_chars(read.ptr + 1, end, range.most);
  if (read.ec != std::errc() || read.ptr != end || range.most < range.least)
    return invalid(text, "is no number from 0 to 255, no range of these such as 2-11, no bits such as &8, and not *");
  return range;
}

Result<DnsblList::Codes> DnsblList::parse_codes(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, '.');
  Codes codes;
  if (parts.size() != codes.size() || parts.front() != "127")
    return invalid(text, "are no codes such as 127.0.0.2, 127.0.0.2-11, 127.0.*.3 or 127.0.0.&8");
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = TRY(parse_part(parts[i]));
  return codes;
}

Result<DnsblList::Element> DnsblList::parse_element(const Parts& parts, Of of) {
  Element element{.codes = std::nullopt, .score = of == Of::names ? kNameScore : kScore};
  if (parts.codes) element.codes = TRY(parse_codes(*parts.codes));
  if (!parts.score) return element;
  const char* end = parts.score->data() + parts.score->size();
  const auto [at, error] = std::from_chars(parts.score->data(), end, element.score);
  const bool in_range = std::abs(element.score) <= kMostListScore;  // which no NaN is
  if (error != std::errc() || at != end || !in_range) return invalid(*parts.score, "is no score from -100 to 100");
  return element;
}

Result<std::vector<DnsblList>> DnsblList::parse(const std::vector<std::string>& elements, Of of) {
  std::vector<DnsblList> lists;
  if (elements.size() > kMostElements) return fail(Code::invalid, "more than 200 elements");
  for (const std::string& text : elements) {
    const Parts parts = parts_of(text);
    const auto zone = dns::Question::make(parts.zone, dns::Type::a);
    const bool blank = parts.zone.find(' ') != std::string_view::npos;
    if (!zone || blank || zone->name.empty() || zone->name.size() > kLongestZone)
      return invalid(text, "does not begin with the name of a zone");
    const auto element = parse_element(parts, of);
    if (!element) return invalid(text, "cannot be read: " + element.error().what);
    auto list =
        std::find_if(lists.begin(), lists.end(), [&](const DnsblList& each) { return each.zone_ == zone->name; });
    if (list == lists.end()) list = lists.insert(list, DnsblList(zone->name, of));
    list->elements_.push_back(*element);
  }
  if (lists.size() > kMostLists) return fail(Code::invalid, "more than 40 zones");
  return lists;
}

DnsblList::Questions DnsblList::questions_for(const IpAddress& client) const {
  // ::ffff:7f00:2 and ::ffff:7f00:1 by nibbles: as an IpAddress they would be 127.0.0.2 and 127.0.0.1.
  constexpr std::string_view kMapped = ".0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.";
  const std::string rest = std::string(client.is_v4() ? ".0.0.127." : kMapped) + zone_;
  return {.client = *dns::Question::reverse(client, dns::Type::a, zone_),
          .listed = {"2" + rest, dns::Type::a},
          .unlisted = {"1" + rest, dns::Type::a}};
}

bool DnsblList::Element::matches(const IpAddress& code) const {
  static const IpAddress kPlaceholder = *IpAddress::parse("127.0.0.1");
  if (!codes) return code != kPlaceholder;
  for (std::size_t i = 0; i < codes->size(); ++i) {
    if (!(*codes)[i].has(code.bytes()[kFirst + i])) return false;
  }
  return true;
}

DnsblList::Said DnsblList::said_by(const dns::Answer& client, const dns::Answer& listed,
                                   const dns::Answer& unlisted) const {
  for (const dns::Answer* answer : {&client, &listed, &unlisted})
    if (refuses(*answer)) return {.state = State::refuses};
  for (const dns::Answer* answer : {&client, &listed, &unlisted})
    if (!dns::is_known(answer->status)) return {.state = State::silent};
  if (!has(listed, is_code) || !unlisted.records.empty()) return {.state = State::fails_test};
  return said_by(client);
}

bool DnsblList::refuses(const dns::Answer& answer) const {
  return has(answer, [this](const IpAddress& address) { return is_refusal(address, of_); });
}

DnsblList::Said DnsblList::said_by(const dns::Answer& answer) const {
  Said said;
  if (refuses(answer)) return {.state = State::refuses};
  if (!dns::is_known(answer.status)) return {.state = State::silent};
  for (const dns::Record& record : answer.records) {
    const IpAddress& code = record.address;
    const auto matches = [&](const Element& element) { return element.matches(code); };
    if (!is_code(code) || (of_ == Of::names && is_no_address(code))) continue;
    if (std::any_of(elements_.begin(), elements_.end(), matches)) said.codes.push_back(code);
  }
  for (const Element& element : elements_)
    if (std::any_of(said.codes.begin(), said.codes.end(), [&](const auto& code) { return element.matches(code); }))
      said.score += element.score;
  return said;
}

Result<dns::Question> DnsblList::question_for(std::string_view name) const {
  return dns::Question::make(std::string(name) + "." + zone_, dns::Type::a);
}

dns::Question DnsblList::question_for(const IpAddress& address) const {
  return *dns::Question::reverse(address, dns::Type::a, zone_);
}

DnsblList::SelfTest DnsblList::self_test() const {
  return {.listed = {"test." + zone_, dns::Type::a},
          .listed_too = {"2.0.0.127." + zone_, dns::Type::a},
          .unlisted = {"invalid." + zone_, dns::Type::a}};
}

DnsblList::State DnsblList::state_by(const dns::Answer& listed, const dns::Answer& listed_too,
                                     const dns::Answer& unlisted) const {
  const auto is_entry = [](const IpAddress& address) { return is_code(address) && !is_no_address(address); };
  for (const dns::Answer* answer : {&listed, &listed_too, &unlisted})
    if (refuses(*answer)) return State::refuses;
  if (!dns::is_known(unlisted.status)) return State::silent;
  if (!unlisted.records.empty()) return State::fails_test;
  if (has(listed, is_entry) || has(listed_too, is_entry)) return State::works;
  return dns::is_known(listed.status) && dns::is_known(listed_too.status) ? State::fails_test : State::silent;
}

}  // namespace maildrop::filter
