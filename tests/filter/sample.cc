/// sample.cc: samples, read and played.
#include "filter/sample.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/settings.h"
#include "core/text.h"
#include "dns/recorded.h"
#include "filter/filters.h"

namespace maildrop::filter::test {

namespace {

constexpr Phase kPhases[] = {Phase::connect, Phase::helo, Phase::mail, Phase::rcpt, Phase::headers, Phase::message};

/// `a = b` in two.
std::pair<std::string, std::string> in_two(const std::string& text, std::string_view between = " = ") {
  const std::size_t at = text.find(between);
  INFO(text);
  REQUIRE(at != std::string::npos);
  return {text.substr(0, at), text.substr(at + between.size())};
}

std::vector<std::string> list_of(std::string text) {
  std::vector<std::string> list;
  while (!text.empty()) {
    const std::size_t at = text.find(", ");
    list.push_back(text.substr(0, at));
    text = at == std::string::npos ? std::string() : text.substr(at + 2);
  }
  return list;
}

void set(Config& config, const std::string& text) {
  const auto [key, value] = in_two(text);
  const Setting* setting = find_setting(key);
  INFO(text);
  REQUIRE(setting);
  const bool list = setting->type == Setting::Type::list;
  REQUIRE(setting->set(config, list ? list_of(value) : std::vector<std::string>{value}));
}

/// As dns/recorded.h has it, or `silent` for its answer.
void learn(World& world, const std::string& text) {
  INFO(text);
  const auto [question, answer] = in_two(text);
  const auto parsed = dns::parse_line(answer == "silent" ? question + " = failed" : text);
  REQUIRE(parsed);
  if (answer == "silent") return world.silence(parsed->first.name, parsed->first.type);
  world.put(parsed->first.name, parsed->first.type, parsed->second);
}

/// The first word, which is taken off.
std::string take_word(std::string& text) {
  const std::size_t blank = std::min(text.find(' '), text.size());
  std::string word = text.substr(0, blank);
  text.erase(0, blank + 1);
  return word;
}

Millis take_time(std::string& text) {
  const auto time = parse_duration(take_word(text));
  REQUIRE(time);
  return *time;
}

store::Operation operation_of(std::string text) {
  const std::string kind = take_word(text), space = take_word(text);
  if (kind == "put") {
    const Millis lifetime = take_time(text);
    const std::size_t at = text.find(" = ");
    const std::string value = at == std::string::npos ? "" : text.substr(at + 3);
    return store::Operation::put(space, text.substr(0, at), lifetime, value);
  }
  const Millis time = take_time(text);
  if (kind == "add") {
    const std::int64_t amount = std::stoll(take_word(text));
    return store::Operation::add(space, text, amount, time);
  }
  REQUIRE(kind == "take");
  store::Rate rate{.per = time};
  rate.tokens = static_cast<unsigned>(std::stoul(take_word(text)));
  rate.burst = static_cast<unsigned>(std::stoul(take_word(text)));
  const auto cost = static_cast<unsigned>(std::stoul(take_word(text)));
  return store::Operation::take(space, text, cost, rate);
}

/// What the ledger holds, or that it does not answer.
void keep(World& world, FakeClock& clock, std::string text) {
  if (text == "silent") return world.ledger_is(World::LedgerIs::silent);
  if (text == "unavailable") return world.ledger_is(World::LedgerIs::unavailable);
  const Millis age = take_time(text);
  clock.jump(-age);
  CHECK(world.ledger().run(operation_of(text)));
  clock.jump(age);
}

std::string line_of(const TraceEntry& entry) {
  const std::string_view action = entry.failed ? "failed" : entry.allowed ? "allow" : name_of(entry.action);
  return std::string(kPhaseNames[static_cast<std::size_t>(entry.phase)]) + " " + std::string(action) + " " +
         format_number(entry.score) + (entry.reason.empty() ? "" : " " + entry.reason);
}

}  // namespace

Sample read_sample(const std::string& path, World& world, FakeClock& clock) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  Sample sample;
  const std::string name = std::filesystem::path(path).stem().string();
  sample.filter = name.substr(0, name.find('-'));
  sample.transaction.peer.address = *IpAddress::parse("192.0.2.1");
  sample.transaction.helo = "mail.example.com";
  sample.transaction.esmtp = true;
  std::string line;
  while (std::getline(file, line) && line != "---") {
    INFO(path << ": " << line);
    if (line.empty() || line.front() == '#') continue;
    const std::size_t blank = std::min(line.find(' '), line.size());
    const std::string word = line.substr(0, blank);
    const std::string rest = blank < line.size() ? line.substr(blank + 1) : std::string();
    if (word == "set") {
      set(sample.config, rest);
    } else if (word == "with") {
      sample.with.push_back(rest);
    } else if (word == "peer") {
      REQUIRE(IpAddress::parse(rest));
      sample.transaction.peer.address = *IpAddress::parse(rest);
    } else if (word == "name") {
      sample.transaction.peer.name = rest;
    } else if (word == "helo") {
      sample.transaction.helo = rest;
    } else if (word == "from") {
      const auto from = rest.empty() ? mail::Address{} : mail::parse_address(rest);
      REQUIRE(from);
      sample.transaction.from = *from;
    } else if (word == "to") {
      sample.to.push_back(rest);
    } else if (word == "early") {
      mail::Early& early = sample.transaction.early;
      (rest == "greeting" ? early.greeting : rest == "helo" ? early.helo : early.data) = true;
    } else if (word == "dns") {
      learn(world, rest);
    } else if (word == "ledger") {
      keep(world, clock, rest);
    } else if (word == "want") {
      sample.want.push_back(rest);
    } else if (word == "told") {
      sample.told.push_back(rest);
    } else {
      FAIL("no such line");
    }
  }
  std::ostringstream message;
  while (std::getline(file, line)) message << line << "\r\n";
  sample.message = message.str();
  if (sample.to.empty()) sample.to.emplace_back("bob@localhost");
  return sample;
}

