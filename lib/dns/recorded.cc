/// recorded.cc: lines, there and back.
#include "dns/recorded.h"

#include <charconv>
#include <limits>
#include <optional>

#include "core/text.h"

namespace maildrop::dns {

namespace {

constexpr std::string_view kEquals = " = ", kNext = ", ";
constexpr std::string_view kRoot = ".";

tl::unexpected<Error> wrong(std::string_view what) { return fail(Code::invalid, std::string(what)); }

std::optional<Status> status_named(std::string_view name) {
  for (std::size_t i = 0; i < kStatuses; ++i)
    if (name_of(static_cast<Status>(i)) == name) return static_cast<Status>(i);
  return std::nullopt;
}

/// Takes a text in quotes off the front, escaped as Record::to_string() does.
std::optional<std::string> take_quoted(std::string_view& rest) {
  if (!rest.starts_with('"')) return std::nullopt;
  std::string text;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return text;
    }
    if (rest[i] != '\\') {
      text += rest[i];
    } else if (i + 3 < rest.size() && is_digit(rest[i + 1]) && is_digit(rest[i + 2]) && is_digit(rest[i + 3])) {
      const int byte = (rest[i + 1] - '0') * 100 + (rest[i + 2] - '0') * 10 + (rest[i + 3] - '0');
      if (byte > 255) return std::nullopt;
      text += static_cast<char>(byte);
      i += 3;
    } else if (++i < rest.size()) {
      text += rest[i];
    }
  }
  return std::nullopt;
}

/// Takes a record off the front.
std::optional<Record> take_record(Type type, std::string_view& rest) {
  Record record;
  if (type == Type::txt) {
    auto text = take_quoted(rest);
    if (!text) return std::nullopt;
    record.text = std::move(*text);
    return record;
  }
  if (type == Type::mx) {
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), record.preference);
    const auto digits = static_cast<std::size_t>(end - rest.data());
    if (error != std::errc() || record.preference > std::numeric_limits<std::uint16_t>::max() ||
        digits >= rest.size() || rest[digits] != ' ')
      return std::nullopt;
    rest.remove_prefix(digits + 1);
  }
  if (rest.starts_with('"')) {
    auto text = take_quoted(rest);
    if (!text || type == Type::a || type == Type::aaaa) return std::nullopt;
    record.text = std::move(*text);
    return record;
  }
  const std::string_view word = rest.substr(0, rest.find(kNext));
  rest.remove_prefix(word.size());
  if (type == Type::a || type == Type::aaaa) {
    const auto address = IpAddress::parse(word);
    if (!address || address->is_v4() != (type == Type::a)) return std::nullopt;
    record.address = *address;
    return record;
  }
  if (word.empty() || word.find(' ') != std::string_view::npos) return std::nullopt;
  if (word != kRoot) record.text = word;
  return record;
}

/// In quotes where it would be taken for something else: whoever writes a PTR may call himself `failed`.
std::string word_of(std::string_view name, const std::string& plain) {
  if (name.find_first_of(" ,=\"") == std::string_view::npos && !status_named(name)) return plain;
  Record quoted;
  quoted.text = name;
  return quoted.to_string(Type::txt);
}

std::string text_of(const Record& record, Type type) {
  const std::string plain = record.to_string(type);
  if (type == Type::txt || type == Type::a || type == Type::aaaa) return plain;
  const std::string name = word_of(record.text, record.text.empty() ? std::string(kRoot) : record.text);
  return type == Type::mx ? std::to_string(record.preference) + " " + name : name;
}

}  // namespace

std::string to_line(const Question& question, const Answer& answer) {
  std::string line = std::string(name_of(question.type)) + " " + word_of(question.name, question.name);
  line += kEquals;
  if (answer.records.empty()) line += name_of(answer.status);
  for (std::size_t i = 0; i < answer.records.size(); ++i)
    line += (i == 0 ? std::string() : std::string(kNext)) + text_of(answer.records[i], question.type);
  return line;
}

Result<std::pair<Question, Answer>> parse_line(std::string_view line) {
  constexpr std::string_view kForm = "not TYPE NAME = ANSWER";
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return wrong(kForm);
  const auto type = parse_type(line.substr(0, blank));
  if (!type) return wrong("not A, AAAA, CNAME, MX, NS, PTR or TXT");
  std::string_view rest = line.substr(blank + 1);
  std::string name;
  if (rest.starts_with('"')) {
    auto quoted = take_quoted(rest);
    if (!quoted) return wrong(kForm);
    name = std::move(*quoted);
  } else {
    name = rest.substr(0, std::min(rest.find(kEquals), rest.size()));
    rest.remove_prefix(name.size());
  }
  if (!rest.starts_with(kEquals)) return wrong(kForm);
  rest.remove_prefix(kEquals.size());
  Question question = TRY(Question::make(name, *type));
  Answer answer;
  if (const auto status = status_named(rest)) {
    answer.status = *status;
    return std::make_pair(std::move(question), std::move(answer));
  }
  answer.status = Status::found;
  do {
    auto record = take_record(*type, rest);
    const bool more = rest.starts_with(kNext);
    if (!record || (!rest.empty() && !more)) return wrong("neither records of its type nor a status");
    if (more) rest.remove_prefix(kNext.size());
    if (more && rest.empty()) return wrong("a record is missing");
    if (answer.records.size() < Answer::kMostRecords) answer.records.push_back(std::move(*record));
  } while (!rest.empty());
  return std::make_pair(std::move(question), std::move(answer));
}

Result<Recorded> Recorded::parse(std::string_view text) {
  Recorded recorded;
  if (text.size() > kMostBytes) return wrong("longer than " + format_size(kMostBytes));
  std::size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    auto parsed = parse_line(line);
    if (!parsed) return fail(Code::invalid, "line " + std::to_string(number) + ": " + parsed.error().what);
    recorded.answers_.insert_or_assign(std::move(parsed->first), std::move(parsed->second));
  }
  return recorded;
}

const Answer& Recorded::answer(const Question& question) const {
  static const Answer kNoName{.status = Status::no_name};
  const auto found = answers_.find(question);
  return found == answers_.end() ? kNoName : found->second;
}

}  // namespace maildrop::dns
