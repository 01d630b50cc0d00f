/// header_rules.cc: the rules, one function each, over fields that were counted once.
#include "filter/header_rules.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>

#include "core/text.h"
#include "filter/public_suffix.h"
#include "filter/shown_address.h"
#include "mail/charset_names.h"
#include "mail/headers.h"
#include "mail/mailboxes.h"
#include "mail/message.h"

namespace maildrop::filter {

namespace {

using mail::HeaderField;

// Scores of 1 are those that Haraka's karma has for a missing field and a From that does not match. What people write
// by hand to try an inbox has neither Date nor Message-ID, and that has to stay far below filter.tag.
constexpr HeaderRule kTooMuch{"too_much", 2};  // else it would pay to hide a field behind a thousand others
constexpr HeaderRule kNoFrom{"no_from", 1};    // RFC 5322 3.6: this and Date have to be there
constexpr HeaderRule kNoDate{"no_date", 1};
constexpr HeaderRule kNoMessageId{"no_message_id", 0.5};  // and this should
constexpr HeaderRule kNoAddress{"no_address", 1};
constexpr HeaderRule kNoSender{"no_sender", 1};          // RFC 5322 3.6.2
constexpr HeaderRule kFromDiffers{"from_differs", 0.5};  // whoever sends in the name of his customers does it, too
constexpr HeaderRule kReplyDiffers{"reply_differs", 1};  // forms name who filled them in
constexpr HeaderRule kOtherAddress{"other_address", 3};  // half of karma's: forms name who filled them in
constexpr HeaderRule kDuplicate{"duplicate", 1};
constexpr HeaderRule kDate{"date", 1};
constexpr HeaderRule kReceived{"received", 1};
constexpr HeaderRule kMessageId{"message_id", 1};
constexpr HeaderRule kOurMessageId{"our_message_id", 2};  // nobody here sends mail
constexpr HeaderRule kEightBit{"eight_bit", 1};
constexpr HeaderRule kCharset{"charset", 1};
constexpr HeaderRule kLongLine{"long_line", 0.5};  // some servers write their traces so
constexpr const HeaderRule* kRules[] = {&kTooMuch,  &kNoFrom,      &kNoDate,       &kNoMessageId,  &kNoAddress,
                                        &kNoSender, &kFromDiffers, &kReplyDiffers, &kOtherAddress, &kDuplicate,
                                        &kDate,     &kReceived,    &kMessageId,    &kOurMessageId, &kEightBit,
                                        &kCharset,  &kLongLine};

constexpr std::chrono::hours kFuture{24 * 2};  // as Haraka's headers has both; a wrong zone is a day at most
constexpr std::chrono::hours kPast{24 * 15};   // RFC 5321 4.5.4.1: queues give up after five
constexpr std::size_t kMostReceived = 30;      // RFC 5321 6.3 takes 100 for a loop; a third of that is a long way
constexpr std::size_t kLongestLine = 998;      // RFC 5322 2.1.1
constexpr std::size_t kMostWords = 20;         // encoded words in a Subject

// Fields that may be there once: RFC 5322 3.6, RFC 2045. Those that rules read come first.
enum Field : std::size_t { kFromField, kDateField, kSubjectField, kIdField, kSenderField, kReplyField };
constexpr std::array<std::string_view, 14> kSingular{
    "From", "Date", "Subject",     "Message-ID", "Sender",       "Reply-To",     "To",
    "Cc",   "Bcc",  "In-Reply-To", "References", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"};

/// A header, looked through once.
struct Fields {
  std::array<const HeaderField*, kSingular.size()> first{};
  std::string_view duplicate{};  // the first that is there twice
  std::size_t received = 0;
  bool of_list = false;

  explicit Fields(const mail::Headers& headers) {
    for (const HeaderField& field : headers.fields) {
      if (equals_ignoring_case(field.name, "Received")) ++received;
      if (equals_ignoring_case(field.name.substr(0, 5), "List-")) of_list = true;  // RFC 2369, RFC 2919
      const auto* name = std::find_if(kSingular.begin(), kSingular.end(),
                                      [&](std::string_view each) { return equals_ignoring_case(each, field.name); });
      if (name == kSingular.end()) continue;
      const HeaderField*& known = first[static_cast<std::size_t>(name - kSingular.begin())];
      if (known && duplicate.empty()) duplicate = *name;
      if (!known) known = &field;
    }
  }
};

bool has_eight_bit(std::string_view text) {
  while (text.size() >= sizeof(std::uint64_t)) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data(), sizeof eight);
    if ((eight & 0x8080808080808080u) != 0) return true;
    text.remove_prefix(sizeof eight);
  }
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

bool has_long_line(std::string_view text) {
  while (text.size() > kLongestLine) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::size_t size = end > 0 && text[end - 1] == '\r' ? end - 1 : end;
    if (size > kLongestLine) return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

/// What is wrong with a Date; empty: nothing.
std::string_view wrong_date(std::string_view value, Time now) {
  const std::optional<Time> date = mail::parse_date(value);
  if (!date) return "cannot be read";
  if (*date > now + kFuture) return "in the future";
  return *date < now - kPast ? "long ago" : std::string_view();
}

/// The part behind the `@` of `<left@right>` (RFC 5322 3.6.4); nothing: it is not of that form.
std::optional<std::string_view> right_of(std::string_view id) {
  id = trim(id);
  if (id.size() < 2 || id.front() != '<' || id.back() != '>') return std::nullopt;
  id = id.substr(1, id.size() - 2);
  const std::size_t at = id.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == id.size()) return std::nullopt;
  if (id.find_first_of(" \t\r\n<>") != std::string_view::npos) return std::nullopt;
  return id.substr(at + 1);
}

/// `=?CHARSET?ENCODING?TEXT?=` (RFC 2047) of a charset that there is not.
bool is_unknown_word(std::string_view word) {
  const std::vector<std::string_view> parts = split(word, '?');
  if (parts.size() != 5 || parts.front() != "=" || parts.back() != "=") return false;
  return mail::iconv_name(parts[1].substr(0, parts[1].find('*'))).empty();  // RFC 2231 5: `CHARSET*LANGUAGE`
}

/// There are encoded words in it, all of unknown charsets, and nothing else.
bool is_unreadable(std::string_view subject) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::size_t words = 0;
  for (subject = trim(subject); !subject.empty() && words < kMostWords; ++words) {
    const std::size_t end = std::min(subject.find_first_of(kBlanks), subject.size());
    if (!is_unknown_word(subject.substr(0, end))) return false;
    subject.remove_prefix(std::min(subject.find_first_not_of(kBlanks, end), subject.size()));
  }
  return words > 0;
}

class HeaderSearch {
 public:
  HeaderSearch(std::string_view message, const HeaderPlace& place)
      : message_(message), place_(place), headers_(mail::scan_headers(message)), fields_(headers_) {}

