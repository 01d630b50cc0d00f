/// dialog.cc: reading dialog files.
#include "smtp/dialog.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>

#include "core/settings.h"
#include "core/text.h"

namespace maildrop::smtp::test {

namespace {

constexpr std::string_view kActions[] = {"pass",   "tag",     "quarantine", "defer",
                                         "reject", "discard", "disconnect", "delay"};
constexpr Code kCodes[] = {Code::invalid,   Code::not_found, Code::over_limit, Code::unavailable,
                           Code::timed_out, Code::corrupt,   Code::internal};

template <class Names>
std::optional<std::size_t> index_of(const Names& names, std::string_view name) {
  const auto found = std::find(std::begin(names), std::end(names), name);
  if (found == std::end(names)) return std::nullopt;
  return static_cast<std::size_t>(found - std::begin(names));
}

/// The first word of `text`, which is shortened by it and the space behind it.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Takes escapes off. `number` replaces `\#`.
class Unescape {
 public:
  Result<std::string> all(std::string_view text, std::size_t number = 0) {
    std::string out;
    while (!text.empty()) {
      if (text.front() != '\\') {
        out += text.front();
        text.remove_prefix(1);
        continue;
      }
      text.remove_prefix(1);
      const auto taken = escape(text, number, out);
      if (!taken) return tl::unexpected(taken.error());
    }
    return out;
  }

 private:
  Result<void> escape(std::string_view& text, std::size_t number, std::string& out) {
    const char kind = text.empty() ? '\0' : text.front();
    if (!text.empty()) text.remove_prefix(1);
    switch (kind) {
      case 'r': out += '\r'; return {};
      case 'n': out += '\n'; return {};
      case 't': out += '\t'; return {};
      case '0': out += '\0'; return {};
      case '\\': out += '\\'; return {};
      case '#': out += std::to_string(number); return {};
      case 'x': {
        if (text.size() < 2 || hex(text[0]) < 0 || hex(text[1]) < 0) return fail(Code::invalid, "bad \\x");
        out += static_cast<char>(hex(text[0]) * 16 + hex(text[1]));
        text.remove_prefix(2);
        return {};
      }
      case '*': return repeat(text, out);
      default: return fail(Code::invalid, "unknown escape");
    }
  }

  /// `\*COUNT(text)`; no parenthesis within, `\x29` for one.
  Result<void> repeat(std::string_view& text, std::string& out) {
    const std::size_t open = text.find('(');
    const std::size_t end = text.find(')');
    if (open == std::string_view::npos || end == std::string_view::npos || end < open)
      return fail(Code::invalid, "\\*COUNT(text) is not complete");
    const std::size_t count = std::stoul(std::string(text.substr(0, open)));
    const std::string_view inner = text.substr(open + 1, end - open - 1);
    const bool counts = inner.find("\\#") != std::string_view::npos;
    const std::string once = TRY(all(inner));
    for (std::size_t i = 1; i <= count; ++i) {
      if (counts) {
        out += TRY(all(inner, i));
      } else {
        out += once;
      }
    }
    text.remove_prefix(end + 1);
    return {};
  }
};

Result<std::string> unescape(std::string_view text) { return Unescape().all(text); }

Result<std::string> read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(Code::not_found, "cannot open '" + file.string() + "'");
  return std::string(std::istreambuf_iterator<char>(in), {});
}

class Reader {
 public:
  Reader(Dialog& dialog, std::filesystem::path directory) : dialog_(dialog), directory_(std::move(directory)) {}

  Result<void> line(std::string_view text, int number) {
    step_ = {};
    step_.line = number;
    if (text.empty() || text.front() == '#' || text.starts_with("try ")) return {};
    if (text.front() == '>') return send(text.substr(text.size() > 1 ? 2 : 1));
    if (text.front() == '<') return reply(text);
    const std::string_view word = take_word(text);
    if (word == "lmtp") return lmtp();
    if (word == "tls") return add(Step::Kind::tls, {});
    if (word == "set") return set(text);
    if (word == "verdict") return verdict(text);
    if (word == "store") return store(text);
    if (word == "stored") return stored(text);
    if (word == "envelope") return add(Step::Kind::envelope, TRY(unescape(text)));
    if (word == "peer") return add(Step::Kind::peer, text == "-" ? std::string() : std::string(text));
    return fail(Code::invalid, "unknown line");
  }

 private:
  Result<void> lmtp() {
    dialog_.lmtp = true;
    return {};
  }

  Result<void> add(Step::Kind kind, std::string text) {
    step_.kind = kind;
    step_.text = std::move(text);
    dialog_.steps.push_back(std::move(step_));
    return {};
  }

  Result<void> send(std::string_view text) {
    const bool open = text == "\\c" || text.ends_with(" \\c");
    if (open) text.remove_suffix(text.size() > 2 ? 3 : 2);
    std::string bytes = TRY(unescape(text));
    if (!open) bytes += "\r\n";
    return add(Step::Kind::send, std::move(bytes));
  }

  Result<void> reply(std::string_view text) {
    if (text == "< <close>" || text == "<close>") return add(Step::Kind::close, {});
    text.remove_prefix(1);
    const std::string_view count = take_word(text);
    if (!count.empty()) step_.count = std::stoul(std::string(count));
    return add(Step::Kind::reply, std::string(text));
  }

  Result<void> set(std::string_view text) {
    const std::string_view key = take_word(text);
    const Setting* setting = find_setting(key);
    if (!setting) return fail(Code::invalid, "no such setting");
    std::vector<std::string> values;
    if (setting->type != Setting::Type::list) {
      values.emplace_back(text);
    } else if (!text.empty()) {
      for (const std::string_view value : split(text, ',')) values.emplace_back(trim(value));
    }
    return setting->set(dialog_.config, values);
  }

