/// spf_check.cc: a policy, evaluated term by term.
#include "filter/spf_check.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace maildrop::filter {

namespace {

using Mechanism = SpfDirective::Mechanism;

constexpr std::size_t kLongestTerm = 100;  // bytes of it, in reasons

/// What is no name of the DNS is not there (RFC 7208 4.8 leaves it open), and nobody was asked.
const dns::Answer kNowhere{.status = dns::Status::no_name};

bool is_void(const dns::Answer& answer) {
  return &answer != &kNowhere && dns::is_known(answer.status) && answer.status != dns::Status::found;
}

/// The first `bits` of both, counted from the begin of the IPv4 part where they are IPv4.
bool same_network(const IpAddress& a, const IpAddress& b, unsigned bits) {
  const auto &left = a.bytes(), &right = b.bytes();
  std::size_t i = 0;
  for (; bits >= 8; bits -= 8, ++i)
    if (left[i] != right[i]) return false;
  return bits == 0 || ((left[i] ^ right[i]) >> (8 - bits)) == 0;
}

bool is_below(std::string_view name, std::string_view domain) {
  return name.size() > domain.size() && name.ends_with(domain) && name[name.size() - domain.size() - 1] == '.';
}

class Evaluation {
 public:
  Evaluation(const SpfQuery& query, const SpfLookup& lookup) : query_(query), lookup_(lookup) {
    values_.local = query.local;
    values_.sender = query.domain;
    values_.helo = query.helo;
    values_.address = query.address;
    values_.receiver = query.receiver;
    values_.time = query.time;
  }

  std::optional<SpfOutcome> run();

 private:
  /// What a policy comes to.
  struct Opinion {
    SpfResult result = SpfResult::none;
    std::string why{};
    std::string domain{};  // whose policy had the last word
    std::optional<SpfMacroString> explanation{};
  };
  enum class Match { no, yes, unknown, temperror, permerror };
  /// The names of the client's address.
  struct Names {
    std::vector<std::string> validated;
    bool is_void = false;
  };

  std::optional<Opinion> check(const std::string& domain);
  std::optional<Opinion> evaluate(const SpfRecord& record, const std::string& domain);
  std::optional<Opinion> redirect(const SpfRecord& record, const std::string& domain);
  Match match(const SpfDirective& directive, const std::string& domain);
  Match include(const std::string& target);
  Match match_address(const SpfDirective& directive, const std::string& target);
  Match match_exchangers(const SpfDirective& directive, const std::string& target);
  Match match_name(const std::string& target);
  Match exists(const std::string& target);
  std::optional<std::string> explain(const Opinion& opinion);

  const dns::Answer* ask(std::string_view name, dns::Type type);
  dns::Type address_type() const { return query_.address.is_v4() ? dns::Type::a : dns::Type::aaaa; }
  bool is_in(const IpAddress& network, const SpfDirective& directive) const;
  bool has_client(const dns::Answer& answer, const SpfDirective& directive) const;
  const Names* names();
  std::optional<Names> find_names();
  bool prepare(const SpfMacroString& text, const std::string& domain);
  Match refuse(Match error, std::string why);
  Match failed(const std::string& name);
  Match count_void(bool counts);

