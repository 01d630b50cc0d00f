/// fuzz_spf.cc: any bytes as macros, as a policy, and as all that the DNS says. The first lines are the domain, the
/// local part and the HELO name; each further one is a text, and a name.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/text.h"
#include "filter/spf_check.h"

using namespace maildrop;
using namespace maildrop::filter;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

void check_macros(std::string_view text, const SpfQuery& query) {
  const SpfMacroValues values{.local = query.local,
                              .sender = query.domain,
                              .domain = query.domain,
                              .helo = query.helo,
                              .address = query.address,
                              .receiver = query.receiver};
  using Kind = SpfMacroString::Kind;
  for (const Kind kind : {Kind::domain, Kind::any, Kind::explanation}) {
    const auto parsed = SpfMacroString::parse(text, kind);
    if (!parsed) continue;
    require(parsed->domain(values).size() <= 253);
    const std::string explanation = parsed->explanation(values, 100);
    require(explanation.size() <= 100 && is_printable(explanation));
  }
  const auto record = SpfRecord::parse("v=spf1 " + std::string(text));
  require(record || (record.error().what.size() < 100 && is_printable(record.error().what)));
}

/// By the name that is asked for, always the same.
dns::Answer answer(const dns::Question& question, const std::vector<std::string_view>& lines) {
  std::size_t chance = static_cast<std::size_t>(question.type);
  for (const char c : question.name) chance = chance * 31 + static_cast<unsigned char>(c);
  dns::Answer made{.status = dns::Status::found};
  if (chance % 11 == 0) return {.status = static_cast<dns::Status>(chance / 11 % dns::kStatuses)};
  const std::size_t count = question.type == dns::Type::txt ? 1 : chance % 13;
  for (std::size_t i = 0; i < count; ++i) {
    dns::Record record;
    record.address = *IpAddress::parse(chance % 5 == 0 ? "192.0.2.1" : "198.51.100.1");
    record.text = lines[(chance + i) % lines.size()];
    if (question.type == dns::Type::txt && chance % 7 != 0) record.text = "v=spf1 " + record.text;
    made.records.push_back(record);
  }
  if (made.records.empty()) made.status = dns::Status::no_data;
  return made;
}

SpfOutcome check(const SpfQuery& query, const std::vector<std::string_view>& lines, bool at_once) {
  std::map<dns::Question, dns::Answer> known;
  for (int round = 0;; ++round) {
    require(round < 30);
    std::vector<dns::Question> missing;
    unsigned asked = 0;
    const auto outcome = spf_check(query, [&](const dns::Question& question) -> const dns::Answer* {
      ++asked;
      if (at_once) known.try_emplace(question, answer(question, lines));
      const auto found = known.find(question);
      if (found != known.end()) return &found->second;
      missing.push_back(question);
      return nullptr;
    });
    require(asked <= 130 && outcome.has_value() == missing.empty());
    if (outcome) return *outcome;
    for (const dns::Question& question : missing) known.try_emplace(question, answer(question, lines));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string_view> lines = split({reinterpret_cast<const char*>(data), size}, '\n');
  if (lines.size() < 4) return 0;
  SpfQuery query;
  query.address = *IpAddress::parse("192.0.2.1");
  query.domain = lines[0];
  query.local = lines[1];
  query.helo = lines[2];
  query.receiver = "maildrop.example";
  query.explains = true;
  lines.erase(lines.begin(), lines.begin() + 3);
  for (const std::string_view line : lines) check_macros(line, query);
  const SpfOutcome outcome = check(query, lines, true);
  require(is_printable(outcome.reason) && is_printable(outcome.explanation));
  require(outcome.explanation.size() <= SpfLimits::kLongestExplanation);
  const SpfOutcome later = check(query, lines, false);
  require(later.result == outcome.result && later.reason == outcome.reason && later.explanation == outcome.explanation);
  return 0;
}
