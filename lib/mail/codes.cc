/// codes.cc: a line at a time: words for codes, what may be one, and how far they are apart.
#include "mail/codes.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "core/text.h"
#include "mail/web_links.h"

namespace maildrop::mail {
namespace {

constexpr std::size_t kNear = 80;           // bytes between a word and its code in one line
constexpr std::size_t kLinesBelow = 3;      // lines with text from a word to a code that stands alone
constexpr std::size_t kLongestLine = 4096;  // bytes looked at of one: paragraphs are shorter, and each costs its square
constexpr std::size_t kMostLines = 20'000;  // looked at of a text; what people wait for stands in the first few
constexpr std::size_t kMostWords = 32;      // in one line
constexpr std::size_t kFewest = 4, kMost = 10;  // characters of a code

/// In small letters; may end a longer one where no language has it otherwise (`Sicherheitscode`).
constexpr std::string_view kCodeWords[] = {"code",
                                           "pin",
                                           "otp",
                                           "tan",
                                           "passcode",
                                           "one-time password",
                                           "verification",
                                           "verify",
                                           "2fa",
                                           "mfa",
                                           "kennwort",
                                           "passwort",
                                           "c\xC3\xB3"
                                           "digo",
                                           "codigo",
                                           "clave",
                                           "contrase\xC3\xB1"
                                           "a",
                                           "codice",
                                           "senha",
                                           "kod",
                                           "k\xC3\xB3"
                                           "d",
                                           "kode",
                                           "koodi",
                                           "\xC5\x9F"
                                           "ifre",
                                           "mot de passe",
                                           "m\xC3\xA3",
                                           "cod",
                                           "k\xC3\xB3"
                                           "dod"};
/// In writings without small letters, or with the forms that begin a line.
constexpr std::string_view kOtherWords[] = {"код",    "Код",   "КОД",      "пароль",     "Пароль", "κωδικ",  "Κωδικ",
                                            "コード", "認証",  "確認番号", "パスコード", "验证码", "驗證碼", "校验码",
                                            "动态码", "代码",  "代碼",     "코드",       "인증",   "رمز",    "كود",
                                            "קוד",    "סיסמה", "कोड",      "ओटीपी",      "รหัส"};
/// Before `code` or alone: numbers that are no secret.
constexpr std::string_view kNoCodes[] = {
    "zip ",     "post",   "postal ", "promo ",  "promotion ", "discount ", "coupon ", "voucher ", "bar", "area ",
    "country ", "error ", "status ", "source ", "qr ",        "dress ",    "de",      "en",       "uni"};

bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
bool may_be_letter(char c) { return is_capital(c) || (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80; }

struct Span {
  std::size_t begin;
  std::size_t end;
};

/// Whether a word at `at` stands for itself: it is not within another, but at the end of one.
bool stands(std::string_view low, std::size_t at, std::string_view word) {
  const std::size_t end = at + word.size();
  if (end < low.size() && may_be_letter(low[end]) && low[end] != 's') return false;
  const std::string_view before = low.substr(0, at);
  if (word == "code")
    return std::none_of(std::begin(kNoCodes), std::end(kNoCodes),
                        [&](std::string_view no) { return before.ends_with(no); });
  return before.empty() || !may_be_letter(before.back());
}

std::vector<Span> words_of(std::string_view line) {
  const std::string low = to_lower(line);
  std::vector<Span> words;
  const auto look = [&](std::string_view text, std::string_view word, bool whole) {
    for (std::size_t at = text.find(word); at != std::string_view::npos && words.size() < kMostWords;
         at = text.find(word, at + word.size()))
      if (!whole || stands(text, at, word)) words.push_back({at, at + word.size()});
  };
  for (const std::string_view word : kCodeWords) look(low, word, true);
  for (const std::string_view word : kOtherWords) look(line, word, false);
  return words;
}

/// What people type of it: `123 456` is 123456, and `G-482913` stays.
std::optional<std::string> code_of(std::string_view run) {
  const auto digits = static_cast<std::size_t>(std::count_if(run.begin(), run.end(), is_digit));
  const auto capitals = static_cast<std::size_t>(std::count_if(run.begin(), run.end(), is_capital));
  if (digits == 0 || digits + capitals < kFewest || digits + capitals > kMost) return std::nullopt;
  const bool only_digits = capitals == 0;
  std::string code;
  for (const char c : run)
    if (is_digit(c) || is_capital(c) || (c == '-' && !only_digits)) code += c;
  return code;
}

/// Part of an address, an amount, a date, a time: what stands at its ends tells.
bool is_of_more(std::string_view line, Span run) {
  static constexpr std::string_view kBefore = "/@.:+#$=&?_%,", kAfter = "/@:_%=&";
  if (run.begin > 0) {
    const char c = line[run.begin - 1];
    // `code:123456` is one; `12:30`, `v1.2345` and `/1234` are none.
    const bool after_word = c == ':' && (run.begin < 2 || !is_digit(line[run.begin - 2]));
    if ((kBefore.find(c) != std::string_view::npos && !after_word) ||
        (may_be_letter(c) && static_cast<unsigned char>(c) < 0x80))
      return true;
    if (c == '-' && run.begin > 1 && may_be_letter(line[run.begin - 2])) return true;
    if (line.substr(0, run.begin).ends_with("\xE2\x82\xAC") || line.substr(0, run.begin).ends_with("\xC2\xA3"))
      return true;
  }
  if (run.end == line.size()) return false;
  const char c = line[run.end];
  if (kAfter.find(c) != std::string_view::npos || (c >= 'a' && c <= 'z')) return true;
  return (c == '.' || c == ',') && run.end + 1 < line.size() && is_digit(line[run.end + 1]);
}

/// `2023-11-14`, or a year by itself: dates stand beside codes, which are seldom such.
bool is_date(std::string_view run) {
  if (run.size() == 10 && run[4] == '-' && run[7] == '-') return true;
  if (run.size() == 10 && run[2] == '-' && run[5] == '-') return true;
  return run.size() == 4 && (run.starts_with("19") || run.starts_with("20"));
}

/// Runs of digits and capitals, joined by single hyphens, and by single blanks between groups of three or four digits.
std::vector<Span> runs_of(std::string_view line) {
  const auto in_run = [](char c) { return is_digit(c) || is_capital(c); };
  std::vector<Span> runs;
  for (std::size_t at = 0; at < line.size();) {
    if (!in_run(line[at])) {
      ++at;
      continue;
    }
    Span run{at, at};
    while (at < line.size() && (in_run(line[at]) || (line[at] == '-' && at + 1 < line.size() && in_run(line[at + 1]))))
      ++at;
    run.end = at;
    runs.push_back(run);
  }
  std::vector<Span> joined;
  const auto is_group = [&](Span run) {
    const std::string_view text = line.substr(run.begin, run.end - run.begin);
    return (text.size() == 3 || text.size() == 4) && std::all_of(text.begin(), text.end(), is_digit);
  };
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const bool pair = i + 1 < runs.size() && is_group(runs[i]) && is_group(runs[i + 1]) &&
                      runs[i + 1].begin == runs[i].end + 1 && line[runs[i].end] == ' ' &&
                      runs[i].end - runs[i].begin == runs[i + 1].end - runs[i + 1].begin;
    joined.push_back(pair ? Span{runs[i].begin, runs[i + 1].end} : runs[i]);
    if (pair) ++i;
  }
  return joined;
}

/// Bytes from the nearest word, those behind it before those ahead of it; nothing when all are too far.
std::optional<std::size_t> distance(Span run, const std::vector<Span>& words) {
  std::optional<std::size_t> nearest;
  for (const Span word : words) {
    std::size_t far = kNear + 1;
    if (word.end <= run.begin) far = run.begin - word.end;
    if (word.begin >= run.end && word.begin - run.end <= kNear) far = kNear + word.begin - run.end;
    const bool within = far <= (word.end <= run.begin ? kNear : 2 * kNear);
    if (within && (!nearest || far < *nearest)) nearest = far;
  }
  return nearest;
}

/// Nothing else is in the line that could be read.
bool stands_alone(std::string_view line, Span run) {
  static constexpr std::string_view kAround = " \t*_-=>|[]()\"'.";
  return line.substr(0, run.begin).find_first_not_of(kAround) == std::string_view::npos &&
         line.substr(run.end).find_first_not_of(kAround) == std::string_view::npos;
}

struct Candidate {
  std::size_t far;
  std::string code;
};

bool holds_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

LinkKind kind_of(std::string_view url, std::string_view label) {
  const std::string words = to_lower(std::string(label) + " " + std::string(url));
  if (holds_any(
          words,
          {"unsubscri",       "opt-out",     "optout",           "abmelden",      "abbestell",       "desabonn",
           "d\xC3\xA9sabonn", "desinscri",   "d\xC3\xA9sinscri", "darse de baja", "disiscri",        "afmelden",
           "preferences",     "list-manage", "/track/open",      "/pixel",        "view in browser", "view this email",
           "im browser",      "privacy",     "/terms",           "отпис",         "配信停止",        "退订"}))
    return LinkKind::aside;
  if (holds_any(words, {"verif",
                        "confirm",
                        "activat",
                        "validat",
                        "reset",
                        "magic",
                        "signin",
                        "sign-in",
                        "sign in",
                        "login",
                        "log in",
                        "invit",
                        "token",
                        "auth",
                        "best\xC3\xA4tig",
                        "aktivier",
                        "passwor",
                        "zur\xC3\xBC"
                        "cksetz",
                        "anmeld",
                        "valider",
                        "activer",
                        "confirma",
                        "conferma",
                        "bevestig",
                        "potwierd",
                        "подтверд",
                        "актив",
                        "確認",
                        "認証",
                        "验证",
                        "確認",
                        "인증"}))
    return LinkKind::action;
  return LinkKind::other;
}

}  // namespace

std::string_view name_of(LinkKind kind) {
  return kind == LinkKind::action ? "action" : kind == LinkKind::other ? "other" : "aside";
}

std::vector<std::string> find_codes(std::string_view text) {
  std::vector<Candidate> found;
  std::size_t below = kLinesBelow + 1;  // lines with text since one that had a word
  for (std::size_t lines = 0; !text.empty() && lines < kMostLines; ++lines) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = utf8_prefix(trim(text.substr(0, end)), kLongestLine);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    const std::vector<Span> words = words_of(line);
    below = words.empty() ? below + 1 : 0;
    if (below > kLinesBelow) continue;
    for (const Span run : runs_of(line)) {
      const std::string_view written = line.substr(run.begin, run.end - run.begin);
      const std::optional<std::string> code = code_of(written);
      if (!code || is_of_more(line, run)) continue;
      std::optional<std::size_t> far = distance(run, words);
      if (!far && below > 0 && stands_alone(line, run)) far = below;  // larger than all else, in the middle
      if (far && (!is_date(written) || *far <= 2)) found.push_back({*far, *code});
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) { return a.far < b.far; });
  std::vector<std::string> codes;
  for (Candidate& each : found)
    if (codes.size() < kMostCodes && std::find(codes.begin(), codes.end(), each.code) == codes.end())
      codes.push_back(std::move(each.code));
  return codes;
}

std::vector<CodeLink> find_links(std::string_view text) {
  std::vector<CodeLink> links;
  std::unordered_set<std::string> seen;
  std::size_t behind = 0;  // the link before
  for (std::size_t at = text.find("http"); at != std::string_view::npos && links.size() < kMostLinks;
       at = text.find("http", at + 1)) {
    if (!text.substr(at).starts_with("http://") && !text.substr(at).starts_with("https://")) continue;
    std::size_t end = std::min(text.find_first_of(" \t\r\n<>\"'`", at), text.size());
    while (end > at && std::string_view(".,;:!?)]}*").find(text[end - 1]) != std::string_view::npos) --end;
    std::string url = safe_link(text.substr(at, end - at));
    std::string_view label = text.substr(behind, at - behind);
    label.remove_prefix(label.size() - std::min(label.size(), kNear));
    label.remove_prefix(label.rfind('\n') + 1);  // npos + 1 is nought
    behind = end;
    at = end - 1;
    if (!url.empty() && seen.insert(url).second) links.push_back({url, kind_of(url, label)});
  }
  std::stable_sort(links.begin(), links.end(), [](const CodeLink& a, const CodeLink& b) { return a.kind < b.kind; });
  return links;
}

}  // namespace maildrop::mail
