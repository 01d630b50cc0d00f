/// purge_choice.cc: which messages are meant.
#include "store/purge_choice.h"

#include <algorithm>
#include <cctype>

#include "core/text.h"

namespace maildrop::store {

namespace {

struct Field {
  std::string_view name;
  std::string Summary::*member;
};

constexpr Field kFields[] = {
    {"from", &Summary::from},       {"to", &Summary::to},     {"header_from", &Summary::header_from},
    {"subject", &Summary::subject}, {"helo", &Summary::helo}, {"peer", &Summary::peer},
};

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

/// Bytes of the character at the begin.
std::size_t character(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) ++size;
  return size;
}

}  // namespace

bool fits_glob(std::string_view pattern, std::string_view text) {
  std::string_view star_pattern, star_text;  // where to go on when what follows the last star does not fit
  bool star = false;
  while (!text.empty() || !pattern.empty()) {
    if (!pattern.empty() && pattern[0] == '*') {
      pattern.remove_prefix(1);
      star = true;
      star_pattern = pattern;
      star_text = text;
      continue;
    }
    if (!pattern.empty() && !text.empty()) {
      const bool quoted = pattern[0] == '\\' && pattern.size() > 1;
      if (pattern[0] == '?') {
        pattern.remove_prefix(1);
        text.remove_prefix(character(text));
        continue;
      }
      if (lower(pattern[quoted]) == lower(text[0])) {
        pattern.remove_prefix(quoted ? 2 : 1);
        text.remove_prefix(1);
        continue;
      }
    }
    if (!star || star_text.empty()) return false;
    star_text.remove_prefix(1);
    text = star_text;
    pattern = star_pattern;
  }
  return true;
}

Result<FieldMatch> FieldMatch::parse(std::string_view text) {
  const std::size_t equals = text.find('=');
  std::string known;
  for (const Field& field : kFields) {
    known.append(known.empty() ? "" : ", ").append(field.name);
    if (equals == std::string_view::npos || text.substr(0, equals) != field.name) continue;
    FieldMatch match;
    match.field_ = field.member;
    match.glob_ = text.substr(equals + 1);
    return match;
  }
  return fail(Code::invalid, "'" + std::string(text) + "' is not FIELD=GLOB with a FIELD of " + known);
}

bool FieldMatch::matches(const Summary& summary) const { return fits_glob(glob_, summary.*field_); }

Result<Choice> Choice::make(const PurgeWish& wish, Time now) {
  Choice choice;
  if (!wish.older.empty()) choice.before_ = now - TRY(parse_duration(wish.older));
  for (const std::string& each : wish.matches) choice.matches_.push_back(TRY(FieldMatch::parse(each)));
  if (!wish.source.empty()) choice.source_ = TRY(Network::parse(wish.source));
  if (!wish.larger.empty()) choice.above_ = TRY(parse_size(wish.larger));
  choice.over_quota_ = wish.over_quota;
  return choice;
}

bool Choice::operator()(const Found& found) const {
  const Summary& summary = found.summary;
  if (found.damaged && !matches_.empty()) return false;  // what it says nobody knows
  if (over_quota_ && !found.over_quota) return false;
  if (before_ && summary.received > *before_) return false;
  if (above_ && summary.size <= *above_) return false;
  if (source_) {
    const auto peer = IpAddress::parse(summary.peer);
    if (!peer || !source_->contains(*peer)) return false;
  }
  return std::all_of(matches_.begin(), matches_.end(), [&](const FieldMatch& each) { return each.matches(summary); });
}

}  // namespace maildrop::store