  std::vector<Oddity> all() {
    const HeaderField* from = fields_.first[kFromField];
    const HeaderField* date = fields_.first[kDateField];
    const HeaderField* id = fields_.first[kIdField];
    const HeaderField* subject = fields_.first[kSubjectField];
    const bool whole = !headers_.skipped;  // else a field that is missing may be among those that were not read
    add(kTooMuch, !whole);
    add(kNoFrom, whole && !from);
    add(kNoDate, whole && !date);
    add(kNoMessageId, whole && !id);
    if (from) look_at_from(from->value);
    if (!fields_.duplicate.empty()) add(kDuplicate, true, fields_.duplicate);
    if (date)
      if (const std::string_view wrong = wrong_date(date->value, place_.now); !wrong.empty()) add(kDate, true, wrong);
    add(kReceived, fields_.received > kMostReceived, "too many");
    if (id) look_at_id(id->value);
    const std::string_view header = message_.substr(0, headers_.body);
    add(kEightBit, !place_.smtputf8 && has_eight_bit(header));
    add(kCharset, subject && is_unreadable(subject->value));
    add(kLongLine, has_long_line(header));
    return std::move(found_);
  }

 private:
  void add(const HeaderRule& rule, bool broken, std::string_view detail = {}) {
    if (broken) found_.push_back({&rule, detail});
  }

  void look_at_from(std::string_view from) {
    const mail::MailboxDomains real = mail::mailbox_domains(from);
    add(kNoAddress, real.domains.empty());
    add(kNoSender, real.addresses > 1 && !headers_.skipped && !fields_.first[kSenderField]);
    if (real.domains.empty()) return;
    const auto is_envelopes = [&](const std::string& domain) {
      return is_same_organisation(domain, place_.envelope_domain);
    };
    add(kFromDiffers, !place_.envelope_domain.empty() && !fields_.of_list &&
                          std::none_of(real.domains.begin(), real.domains.end(), is_envelopes));
    add(kOtherAddress, shows_other_address(from, real.domains));
    if (const HeaderField* reply = fields_.first[kReplyField]; reply && !fields_.of_list)
      add(kReplyDiffers, is_of_others(mail::mailbox_domains(reply->value), real));
  }

  /// It has addresses, and none of an organisation of `these`.
  static bool is_of_others(const mail::MailboxDomains& mailboxes, const mail::MailboxDomains& these) {
    return !mailboxes.domains.empty() &&
           std::none_of(mailboxes.domains.begin(), mailboxes.domains.end(), [&](const std::string& one) {
             return std::any_of(these.domains.begin(), these.domains.end(),
                                [&](const std::string& other) { return is_same_organisation(one, other); });
           });
  }

  void look_at_id(std::string_view id) {
    const std::optional<std::string_view> right = right_of(id);
    add(kMessageId, !right);
    const auto is_its = [&](const std::string& name) { return equals_ignoring_case(name, *right); };
    add(kOurMessageId, right && std::any_of(place_.our_names.begin(), place_.our_names.end(), is_its));
  }

  std::string_view message_;
  const HeaderPlace& place_;
  mail::Headers headers_;
  Fields fields_;
  std::vector<Oddity> found_{};
};

}  // namespace

std::span<const HeaderRule* const> header_rules() { return kRules; }

Result<const HeaderRule*> parse_header_rule(std::string_view name) {
  std::vector<std::string_view> names;
  for (const HeaderRule* rule : kRules) {
    if (rule->name == name) return rule;
    names.push_back(rule->name);
  }
  const std::string_view near = nearest(name, names);
  return fail(Code::invalid, "'" + std::string(name) + "' is no rule" +
                                 (near.empty() ? "" : ", did you mean '" + std::string(near) + "'?"));
}

std::vector<Oddity> oddities(std::string_view message, const HeaderPlace& place) {
  return HeaderSearch(message, place).all();
}

}  // namespace maildrop::filter
