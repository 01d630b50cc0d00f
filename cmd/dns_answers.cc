/// dns_answers.cc: what was said, by whom and how long ago.
#include "dns_answers.h"

#include <algorithm>
#include <tuple>

namespace maildrop::cmd {

namespace {

constexpr const char* kSchema = "maildrop.dns/1";

/// The enumerator of that name, of `count`.
template <class Enum>
std::optional<Enum> named(const std::string& name, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (dns::name_of(static_cast<Enum>(i)) == name) return static_cast<Enum>(i);
  return std::nullopt;
}

/// What an operator looks for first is greatest: something known, of a cache, of long ago.
auto rank(const ShownAnswer& answer) { return std::tuple(dns::is_known(answer.status), answer.source, answer.age); }

void put_answer(Json& object, const ShownAnswer& answer) {
  object["status"] = std::string(dns::name_of(answer.status));
  object["records"] = answer.records;
  if (!dns::is_known(answer.status)) return;
  object["source"] = std::string(dns::name_of(answer.source));
  if (answer.age) object["age"] = answer.age->count();
  object["ttl"] = answer.ttl.count();
}

std::optional<std::uint64_t> number_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  return std::min<std::uint64_t>(found->get<std::uint64_t>(), INT32_MAX);
}

Result<ShownAnswer> parse_answer(const Json& object) {
  const auto wrong = [] { return fail(Code::corrupt, "the server's answer is not of the schema maildrop.dns/1"); };
  if (!object.is_object()) return wrong();
  ShownAnswer answer;
  const auto status = named<dns::Status>(api::text_at(object, "status"), dns::kStatuses);
  const auto source = named<dns::Source>(api::text_at(object, "source"), dns::kSources);
  const auto records = object.find("records");
  if (!status || dns::is_known(*status) != source.has_value()) return wrong();
  if (records == object.end() || !records->is_array()) return wrong();
  answer.status = *status;
  answer.source = source.value_or(answer.source);
  for (const Json& record : *records) {
    if (!record.is_string()) return wrong();
    answer.records.push_back(record.get<std::string>());
  }
  if (const auto age = number_at(object, "age")) answer.age = std::chrono::seconds(*age);
  answer.ttl = std::chrono::seconds(number_at(object, "ttl").value_or(0));
  answer.loops = number_at(object, "loops").value_or(1);
  return answer;
}

}  // namespace

Result<dns::Question> parse_question(const std::string& name, const std::string& type) {
  const Result<IpAddress> address = IpAddress::parse(name);
  const std::string word = !type.empty() ? type : address ? "PTR" : "A";
  const std::optional<dns::Type> known = dns::parse_type(word);
  if (!known) return fail(Code::invalid, "'" + type + "' is not A, AAAA, CNAME, MX, NS, PTR or TXT");
  if (address) return dns::Question::reverse(*address, *known);
  auto made = dns::Question::make(name, *known);
  if (!made) return fail(Code::invalid, "'" + name + "' is not a name of the DNS, nor an address");
  return made;
}

ShownAnswer shown_answer(const dns::Question& question, const dns::Answer& answer) {
  ShownAnswer out{answer.status, {}, answer.source, answer.age, answer.ttl};
  for (const dns::Record& record : answer.records) out.records.push_back(record.to_string(question.type));
  return out;
}

std::vector<ShownAnswer> shown_by_loops(const dns::Question& question, std::span<const dns::Answer> answers) {
  std::vector<ShownAnswer> said;
  for (const dns::Answer& answer : answers) {
    ShownAnswer one = shown_answer(question, answer);
    const auto same = std::find_if(said.begin(), said.end(), [&](const ShownAnswer& each) {
      return each.status == one.status && each.records == one.records;
    });
    if (same == said.end()) {
      said.push_back(std::move(one));
      continue;
    }
    const std::uint64_t loops = same->loops + 1;
    if (rank(*same) < rank(one)) *same = std::move(one);
    same->loops = loops;
  }
  std::stable_sort(said.begin(), said.end(), [](const auto& a, const auto& b) { return rank(a) > rank(b); });
  return said;
}

Json json_of_answer(const dns::Question& question, const ShownAnswer& answer) {
  Json out;
  out["schema"] = kSchema;
  out["name"] = question.name.empty() ? "." : question.name;
  out["type"] = std::string(dns::name_of(question.type));
  put_answer(out, answer);
  return out;
}

Json json_of_loops(const dns::Question& question, const std::vector<ShownAnswer>& answers) {
  Json out = json_of_answer(question, answers.front());
  out["loops"] = answers.front().loops;
  out["others"] = Json::array();
  for (std::size_t i = 1; i < answers.size(); ++i) {
    Json other;
    put_answer(other, answers[i]);
    other["loops"] = answers[i].loops;
    out["others"].push_back(std::move(other));
  }
  return out;
}

Result<std::vector<ShownAnswer>> parse_loops(const Json& object) {
  std::vector<ShownAnswer> answers;
  answers.push_back(TRY(parse_answer(object)));
  const auto others = object.find("others");
  if (others == object.end()) return answers;
  for (const Json& each : *others) answers.push_back(TRY(parse_answer(each)));
  return answers;
}

}  // namespace maildrop::cmd
