/// sample.cc: samples, read line by line.
#include "filter/sample.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "core/settings.h"
#include "core/text.h"
#include "dns/recorded.h"

namespace maildrop::filter {

namespace {

constexpr std::string_view kEquals = " = ";
// In the order of service::MilterAnswer::Says.
constexpr std::string_view kMilterSays[] = {"pass", "quarantine", "discard", "defer", "reject"};
constexpr std::string_view kMilterSteps[] = {"connect", "helo", "mail", "rcpt", "data", "header", "body", "message"};

/// `a = b` in two.
Result<std::pair<std::string, std::string>> in_two(const std::string& text) {
  const std::size_t at = text.find(kEquals);
  if (at == std::string::npos) return invalid("has no ' = '");
  return std::pair{text.substr(0, at), text.substr(at + kEquals.size())};
}

/// The first word, which is taken off.
std::string take_word(std::string& text) {
  const std::size_t blank = std::min(text.find(' '), text.size());
  std::string word = text.substr(0, blank);
  text.erase(0, blank + 1);
  return word;
}

Result<Millis> take_time(std::string& text) { return parse_duration(take_word(text)); }

Result<std::int64_t> take_number(std::string& text) {
  const std::string word = take_word(text);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) return invalid("'" + word + "' is no number");
  return number;
}

std::vector<std::string> list_of(const std::string& text) {
  std::vector<std::string> list;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(", ", at), text.size());
    list.push_back(text.substr(at, end - at));
    at = end + 2;
  }
  return list;
}

/// put, add or take, without its age.
Result<store::Operation> operation_of(std::string text) {
  const std::string kind = take_word(text), space = take_word(text);
  const Millis time = TRY(take_time(text));
  if (kind == "put") {
    const std::size_t at = std::min(text.find(kEquals), text.size());
    const std::string value = at == text.size() ? std::string() : text.substr(at + kEquals.size());
    return store::Operation::put(space, text.substr(0, at), time, value);
  }
  if (kind == "add") {
    const std::int64_t amount = TRY(take_number(text));
    return store::Operation::add(space, text, amount, time);
  }
  if (kind != "take") return invalid("the ledger knows put, add and take");
  store::Rate rate{.per = time};
  rate.tokens = static_cast<unsigned>(TRY(take_number(text)));
  rate.burst = static_cast<unsigned>(TRY(take_number(text)));
  const auto cost = static_cast<unsigned>(TRY(take_number(text)));
  return store::Operation::take(space, text, cost, rate);
}

/// Reads one sample, line by line.
class SampleReader {
 public:
  SampleReader(const std::filesystem::path& path, TableWorld& world, FakeClock& clock)
      : folder_(path.parent_path()), world_(world), clock_(clock) {
    const std::string name = path.stem().string();
    sample_.filter = name.substr(0, name.find('-'));
    sample_.transaction.peer.address = *IpAddress::parse("192.0.2.1");
    sample_.transaction.helo = "mail.example.com";
    sample_.transaction.esmtp = true;
  }

  Result<void> read(const std::string& line) {
    if (line.empty() || line.front() == '#') return {};
    std::string rest = line;
    const std::string word = take_word(rest);
    const auto known = lines().find(word);
    if (known == lines().end()) return invalid("no sample has a line '" + word + "'" + did_you_mean(word));
    return (this->*known->second)(rest);
  }

  Result<Sample> finish(std::string message) {
    const bool finds = !sample_.want.empty() || !sample_.told.empty() || !sample_.want_nothing_at.empty();
    if (finds && sample_.want_not_asked) return invalid("who is not asked finds and tells nothing");
    if (!finds && !sample_.want_not_asked)
      return invalid("it cannot fail: say 'want nothing at PHASE', or 'want not asked'");
    sample_.message = std::move(message);
    if (sample_.to.empty()) sample_.to.emplace_back("bob@localhost");
    return std::move(sample_);
  }