  const SpfQuery& query_;
  const SpfLookup& lookup_;
  SpfMacroValues values_;
  unsigned terms_ = 0;
  unsigned voids_ = 0;
  std::string why_{};  // of the last error
  std::optional<Names> names_{};
  bool names_count_ = false;  // a lookup of the names is among the terms_
};

std::optional<SpfOutcome> Evaluation::run() {
  std::optional<Opinion> opinion = check(query_.domain);
  if (!opinion) return std::nullopt;
  SpfOutcome outcome{.result = opinion->result, .reason = std::move(opinion->why)};
  if (outcome.result != SpfResult::fail || !query_.explains || !opinion->explanation) return outcome;
  std::optional<std::string> explanation = explain(*opinion);
  if (!explanation) return std::nullopt;
  outcome.explanation = std::move(*explanation);
  outcome.explainer = std::move(opinion->domain);
  return outcome;
}

/// RFC 7208 4.3 to 4.5.
std::optional<Evaluation::Opinion> Evaluation::check(const std::string& domain) {
  const auto say = [](SpfResult result, std::string why) { return Opinion{.result = result, .why = std::move(why)}; };
  const Result<dns::Question> question = dns::Question::make(domain, dns::Type::txt);
  if (!question || question->name.find('.') == std::string::npos) return say(SpfResult::none, "not a domain");
  const dns::Answer* answer = lookup_(*question);
  if (!answer) return std::nullopt;
  if (!dns::is_known(answer->status)) return say(SpfResult::temperror, "no answer about " + question->name);
  const dns::Record* policy = nullptr;
  for (const dns::Record& record : answer->records) {
    if (!SpfRecord::is_one(record.text)) continue;
    if (policy) return say(SpfResult::permerror, question->name + " has several policies");
    policy = &record;
  }
  if (!policy) return say(SpfResult::none, question->name + " has no policy");
  const Result<SpfRecord> record = SpfRecord::parse(policy->text);
  if (!record) return say(SpfResult::permerror, "policy of " + question->name + " " + record.error().what);
  return evaluate(*record, question->name);
}

/// Where a term waits for an answer, those behind it are looked at all the same, up to one that settles it: so that
/// they have asked, too. What they say, and what they count, is forgotten with this try.
std::optional<Evaluation::Opinion> Evaluation::evaluate(const SpfRecord& record, const std::string& domain) {
  bool waits = false;
  for (const SpfDirective& directive : record.directives) {
    const Match found = match(directive, domain);
    if (found == Match::no) continue;
    if (found == Match::unknown) {
      waits = true;
      continue;
    }
    if (waits) return std::nullopt;
    if (found == Match::temperror) return Opinion{.result = SpfResult::temperror, .why = why_};
    if (found == Match::permerror) return Opinion{.result = SpfResult::permerror, .why = why_};
    std::string why(directive.text.substr(0, kLongestTerm));
    if (domain != query_.domain) why += " of " + domain;
    return Opinion{directive.qualifier, std::move(why), domain, record.explanation};
  }
  std::optional<Opinion> rest = redirect(record, domain);
  return waits ? std::nullopt : rest;
}

/// RFC 7208 4.7, 6.1.
std::optional<Evaluation::Opinion> Evaluation::redirect(const SpfRecord& record, const std::string& domain) {
  if (!record.redirect) return Opinion{.result = SpfResult::neutral, .why = "no term of " + domain + " matches"};
  if (!prepare(*record.redirect, domain)) return std::nullopt;
  if (++terms_ > SpfLimits::kMostTerms) return Opinion{.result = SpfResult::permerror, .why = "too many lookups"};
  std::optional<Opinion> opinion = check(record.redirect->domain(values_));
  if (opinion && opinion->result == SpfResult::none)
    return Opinion{.result = SpfResult::permerror, .why = "redirect: " + opinion->why};
  return opinion;
}

Evaluation::Match Evaluation::match(const SpfDirective& directive, const std::string& domain) {
  if (directive.mechanism == Mechanism::all) return Match::yes;
  if (directive.mechanism == Mechanism::ip4 || directive.mechanism == Mechanism::ip6) {
    const bool same_family = query_.address.is_v4() == (directive.mechanism == Mechanism::ip4);
    return same_family && is_in(directive.network, directive) ? Match::yes : Match::no;
  }
  ++terms_;
  if (directive.domain && !prepare(*directive.domain, domain)) return Match::unknown;
  if (terms_ > SpfLimits::kMostTerms) return refuse(Match::permerror, "too many lookups");
  const std::string target = directive.domain ? directive.domain->domain(values_) : domain;
  // What is beyond ASCII comes of a local part, and matches nothing (RFC 8616 4).
  if (std::any_of(target.begin(), target.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7f; }))
    return Match::no;
  switch (directive.mechanism) {
    case Mechanism::include: return include(target);
    case Mechanism::a: return match_address(directive, target);
    case Mechanism::mx: return match_exchangers(directive, target);
    case Mechanism::ptr: return match_name(target);
    default: return exists(target);
  }
}

/// RFC 7208 5.2.
Evaluation::Match Evaluation::include(const std::string& target) {
  const std::optional<Opinion> opinion = check(target);
  if (!opinion) return Match::unknown;
  switch (opinion->result) {
    case SpfResult::pass: return Match::yes;
    case SpfResult::fail:
    case SpfResult::softfail:
    case SpfResult::neutral: return Match::no;
    case SpfResult::temperror: return refuse(Match::temperror, opinion->why);
    default: return refuse(Match::permerror, opinion->why);
  }
}

/// RFC 7208 5.3.
Evaluation::Match Evaluation::match_address(const SpfDirective& directive, const std::string& target) {
  const dns::Answer* addresses = ask(target, address_type());
  if (!addresses) return Match::unknown;
  if (!dns::is_known(addresses->status)) return failed(target);
  return has_client(*addresses, directive) ? Match::yes : count_void(is_void(*addresses));
}

/// RFC 7208 5.4. One that has the client counts whatever becomes of the others.
Evaluation::Match Evaluation::match_exchangers(const SpfDirective& directive, const std::string& target) {
  const dns::Answer* exchangers = ask(target, dns::Type::mx);
  if (!exchangers) return Match::unknown;
  if (!dns::is_known(exchangers->status)) return failed(target);
  if (exchangers->records.size() > SpfLimits::kMostExchangers)
    return refuse(Match::permerror, target + " has more than 10 exchangers");
  bool found = false, waits = false;
  const std::string* silent = nullptr;
  for (const dns::Record& record : exchangers->records) {
    const dns::Answer* addresses = ask(record.text, address_type());
    waits = waits || !addresses;
    if (!addresses) continue;
    found = found || has_client(*addresses, directive);
    if (!dns::is_known(addresses->status)) silent = &record.text;
  }
  if (waits) return Match::unknown;
  if (found) return Match::yes;
  return silent ? failed(*silent) : count_void(is_void(*exchangers));
}

