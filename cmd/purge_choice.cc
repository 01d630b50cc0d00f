/// purge_choice.cc: which messages are meant.
#include <algorithm>
#include <cctype>

#include "core/text.h"
#include "purge.h"

namespace maildrop::cmd {
namespace {

struct Field {
  std::string_view name;
  std::string store::Summary::*member;
};

constexpr Field kFields[] = {
    {"from", &store::Summary::from},
    {"to", &store::Summary::to},
    {"header_from", &store::Summary::header_from},
    {"subject", &store::Summary::subject},
    {"helo", &store::Summary::helo},
    {"peer", &store::Summary::peer},
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

bool FieldMatch::matches(const store::Summary& summary) const { return fits_glob(glob_, summary.*field_); }

Result<Choice> Choice::make(const PurgeOptions& options, Time now) {
  Choice choice;
  if (!options.older.empty()) choice.before_ = now - TRY(parse_duration(options.older));
  for (const std::string& each : options.matches) choice.matches_.push_back(TRY(FieldMatch::parse(each)));
  if (!options.source.empty()) choice.source_ = TRY(Network::parse(options.source));
  if (!options.larger.empty()) choice.above_ = TRY(parse_size(options.larger));
  choice.over_quota_ = options.over_quota;
  return choice;
}

bool Choice::operator()(const store::Found& found) const {
  const store::Summary& summary = found.summary;
  if (over_quota_ && !found.over_quota) return false;
  if (before_ && summary.received > *before_) return false;
  if (above_ && summary.size <= *above_) return false;
  if (source_) {
    const auto peer = IpAddress::parse(summary.peer);
    if (!peer || !source_->contains(*peer)) return false;
  }
  return std::all_of(matches_.begin(), matches_.end(), [&](const FieldMatch& each) { return each.matches(summary); });
}

}  // namespace maildrop::cmd