 private:
  using Read = Result<void> (SampleReader::*)(const std::string& text);
  static const std::map<std::string, Read, std::less<>>& lines() {
    static const std::map<std::string, Read, std::less<>> kLines{{"set", &SampleReader::set},
                                                                 {"with", &SampleReader::with},
                                                                 {"peer", &SampleReader::peer},
                                                                 {"name", &SampleReader::name},
                                                                 {"helo", &SampleReader::helo},
                                                                 {"from", &SampleReader::from},
                                                                 {"to", &SampleReader::to},
                                                                 {"early", &SampleReader::early},
                                                                 {"dns", &SampleReader::dns},
                                                                 {"size", &SampleReader::size},
                                                                 {"smtputf8", &SampleReader::smtputf8},
                                                                 {"ledger", &SampleReader::keep},
                                                                 {"want", &SampleReader::want},
                                                                 {"told", &SampleReader::told},
                                                                 {"call", &SampleReader::call},
                                                                 {"milter", &SampleReader::milter},
                                                                 {"syn", &SampleReader::syn}};
    return kLines;
  }

  static std::string did_you_mean(const std::string& word) {
    std::vector<std::string_view> words;
    for (const auto& [name, read] : lines()) words.push_back(name);
    const std::string_view near = nearest(word, words);
    return near.empty() ? std::string() : ", did you mean '" + std::string(near) + "'?";
  }