  Result<void> verdict(std::string_view text) {
    const auto phase = index_of(filter::kPhaseNames, take_word(text));
    const std::string_view word = take_word(text);
    const auto action = index_of(kActions, word);
    const bool throws = word == "throw";
    const bool drops = word == "drop";
    if (!phase || !(action || throws || drops)) return fail(Code::invalid, "verdict PHASE ACTION [REPLY]");
    step_.phase = static_cast<filter::Phase>(*phase);
    if (throws) step_.opinion.kind = Opinion::Kind::throws;
    if (drops) step_.opinion.kind = Opinion::Kind::drops;
    if (action) step_.opinion.verdict.action = static_cast<filter::Action>(*action);
    step_.opinion.verdict.reply = TRY(unescape(text));
    return add(Step::Kind::verdict, {});
  }

  Result<void> store(std::string_view text) {
    for (const Code code : kCodes) {
      if (to_string(code) != text) continue;
      step_.code = code;
      return add(Step::Kind::store, {});
    }
    return fail(Code::invalid, "store CODE");
  }

  Result<void> stored(std::string_view text) {
    step_.count = std::stoul(std::string(take_word(text)));
    step_.exact = !text.empty();
    if (!step_.exact) return add(Step::Kind::stored, {});
    if (text.front() == '=') return add(Step::Kind::stored, TRY(unescape(text.substr(text.size() > 1 ? 2 : 1))));
    return add(Step::Kind::stored, TRY(read_file(directory_ / text)));
  }

  Dialog& dialog_;
  std::filesystem::path directory_;
  Step step_{};
};

/// `text` with `value` wherever `\@` stands.
std::string with_value(std::string_view text, std::string_view value) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escape = text[at] == '\\' && at + 1 < text.size();
    if (escape && text[at + 1] == '@') {
      out += value;
    } else {
      out += text.substr(at, escape ? 2 : 1);
    }
    if (escape) ++at;
  }
  return out;
}

Result<Dialog> one_dialog(std::string_view text, const std::string& name, std::string_view value,
                          const std::filesystem::path& directory) {
  Dialog dialog;
  dialog.name = value.empty() ? name : name + " with " + std::string(value);
  dialog.config.smtp.hostname = "mx.example.org";
  dialog.config.mail.domains = {"example.org"};
  Reader reader(dialog, directory);
  int number = 0;
  for (const std::string_view line : split(text, '\n')) {
    const Result<void> read = reader.line(with_value(line, value), ++number);
    if (!read) return fail(Code::invalid, name + ":" + std::to_string(number) + ": " + read.error().what);
  }
  return dialog;
}

}  // namespace

bool Dialog::has_verdicts() const {
  return std::any_of(steps.begin(), steps.end(), [](const Step& s) { return s.kind == Step::Kind::verdict; });
}

bool Dialog::has_tls() const {
  return std::any_of(steps.begin(), steps.end(), [](const Step& s) { return s.kind == Step::Kind::tls; });
}

TlsUse Dialog::tls_use() const {
  for (const Step& step : steps) {
    if (step.kind == Step::Kind::reply) break;
    if (step.kind == Step::Kind::tls) return TlsUse::first;
  }
  return config.tls.self_signed ? TlsUse::offered : TlsUse::never;
}

bool Dialog::ends_closed() const {
  return std::any_of(steps.begin(), steps.end(), [](const Step& s) { return s.kind == Step::Kind::close; });
}

std::vector<std::string> Dialog::patterns() const {
  std::vector<std::string> patterns;
  for (const Step& step : steps)
    if (step.kind == Step::Kind::reply) patterns.insert(patterns.end(), step.count, step.text);
  return patterns;
}

Result<std::vector<Dialog>> parse_dialogs(std::string_view text, const std::string& name,
                                          const std::filesystem::path& directory) {
  if (!text.starts_with("# ")) return fail(Code::invalid, name + ":1: the first line says what is tried");
  std::vector<std::string_view> values;
  for (const std::string_view line : split(text, '\n'))
    if (line.starts_with("try ")) values.push_back(line.substr(4));
  std::vector<Dialog> dialogs;
  if (values.empty()) dialogs.push_back(TRY(one_dialog(text, name, {}, directory)));
  for (const std::string_view value : values) dialogs.push_back(TRY(one_dialog(text, name, value, directory)));
  return dialogs;
}

Result<std::vector<Dialog>> read_dialogs(const std::filesystem::path& file) {
  const std::string text = TRY(read_file(file));
  return parse_dialogs(text, file.filename().string(), file.parent_path());
}

std::filesystem::path dialog_directory() {
  return std::filesystem::path(MAILDROP_SOURCE_DIR) / "tests" / "smtp" / "dialogs";
}

std::vector<std::filesystem::path> dialog_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(dialog_directory()))
    if (entry.path().extension() == ".smtp") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

bool matches(std::string_view pattern, std::string_view text) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  text.remove_prefix(star);
  pattern.remove_prefix(star + 1);
  if (pattern.empty()) return true;
  for (std::size_t at = 0; at <= text.size(); ++at)
    if (matches(pattern, text.substr(at))) return true;
  return false;
}

std::shared_ptr<const Policy> default_policy(std::uint8_t phases) {
  Config config;
  config.mail.domains = {"example.org"};
  return std::make_shared<const Policy>(config, filter::Judge::Terms{phases});
}

}  // namespace maildrop::smtp::test
