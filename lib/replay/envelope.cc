/// envelope.cc: fields in the order of what they are worth.
#include "replay/envelope.h"

#include <algorithm>
#include <unordered_set>

#include "core/text.h"
#include "mail/headers.h"
#include "replay/received.h"

namespace maildrop::replay {
namespace {

using mail::HeaderField;
using mail::Headers;

constexpr std::size_t kMaxList = 128u << 10;  // bytes of a field: a thousand addresses have 30 to 60 thousand
constexpr std::size_t kMaxHops = 100;         // Received fields looked at: servers refuse mail with more

/// One address after the other, by its parts: what is in <>, what is not, comments left out.
class AddressList {
 public:
  /// `anybody`: also what has no domain, as our own recipients may.
  AddressList(std::size_t most, bool anybody) : most_(most), anybody_(anybody) {}

  void add(std::string_view list) {
    for (const char c : list) take(c);
    end_one();
  }

  std::vector<std::string> found;

 private:
  void take(char c) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\' && (quoted_ || comment_ > 0)) {
      escaped_ = true;
    } else if (c == '"' && comment_ == 0) {
      quoted_ = !quoted_;
    } else if (!quoted_ && take_sign(c)) {
      return;
    }
    if (comment_ == 0) (angle_ ? path_ : bare_) += c;
  }

  void end_one() {
    std::string address = has_path_ ? path_ : std::string(trim(bare_));
    if (!has_path_ && has_blank(address)) address.clear();  // prose, or a name alone
    const bool fits = !address.empty() && (anybody_ || address.find('@') != std::string::npos);
    if (fits && found.size() < most_ && known_.insert(address).second) found.push_back(std::move(address));
    path_.clear();
    bare_.clear();
    has_path_ = angle_ = quoted_ = escaped_ = literal_ = false;
    comment_ = 0;
  }

  /// Whether it is one that is no text itself.
  bool take_sign(char c) {
    if (c == '(' || c == ')') return take_parenthesis(c);
    if (comment_ > 0) return false;
    if (angle_) {
      angle_ = c != '>';
      return !angle_;
    }
    literal_ = c == '[' || (literal_ && c != ']');  // `[IPv6:2001:db8::1]`
    switch (c) {
      case '<': angle_ = has_path_ = true; return true;
      case ',':
      case ';': end_one(); return true;
      case ':':
        if (!literal_) bare_.clear();  // it was the name of a group
        return !literal_;
      default: return false;
    }
  }

  bool take_parenthesis(char c) {
    if (c == '(') ++comment_;
    const bool comment = comment_ > 0;
    if (c == ')' && comment) --comment_;
    return comment;
  }

  /// Outside quotes.
  static bool has_blank(const std::string& address) {
    bool quoted = false;
    for (std::size_t i = 0; i < address.size(); ++i) {
      if (quoted && address[i] == '\\') {
        ++i;
      } else if (address[i] == '"') {
        quoted = !quoted;
      } else if (!quoted && (address[i] == ' ' || address[i] == '\t')) {
        return true;
      }
    }
    return false;
  }

  const std::size_t most_;
  const bool anybody_;
  std::unordered_set<std::string> known_;
  std::string path_, bare_;
  bool has_path_ = false, angle_ = false, quoted_ = false, escaped_ = false, literal_ = false;
  std::size_t comment_ = 0;  // depth
};

bool is_named(const HeaderField& field, std::string_view name) { return equals_ignoring_case(field.name, name); }

/// Above the first trace field only a server or an export writes; below it, the sender does, too.
Headers top_of(const Headers& headers) {
  Headers top;
  const auto is_trace = [](const HeaderField& field) {
    return is_named(field, "Return-Path") || is_named(field, "Received");
  };
  top.fields.assign(headers.fields.begin(), std::find_if(headers.fields.begin(), headers.fields.end(), is_trace));
  return top;
}

