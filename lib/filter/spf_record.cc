/// spf_record.cc: the grammar of RFC 7208 12.
#include "filter/spf_record.h"

#include <algorithm>
#include <utility>

#include "core/text.h"

namespace maildrop::filter {

namespace {

using Mechanism = SpfDirective::Mechanism;

constexpr std::string_view kSpfVersion = "v=spf1";
constexpr std::size_t kLongestShownTerm = 60;  // bytes of a term, in reasons

enum class Argument { none, optional, required };

struct Grammar {
  std::string_view name;
  Mechanism mechanism;
  Argument domain;
  bool prefix_lengths;
};

constexpr Grammar kMechanisms[] = {
    {"all", Mechanism::all, Argument::none, false},     {"include", Mechanism::include, Argument::required, false},
    {"a", Mechanism::a, Argument::optional, true},      {"mx", Mechanism::mx, Argument::optional, true},
    {"ptr", Mechanism::ptr, Argument::optional, false}, {"ip4", Mechanism::ip4, Argument::required, true},
    {"ip6", Mechanism::ip6, Argument::required, true},  {"exists", Mechanism::exists, Argument::required, false},
};

std::string shown(std::string_view term) {
  std::string text(term.substr(0, kLongestShownTerm));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return term.size() > kLongestShownTerm ? text + "..." : text;
}

/// Where the digits begin that the text ends in.
std::size_t digits_at(std::string_view text) {
  std::size_t at = text.size();
  while (at > 0 && is_digit(text[at - 1])) --at;
  return at;
}

/// Decimal, without zeros before it.
std::optional<unsigned> parse_bits(std::string_view text, unsigned most) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) value = value * 10 + static_cast<unsigned>(c - '0');
  return value <= most ? std::optional(value) : std::nullopt;
}

/// `/24`, `//64`, `/24//64` at the end: taken off. They are looked for from the end, as a domain may hold slashes, too.
/// False: not such lengths.
bool take_prefix_lengths(std::string_view& term, SpfDirective& directive) {
  const auto take = [&](std::string_view slashes, unsigned most, unsigned& bits) {
    const std::size_t at = digits_at(term);
    if (at == term.size() || !term.substr(0, at).ends_with(slashes)) return true;
    const std::optional<unsigned> parsed = parse_bits(term.substr(at), most);
    term.remove_suffix(term.size() - at + slashes.size());
    bits = parsed.value_or(0);
    return parsed.has_value();
  };
  const Mechanism mechanism = directive.mechanism;
  if (mechanism == Mechanism::ip6) return take("/", 128, directive.bits6);
  if (mechanism != Mechanism::ip4 && !take("//", 128, directive.bits6)) return false;
  return take("/", 32, directive.bits4);
}

/// Of the family that the mechanism is about, in text form; `::ffff:192.0.2.1` is IPv6 here.
std::optional<IpAddress> parse_network(std::string_view text, Mechanism mechanism) {
  const bool v6 = text.find(':') != std::string_view::npos;
  if (v6 != (mechanism == Mechanism::ip6)) return std::nullopt;
  const Result<IpAddress> address = IpAddress::parse(text);
  return address ? std::optional(*address) : std::nullopt;
}

SpfResult take_qualifier(std::string_view& term) {
  constexpr std::pair<char, SpfResult> kQualifiers[] = {
      {'+', SpfResult::pass}, {'-', SpfResult::fail}, {'~', SpfResult::softfail}, {'?', SpfResult::neutral}};
  for (const auto& [sign, result] : kQualifiers) {
    if (!term.starts_with(sign)) continue;
    term.remove_prefix(1);
    return result;
  }
  return SpfResult::pass;
}

/// What stands behind the name of the mechanism: `:domain/24`, or nothing.
bool parse_argument(std::string_view argument, const Grammar& grammar, SpfDirective& directive) {
  if (grammar.prefix_lengths && !take_prefix_lengths(argument, directive)) return false;
  if (argument.empty()) return grammar.domain != Argument::required;
  if (grammar.domain == Argument::none || argument.front() != ':') return false;
  argument.remove_prefix(1);
  if (grammar.mechanism == Mechanism::ip4 || grammar.mechanism == Mechanism::ip6) {
    const std::optional<IpAddress> network = parse_network(argument, grammar.mechanism);
    directive.network = network.value_or(IpAddress());
    return network.has_value();
  }
  Result<SpfMacroString> domain = SpfMacroString::parse(argument, SpfMacroString::Kind::domain);
  if (domain) directive.domain = std::move(*domain);
  return domain.has_value();
}

std::optional<SpfDirective> parse_directive(std::string_view term) {
  SpfDirective directive;
  directive.text = term;
  directive.qualifier = take_qualifier(term);
  const std::size_t end = std::min(term.find_first_of(":/"), term.size());
  for (const Grammar& grammar : kMechanisms) {
    if (!equals_ignoring_case(term.substr(0, end), grammar.name)) continue;
    directive.mechanism = grammar.mechanism;
    if (parse_argument(term.substr(end), grammar, directive)) return directive;
    break;
  }
  return std::nullopt;
}

/// `name=`: its length without the `=`; 0: the term is no modifier.
std::size_t modifier_name(std::string_view term) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (term.empty() || !letter(term.front())) return 0;
  const auto inner = [&](char c) { return letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.'; };
  const auto end = std::find_if_not(term.begin(), term.end(), inner);
  return end != term.end() && *end == '=' ? static_cast<std::size_t>(end - term.begin()) : 0;
}

/// redirect and exp once each (RFC 7208 6); others are read past, but their grammar counts.
bool add_modifier(std::string_view name, std::string_view value, SpfRecord& record) {
  const bool redirects = equals_ignoring_case(name, "redirect");
  if (!redirects && !equals_ignoring_case(name, "exp"))
    return SpfMacroString::parse(value, SpfMacroString::Kind::any).has_value();
  std::optional<SpfMacroString>& place = redirects ? record.redirect : record.explanation;
  Result<SpfMacroString> domain = SpfMacroString::parse(value, SpfMacroString::Kind::domain);
  if (!domain || place) return false;
  place = std::move(*domain);
  return true;
}

bool add_term(std::string_view term, SpfRecord& record) {
  if (const std::size_t name = modifier_name(term); name > 0)
    return add_modifier(term.substr(0, name), term.substr(name + 1), record);
  std::optional<SpfDirective> directive = parse_directive(term);
  if (directive) record.directives.push_back(std::move(*directive));
  return directive.has_value();
}

}  // namespace

std::string_view name_of(SpfResult result) {
  constexpr std::string_view kNames[] = {"none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"};
  return kNames[static_cast<std::size_t>(result)];
}

bool SpfRecord::is_one(std::string_view text) {
  return equals_ignoring_case(text.substr(0, kSpfVersion.size()), kSpfVersion) &&
         (text.size() == kSpfVersion.size() || text[kSpfVersion.size()] == ' ');
}

Result<SpfRecord> SpfRecord::parse(std::string_view text) {
  if (text.size() > kLongest) return fail(Code::invalid, "longer than " + std::to_string(kLongest) + " bytes");
  SpfRecord record;
  for (const std::string_view term : split(text.substr(kSpfVersion.size()), ' ')) {
    if (!term.empty() && !add_term(term, record)) return fail(Code::invalid, "cannot be read: " + shown(term));
  }
  return record;
}

}  // namespace maildrop::filter