std::vector<std::string> found_in(const Sample& sample, World& world, const Clock& clock,
                                  std::vector<std::string>& told) {
  std::vector<FilterKind> kinds;
  for (const FilterKind& kind : filter_kinds())
    if (kind.name == sample.filter || std::find(sample.with.begin(), sample.with.end(), kind.name) != sample.with.end())
      kinds.push_back(kind);
  REQUIRE(kinds.size() == 1 + sample.with.size());
  const auto chain = Chain::make(sample.config, kinds);
  REQUIRE(chain);
  Case session(*chain, clock);
  std::vector<TraceEntry> refused;  // what was found of recipients that get no message
  mail::Transaction transaction;
  transaction.peer = sample.transaction.peer;
  for (const Phase phase : kPhases) {
    if (phase == Phase::helo) {
      transaction.early = sample.transaction.early;
      transaction.helo = sample.transaction.helo;
      transaction.esmtp = true;
    }
    if (phase == Phase::mail) transaction.from = sample.transaction.from;
    if (phase == Phase::headers) transaction.data = sample.message.substr(0, sample.message.find("\r\n\r\n") + 2);
    if (phase == Phase::message) transaction.data = sample.message;
    const std::size_t times = phase == Phase::rcpt ? sample.to.size() : 1;
    for (std::size_t i = 0; i < times; ++i) {
      if (phase == Phase::rcpt) {
        const mail::Address to = *mail::parse_address(sample.to[i]);
        transaction.recipients.push_back({to, *mail::Inbox::of(to, sample.config.inbox, "localhost")});
      }
      const Verdict verdict = world.judge(session, phase, transaction);
      if (phase == Phase::rcpt && verdict.refuses())
        for (TraceEntry& entry : session.trace().entries)
          if (entry.phase == Phase::rcpt) refused.push_back(std::move(entry));
      for (const std::string& fact : sample.told) {
        const std::string name = fact.substr(0, fact.find(" = "));
        const std::string* value = session.told(name);
        if (value && std::find(told.begin(), told.end(), name + " = " + *value) == told.end())
          told.push_back(name + " = " + *value);
      }
    }
  }
  std::vector<TraceEntry> entries = session.message_trace().entries;
  entries.insert(entries.end(), refused.begin(), refused.end());
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.phase < b.phase; });
  std::vector<std::string> found;
  for (const TraceEntry& entry : entries)
    if (entry.filter == sample.filter && !entry.is_silent()) found.push_back(line_of(entry));
  return found;
}

}  // namespace maildrop::filter::test