/// RFC 7208 5.5.
Evaluation::Match Evaluation::match_name(const std::string& target) {
  names_count_ = true;
  const Names* known = names();
  if (!known) return Match::unknown;
  const Result<dns::Question> question = dns::Question::make(target, dns::Type::ptr);
  const bool found = question && std::any_of(known->validated.begin(), known->validated.end(), [&](const auto& name) {
                       return name == question->name || is_below(name, question->name);
                     });
  return found ? Match::yes : count_void(known->is_void);
}

/// RFC 7208 5.7: of IPv4, whatever the client.
Evaluation::Match Evaluation::exists(const std::string& target) {
  const dns::Answer* addresses = ask(target, dns::Type::a);
  if (!addresses) return Match::unknown;
  if (!dns::is_known(addresses->status)) return failed(target);
  return addresses->records.empty() ? count_void(is_void(*addresses)) : Match::yes;
}

/// RFC 7208 6.2: where anything is wrong with it there is none; the limits are for what leads to a result. Nothing: not
/// known yet.
std::optional<std::string> Evaluation::explain(const Opinion& opinion) {
  if (!prepare(*opinion.explanation, opinion.domain)) return std::nullopt;
  const dns::Answer* answer = ask(opinion.explanation->domain(values_), dns::Type::txt);
  if (!answer) return std::nullopt;
  if (answer->records.size() != 1 || answer->records.front().text.size() > SpfRecord::kLongest) return "";
  const auto text = SpfMacroString::parse(answer->records.front().text, SpfMacroString::Kind::explanation);
  if (!text) return "";
  if (!prepare(*text, opinion.domain)) return std::nullopt;
  return text->explanation(values_, SpfLimits::kLongestExplanation);
}

const dns::Answer* Evaluation::ask(std::string_view name, dns::Type type) {
  const Result<dns::Question> question = dns::Question::make(name, type);
  return question && !question->name.empty() ? lookup_(*question) : &kNowhere;
}

bool Evaluation::is_in(const IpAddress& network, const SpfDirective& directive) const {
  constexpr unsigned kV4 = 96;  // bits before an IPv4 address
  const unsigned bits = query_.address.is_v4() ? kV4 + directive.bits4 : directive.bits6;
  return same_network(query_.address, network, bits);
}

bool Evaluation::has_client(const dns::Answer& answer, const SpfDirective& directive) const {
  return std::any_of(answer.records.begin(), answer.records.end(),
                     [&](const dns::Record& record) { return is_in(record.address, directive); });
}

/// nullptr: not known yet.
const Evaluation::Names* Evaluation::names() {
  if (!names_) names_ = find_names();
  return names_ ? &*names_ : nullptr;
}

/// Those that have the address they are said to have (RFC 7208 5.5). What fails is left out.
std::optional<Evaluation::Names> Evaluation::find_names() {
  const dns::Answer* answer = lookup_(*dns::Question::reverse(query_.address, dns::Type::ptr));
  if (!answer) return std::nullopt;
  Names found{.validated = {}, .is_void = is_void(*answer)};
  bool waits = false;
  const std::size_t count = std::min(answer->records.size(), SpfLimits::kMostNames);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string& name = answer->records[i].text;
    const dns::Answer* addresses = ask(name, address_type());
    waits = waits || !addresses;
    if (addresses && has_client(*addresses, SpfDirective())) found.validated.push_back(name);
  }
  return waits ? std::nullopt : std::optional(std::move(found));
}

/// Makes values_ fit for a text in the policy of that domain; of the client's names the nearest to it (RFC 7208 7.3).
/// False: not known yet.
bool Evaluation::prepare(const SpfMacroString& text, const std::string& domain) {
  values_.domain = domain;
  if (!text.needs_name()) return true;
  if (!std::exchange(names_count_, true)) ++terms_;  // RFC 7208 4.6.4
  const Names* known = names();
  if (!known) return false;
  const auto& all = known->validated;
  auto best = std::find(all.begin(), all.end(), domain);
  if (best == all.end())
    best = std::find_if(all.begin(), all.end(), [&](const std::string& name) { return is_below(name, domain); });
  values_.name = best != all.end() ? *best : all.empty() ? std::string() : all.front();
  return true;
}

Evaluation::Match Evaluation::refuse(Match error, std::string why) {
  why_ = std::move(why);
  return error;
}

Evaluation::Match Evaluation::failed(const std::string& name) {
  return refuse(Match::temperror, "no answer about " + name);
}

/// A term that does not match (RFC 7208 4.6.4).
Evaluation::Match Evaluation::count_void(bool counts) {
  if (!counts || ++voids_ <= query_.most_void_lookups) return Match::no;
  return refuse(Match::permerror, "too many lookups of what is not there");
}

}  // namespace

std::optional<SpfOutcome> spf_check(const SpfQuery& query, const SpfLookup& lookup) {
  return Evaluation(query, lookup).run();
}

}  // namespace maildrop::filter
