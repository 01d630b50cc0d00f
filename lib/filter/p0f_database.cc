/// p0f_database.cc: lines of p0f.fp, and what they mean of a packet.
#include "filter/p0f_database.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "core/descriptor.h"
#include "core/file_error.h"

namespace maildrop::filter {

namespace {

constexpr unsigned kFarthest = 35;  // routers on the way; p0f's own number

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

/// What stands before the mark, which is taken off with it; all, where there is none.
std::string_view take(std::string_view& text, char mark) {
  const std::size_t at = std::min(text.find(mark), text.size());
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return part;
}

Result<unsigned> number_of(std::string_view text) {
  constexpr unsigned kMost = 65535;
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > kMost)
    return invalid("'" + std::string(text) + "' is no number of 0 to 65535");
  return number;
}

Result<std::optional<unsigned>> number_or_any(std::string_view text) {
  if (text == "*") return std::optional<unsigned>();
  return std::optional<unsigned>(TRY(number_of(text)));
}

bool is_option(std::string_view text) {
  for (const std::string_view known : {"nop", "mss", "ws", "sok", "sack", "ts"})
    if (text == known) return true;
  if (text.starts_with("eol+")) return number_of(text.substr(4)).has_value();
  return text.starts_with('?') && number_of(text.substr(1)).has_value();
}

Result<std::string> layout_of(std::string_view text) {
  for (std::string_view rest = text; !rest.empty();)
    if (const std::string_view option = take(rest, ','); !is_option(option))
      return invalid("'" + std::string(option) + "' is no option");
  return std::string(text);
}

Result<std::uint32_t> quirks_of(std::string_view text) {
  std::uint32_t quirks = 0;
  while (!text.empty()) {
    const std::string_view name = take(text, ',');
    const auto* known = std::find(std::begin(kQuirkNames), std::end(kQuirkNames), name);
    if (known == std::end(kQuirkNames)) return invalid("'" + std::string(name) + "' is no quirk");
    quirks |= 1u << (known - std::begin(kQuirkNames));
  }
  return quirks;
}

Result<std::optional<bool>> payload_of(std::string_view text) {
  if (text == "*") return std::optional<bool>();
  if (text != "0" && text != "+") return invalid("'" + std::string(text) + "' is none of 0, + and *");
  return std::optional<bool>(text == "+");
}

Result<void> read_window(std::string_view text, P0fPattern& pattern) {
  using Window = P0fPattern::Window;
  if (text == "*") return {};
  constexpr std::array<std::pair<std::string_view, Window>, 3> kMultiples{
      {{"mss*", Window::of_mss}, {"mtu*", Window::of_mtu}, {"%", Window::of_number}}};
  pattern.window = Window::bytes;
  for (const auto& [mark, window] : kMultiples) {
    if (!text.starts_with(mark)) continue;
    text.remove_prefix(mark.size());
    pattern.window = window;
  }
  pattern.window_number = TRY(number_of(text));
  if (pattern.window_number == 0 && pattern.window != Window::bytes) return invalid("a multiple of 0");
  return {};
}

/// Some systems count the room that timestamps take, some go by the Ethernet that they are at and not by what they
/// said, since a router has changed that.
bool is_multiple(const TcpSignature& signature, bool of_mtu, unsigned times) {
  constexpr unsigned kEthernet = 1500, kTimestamps = 12;
  if (signature.mss == 0) return false;
  const unsigned headers = signature.version == 4 ? 40 : 60;
  const unsigned less = signature.has_timestamp ? kTimestamps : 0;
  const auto is = [&](unsigned unit) { return signature.window == unit * times; };
  if (of_mtu) return is(signature.mss + headers) || is(kEthernet);
  return is(signature.mss) || is(kEthernet - headers) || (signature.mss > less && is(signature.mss - less)) ||
         is(kEthernet - headers - less);
}

bool fits_window(const P0fPattern& pattern, const TcpSignature& signature) {
  using Window = P0fPattern::Window;
  switch (pattern.window) {
    case Window::any: return true;
    case Window::bytes: return signature.window == pattern.window_number;
    case Window::of_number: return signature.window % pattern.window_number == 0;
    case Window::of_mss: return is_multiple(signature, false, pattern.window_number);
    case Window::of_mtu: return is_multiple(signature, true, pattern.window_number);
  }
  return false;
}

template <class T>
bool is_or_any(const std::optional<T>& wanted, T there) {
  return !wanted || *wanted == there;
}

/// Those that a pattern for both versions has in this one.
std::uint32_t quirks_in(const P0fPattern& pattern, unsigned version) {
  constexpr std::uint32_t kOnly4 = bit(Quirk::df) | bit(Quirk::id_with_df) | bit(Quirk::id_zero) | bit(Quirk::zero_bit);
  if (pattern.version) return pattern.quirks;
  return pattern.quirks & ~(version == 4 ? bit(Quirk::flow) : kOnly4);
}

using Fit = P0fPattern::Fit;

/// Routers and firewalls take off `df`, and what goes with it, and mark congestion.
Fit fit_quirks(std::uint32_t wanted, std::uint32_t there) {
  constexpr std::uint32_t kMayGo = bit(Quirk::df) | bit(Quirk::id_with_df);
  constexpr std::uint32_t kMayCome = bit(Quirk::id_zero) | bit(Quirk::ecn);
  if (wanted == there) return Fit::fully;
  return (wanted & ~there & ~kMayGo) == 0 && (there & ~wanted & ~kMayCome) == 0 ? Fit::nearly : Fit::no;
}

Fit fit_ttl(const P0fPattern& pattern, unsigned ttl) {
  if (pattern.any_ttl_below) return ttl <= pattern.ttl ? Fit::fully : Fit::no;
  return ttl <= pattern.ttl && pattern.ttl - ttl <= kFarthest ? Fit::fully : Fit::nearly;
}

}  // namespace