void add_fields(AddressList& addresses, const Headers& headers, std::string_view name) {
  for (const HeaderField& field : headers.fields) {
    if (!is_named(field, name)) continue;
    std::string_view value = field.value;
    if (value.size() == kMaxList) value = value.substr(0, value.rfind(','));  // cut, perhaps within an address
    addresses.add(mail::unfold(value));
  }
}

void add_first_field(AddressList& addresses, const Headers& headers, std::string_view name) {
  if (const HeaderField* field = headers.find(name)) addresses.add(mail::unfold(field->value));
}

std::vector<std::string> recipients_of(const Headers& headers, const std::vector<Received>& hops) {
  AddressList exact(kMaxRecipients, true);
  const auto unknown = [&exact] { return exact.found.empty(); };
  add_fields(exact, top_of(headers), "X-Envelope-To");
  if (unknown()) add_first_field(exact, headers, "X-Original-To");
  if (unknown()) add_first_field(exact, headers, "Delivered-To");
  if (unknown()) add_fields(exact, headers, "X-Envelope-To");
  if (unknown() && !hops.empty() && hops.front().for_to) exact.add("<" + *hops.front().for_to + ">");
  if (!unknown()) return std::move(exact.found);
  AddressList written(kMaxRecipients, false);
  add_fields(written, headers, "To");
  add_fields(written, headers, "Cc");
  return std::move(written.found);
}

/// `<a@b>`, `a@b`, `<>`.
std::string path_of(std::string_view value) {
  const std::string text = mail::unfold(value);
  const std::size_t open = text.find('<'), close = text.rfind('>');
  if (open == std::string::npos || close == std::string::npos || close < open) return text;
  return text.substr(open + 1, close - open - 1);
}

std::optional<std::string> sender_of(const Headers& headers, const mail::FromLine* from_line) {
  const Headers top = top_of(headers);
  if (const HeaderField* field = top.find("X-Envelope-From")) return path_of(field->value);
  for (const std::string_view name : {"Return-Path", "X-Envelope-From"})
    if (const HeaderField* field = headers.find(name)) return path_of(field->value);
  return from_line == nullptr ? std::nullopt : from_line->sender;
}

std::vector<Received> hops_of(const Headers& headers) {
  std::vector<Received> hops;
  for (const HeaderField& field : headers.fields) {
    if (hops.size() < kMaxHops && is_named(field, "Received")) hops.push_back(parse_received(field.value));
  }
  return hops;
}

/// The one that came from outside; nullptr: none tells an address, or what tells one may be the sender's.
const Received* outermost(const std::vector<Received>& hops, const std::vector<Network>& trusted) {
  const Received* inside = nullptr;
  for (const Received& hop : hops) {
    if (hop.hides_client) return nullptr;
    if (!hop.peer) continue;
    if (!is_private(*hop.peer) && !contains(trusted, *hop.peer)) return &hop;
    if (inside == nullptr) inside = &hop;
  }
  return inside;
}

}  // namespace

std::vector<std::string> addresses_of(std::string_view list, std::size_t most) {
  AddressList addresses(most, true);
  addresses.add(list);
  return std::move(addresses.found);
}

Envelope envelope_of(std::string_view message, const mail::FromLine* from_line, const std::vector<Network>& trusted) {
  mail::HeaderLimits limits;
  limits.field_size = kMaxList;
  const Headers headers = mail::scan_headers(message, limits);
  const std::vector<Received> hops = hops_of(headers);
  Envelope envelope;
  envelope.from = sender_of(headers, from_line);
  envelope.to = recipients_of(headers, hops);
  if (const Received* hop = outermost(hops, trusted)) {
    envelope.peer = hop->peer;
    envelope.helo = hop->helo;
    envelope.received = hop->date;
  }
  if (!envelope.received && !hops.empty()) envelope.received = hops.front().date;
  if (!envelope.received && from_line != nullptr) envelope.received = from_line->date;
  return envelope;
}

}  // namespace maildrop::replay
