/// dmarc_record.cc: tags of a policy, one by one.
#include "filter/dmarc_record.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "core/text.h"

namespace maildrop::filter {

namespace {

std::string_view trim_blanks(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t");
  return start == std::string_view::npos ? std::string_view()
                                         : text.substr(start, text.find_last_not_of(" \t") + 1 - start);
}

struct Tag {
  std::string_view name;
  std::string_view value;
};

/// The one at the begin of `text`, which then is behind it. Without `=` it has no name.
Tag take_tag(std::string_view& text) {
  const std::size_t end = std::min(text.find(';'), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  const std::size_t equals = part.find('=');
  if (equals == std::string_view::npos) return {};
  return {trim_blanks(part.substr(0, equals)), trim_blanks(part.substr(equals + 1))};
}

std::optional<DmarcPolicy> policy_named(std::string_view text) {
  for (const DmarcPolicy policy : {DmarcPolicy::none, DmarcPolicy::quarantine, DmarcPolicy::reject})
    if (equals_ignoring_case(text, name_of(policy))) return policy;
  return std::nullopt;
}

std::optional<unsigned> percent_of(std::string_view text) {
  unsigned percent = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (error != std::errc() || at != text.data() + text.size() || percent > 100) return std::nullopt;
  return percent;
}

/// `mailto:a@example.com!10m`: a scheme and something behind it (RFC 3986 3.1).
bool is_uri(std::string_view text) {
  const auto is_scheme = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  };
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && colon + 1 < text.size() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), is_scheme) &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

bool has_uri(std::string_view list) {
  const auto uris = split(list, ',');
  return std::any_of(uris.begin(), uris.end(), [](std::string_view uri) { return is_uri(trim_blanks(uri)); });
}

/// A tag with a policy.
struct Said {
  bool there = false;
  std::optional<DmarcPolicy> policy{};  // nothing: wrong, or not there

  bool is_wrong() const { return there && !policy; }
  void take(std::string_view value) {
    if (!there) policy = policy_named(value);
    there = true;
  }
};

}  // namespace

std::string_view name_of(DmarcPolicy policy) {
  switch (policy) {
    case DmarcPolicy::none: return "none";
    case DmarcPolicy::quarantine: return "quarantine";
    case DmarcPolicy::reject: return "reject";
  }
  return "";
}

bool DmarcRecord::begins(std::string_view text) {
  const Tag version = take_tag(text);
  return version.name == "v" && version.value == "DMARC1";  // in that case (6.4)
}

std::optional<DmarcRecord> DmarcRecord::parse(std::string_view text) {
  if (text.size() > kLongest) return std::nullopt;
  DmarcRecord record;
  Said p, sp, np;
  std::optional<std::string_view> spf, dkim, percent;
  bool reports = false;
  take_tag(text);
  for (std::size_t i = 1; i < kMostTags && !text.empty(); ++i) {
    const Tag tag = take_tag(text);
    if (tag.name == "p") p.take(tag.value);
    if (tag.name == "sp") sp.take(tag.value);
    if (tag.name == "np") np.take(tag.value);
    if (tag.name == "aspf" && !spf) spf = tag.value;
    if (tag.name == "adkim" && !dkim) dkim = tag.value;
    if (tag.name == "pct" && !percent) percent = tag.value;
    if (tag.name == "rua") reports = reports || has_uri(tag.value);
  }
  if (!p.policy || sp.is_wrong() || np.is_wrong()) return reports ? std::optional(DmarcRecord{}) : std::nullopt;
  record.policy = *p.policy;
  record.subdomains = sp.policy;
  record.nonexistent = np.policy;
  record.strict_spf = spf && equals_ignoring_case(*spf, "s");
  record.strict_dkim = dkim && equals_ignoring_case(*dkim, "s");
  if (percent) record.percent = percent_of(*percent).value_or(record.percent);
  return record;
}

DmarcAnswer dmarc_answer(const dns::Answer& answer) {
  DmarcAnswer found;
  for (const dns::Record& each : answer.records) {
    if (!DmarcRecord::begins(each.text)) continue;
    if (found.ends) return {.ends = true};
    found.ends = true;
    found.record = DmarcRecord::parse(each.text);
  }
  return found;
}

}  // namespace maildrop::filter