Result<P0fPattern> P0fPattern::parse(std::string_view text) {
  if (std::count(text.begin(), text.end(), ':') != 7) return invalid("a signature has eight parts");
  P0fPattern pattern;
  pattern.version = TRY(number_or_any(take(text, ':')));
  if (pattern.version && *pattern.version != 4 && *pattern.version != 6) return invalid("IP has versions 4 and 6");
  std::string_view ttl = take(text, ':');
  pattern.any_ttl_below = ttl.ends_with('-');
  if (pattern.any_ttl_below) ttl.remove_suffix(1);
  // As p0f shows what it has seen: `52+12`.
  const std::string_view seen = take(ttl, '+');
  pattern.ttl = TRY(number_of(seen));
  if (!ttl.empty()) pattern.ttl += TRY(number_of(ttl));
  if (pattern.ttl == 0 || pattern.ttl > 255) return invalid("a TTL has 1 to 255");
  pattern.ip_options = TRY(number_of(take(text, ':')));
  pattern.mss = TRY(number_or_any(take(text, ':')));
  std::string_view scale = take(text, ':');
  TRY(read_window(take(scale, ','), pattern));
  pattern.scale = TRY(number_or_any(scale));
  pattern.layout = TRY(layout_of(take(text, ':')));
  pattern.quirks = TRY(quirks_of(take(text, ':')));
  pattern.payload = TRY(payload_of(text));
  return pattern;
}

P0fPattern::Fit P0fPattern::fit(const TcpSignature& signature) const {
  if (layout != signature.layout || ip_options != signature.ip_options || !is_or_any(version, signature.version) ||
      !is_or_any(mss, signature.mss) || !is_or_any(scale, signature.scale) || !is_or_any(payload, signature.payload) ||
      !fits_window(*this, signature))
    return Fit::no;
  return std::min(fit_quirks(quirks_in(*this, signature.version), signature.quirks), fit_ttl(*this, signature.ttl));
}

/// Goes through a file, line by line.
class P0fDatabase::Parser {
 public:
  Parser(P0fDatabase& to, std::vector<std::string>& problems) : to_(to), problems_(problems) {}