  Result<void> set(const std::string& text) {
    auto [key, value] = TRY(in_two(text));
    if (value.starts_with("../")) value = (folder_ / value).string();
    const Setting* setting = find_setting(key);
    if (!setting) return invalid("there is no setting '" + key + "'");
    const bool list = setting->type == Setting::Type::list;
    return setting->set(sample_.config, list ? list_of(value) : std::vector<std::string>{value});
  }
  Result<void> with(const std::string& text) { return append(sample_.with, text); }
  Result<void> peer(const std::string& text) {
    sample_.transaction.peer.address = TRY(IpAddress::parse(text));
    return {};
  }
  Result<void> syn(const std::string& text) {
    if (text.size() % 2 != 0) return invalid("has half a byte");
    std::string& bytes = sample_.transaction.peer.syn;
    for (std::size_t at = 0; at < text.size(); at += 2) {
      const char* const digits = text.data() + at;
      unsigned char byte = 0;
      if (std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2)
        return invalid("is not of hexadecimal digits");
      bytes += static_cast<char>(byte);
    }
    return {};
  }
  Result<void> name(const std::string& text) { return put(sample_.transaction.peer.name, text); }
  Result<void> helo(const std::string& text) { return put(sample_.transaction.helo, text); }
  Result<void> from(const std::string& text) {
    sample_.transaction.from = text.empty() ? mail::Address{} : TRY(mail::parse_address(text));
    return {};
  }
  Result<void> size(const std::string& text) {
    std::string rest = text;
    sample_.transaction.declared_size = static_cast<std::uint64_t>(TRY(take_number(rest)));
    return {};
  }
  Result<void> smtputf8(const std::string&) {
    sample_.transaction.smtputf8 = true;
    return {};
  }
  Result<void> to(const std::string& text) {
    TRY(recipient_of(text, sample_.config));
    return append(sample_.to, text);
  }
  Result<void> early(const std::string& text) {
    mail::Early& early = sample_.transaction.early;
    if (text != "greeting" && text != "helo" && text != "data") return invalid("is none of greeting, helo and data");
    (text == "greeting" ? early.greeting : text == "helo" ? early.helo : early.data) = true;
    return {};
  }
  Result<void> dns(const std::string& text) {
    const auto [question, answer] = TRY(in_two(text));
    const bool silent = answer == "silent";
    const auto parsed = TRY(dns::parse_line(silent ? question + " = failed" : text));
    if (silent) {
      world_.silence(parsed.first.name, parsed.first.type);
    } else {
      world_.put(parsed.first.name, parsed.first.type, parsed.second);
    }
    return {};
  }
  /// What the ledger holds, or that it does not answer.
  Result<void> keep(const std::string& text) {
    if (text == "silent") world_.ledger_is(TableWorld::LedgerIs::silent);
    if (text == "unavailable") world_.ledger_is(TableWorld::LedgerIs::unavailable);
    if (text == "silent" || text == "unavailable") return {};
    std::string rest = text;
    const Millis age = TRY(take_time(rest));
    const store::Operation operation = TRY(operation_of(std::move(rest)));
    clock_.jump(-age);
    const Result<store::Answer> done = world_.ledger().run(operation);
    clock_.jump(age);
    if (!done) return tl::unexpected(done.error());
    return {};
  }
  Result<void> call(const std::string& text) {
    auto [where, answer] = TRY(in_two(text));
    const service::HttpUrl url = TRY(service::HttpUrl::parse(where));
    const std::string name = service::name_of(service::HttpRequest{url});
    if (answer == "silent") {
      world_.serve(name, std::nullopt);
      return {};
    }
    const auto status = static_cast<unsigned>(TRY(take_number(answer)));
    world_.serve(name, service::HttpAnswer{status, answer});
    return {};
  }
  Result<void> milter(const std::string& text) {
    auto [where, answer] = TRY(in_two(text));
    const std::string name = TRY(Endpoint::parse(where)).to_string();
    if (answer == "silent") {
      world_.serve(name, std::nullopt);
      return {};
    }
    const std::string word = take_word(answer);
    const auto* const says = std::find(std::begin(kMilterSays), std::end(kMilterSays), word);
    if (says == std::end(kMilterSays)) return invalid("'" + word + "' is nothing that a milter says");
    const std::string step = take_word(answer);
    const auto* const at = std::find(std::begin(kMilterSteps), std::end(kMilterSteps), step);
    if (at == std::end(kMilterSteps)) return invalid("'" + step + "' is no step before a milter");
    const auto which = static_cast<service::MilterAnswer::Says>(says - std::begin(kMilterSays));
    world_.serve(name, service::MilterAnswer{which, *at, answer});
    return {};
  }
  Result<void> want(const std::string& text) {
    constexpr std::string_view kNothingAt = "nothing at ";
    if (text == "not asked") {
      sample_.want_not_asked = true;
      return {};
    }
    if (!text.starts_with(kNothingAt)) return append(sample_.want, std::string(trim(text)));
    for (const std::string& name : list_of(text.substr(kNothingAt.size()))) {
      const std::optional<Phase> phase = phase_named(name);
      if (!phase) return invalid("'" + name + "' is no phase");
      sample_.want_nothing_at.push_back(*phase);
    }
    return {};
  }
  Result<void> told(const std::string& text) { return append(sample_.told, text); }

  static Result<void> put(std::string& to, const std::string& text) {
    to = text;
    return {};
  }
  static Result<void> append(std::vector<std::string>& to, const std::string& text) {
    to.push_back(text);
    return {};
  }

  std::filesystem::path folder_;
  TableWorld& world_;
  FakeClock& clock_;
  Sample sample_;
};

}  // namespace

Result<mail::Address> recipient_of(const std::string& text, const Config& config) {
  if (text.find('@') != std::string::npos) return mail::parse_address(text);
  const std::vector<std::string>& domains = config.mail.domains;
  return mail::parse_address(text + "@" + (domains.empty() || domains.front() == "*" ? "localhost" : domains.front()));
}

Result<Sample> read_sample(const std::string& path, TableWorld& world, FakeClock& clock) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Code::not_found, "cannot read '" + path + "'");
  SampleReader reader(path, world, clock);
  std::string line;
  for (unsigned number = 1; std::getline(file, line) && line != "---"; ++number)
    if (const Result<void> read = reader.read(line); !read)
      return invalid("line " + std::to_string(number) + ": " + read.error().what);
  std::ostringstream message;
  while (std::getline(file, line)) message << line << "\r\n";
  return reader.finish(message.str());
}

}  // namespace maildrop::filter