  void read(std::string_view line) {
    ++number_;
    line = trim(line);
    if (line.empty() || line.front() == ';') return;
    if (line.front() == '[') {
      here_ = line == "[tcp:request]";
      label_ = {};
      return;
    }
    if (!here_) return;
    const Result<void> read = read_setting(line);
    if (!read && problems_.size() < kMostProblems)
      problems_.push_back("line " + std::to_string(number_) + ": " + read.error().what);
  }

 private:
  Result<void> read_setting(std::string_view line) {
    std::string_view value = line;
    const std::string_view key = trim(take(value, '='));
    value = trim(value);
    if (key == "sys") return {};  // on which systems that program runs
    if (key == "label") return read_label(value);
    if (key != "sig") return invalid("is none of label, sys and sig");
    if (!label_) return invalid("no label is above it");
    if (to_.entries_.size() >= kMostPatterns)
      return invalid("more than " + std::to_string(kMostPatterns) + " signatures");
    P0fPattern pattern = TRY(P0fPattern::parse(value));  // not among the rest: where it returns, that would leak
    to_.entries_.push_back({label_->system, label_->generic, std::move(pattern)});
    return {};
  }

  /// `s:unix:Linux:3.11 and newer`; g: of many systems.
  Result<void> read_label(std::string_view text) {
    label_ = {};
    if (std::count(text.begin(), text.end(), ':') < 3) return invalid("a label has four parts");
    const std::string_view type = take(text, ':');
    if (type != "s" && type != "g") return invalid("'" + std::string(type) + "' is none of s and g");
    take(text, ':');
    std::string system(take(text, ':'));
    if (!text.empty()) system.append(" ").append(text);
    if (system.empty() || system.size() > kLongestName)
      return invalid("a name has 1 to " + std::to_string(kLongestName) + " bytes");
    label_ = Label{std::move(system), type == "g"};
    return {};
  }

  struct Label {
    std::string system;
    bool generic;
  };
  P0fDatabase& to_;
  std::vector<std::string>& problems_;
  std::optional<Label> label_;
  bool here_ = false;
  unsigned number_ = 0;
};

P0fDatabase P0fDatabase::parse(std::string_view text, std::vector<std::string>& problems) {
  P0fDatabase database;
  Parser parser(database, problems);
  while (!text.empty()) parser.read(take(text, '\n'));
  return database;
}

Result<P0fDatabase> P0fDatabase::open(const std::string& path, std::vector<std::string>& problems) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // not for the writer of a pipe
  if (!file) {
    const bool missing = errno == ENOENT;
    Error error = file_error("read", path, errno);
    if (missing) error.code = Code::not_found;
    return tl::unexpected(std::move(error));
  }
  std::string text(kMostBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0) return tl::unexpected(file_error("read", path, errno));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kMostBytes)
    return fail(Code::over_limit, "cannot use '" + path + "': is larger than " + std::to_string(kMostBytes) + " bytes");
  return parse(std::string_view(text).substr(0, size), problems);
}

std::optional<P0fDatabase::Match> P0fDatabase::find(const TcpSignature& signature) const {
  const Entry *generic = nullptr, *near = nullptr;
  for (const Entry& each : entries_) {
    const Fit fit = each.pattern.fit(signature);
    if (fit == Fit::fully && !each.generic) return Match{each.system};
    if (fit == Fit::fully && !generic) generic = &each;
    if (fit == Fit::nearly && !near) near = &each;
  }
  if (generic) return Match{generic->system};
  if (near) return Match{near->system, true};
  return std::nullopt;
}

Result<P0fDatabase> open_p0f_file(const std::string& named, std::vector<FileProblem>& problems,
                                  const std::string& usual) {
  const std::string& path = named.empty() ? usual : named;
  std::vector<std::string> lines;
  Result<P0fDatabase> database = P0fDatabase::open(path, lines);
  if (!database && !named.empty()) return database;
  if (!database && database.error().code != Code::not_found) lines.push_back(database.error().what);
  for (std::string& line : lines) problems.push_back({path, std::move(line)});
  return database ? std::move(database) : P0fDatabase();
}

}  // namespace maildrop::filter
