/// dmarc_record.h: what a domain wants done with mail that claims to be its own (RFC 7489 6.3, RFC 9091). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "dns/answer.h"

namespace maildrop::filter {

/// From the weakest to the strongest.
enum class DmarcPolicy : std::uint8_t { none, quarantine, reject };
std::string_view name_of(DmarcPolicy policy);

struct DmarcRecord {
  static constexpr std::size_t kLongest = 8192;  // bytes; a longer one is none
  static constexpr std::size_t kMostTags = 100;  // what is behind them is not read; the RFCs know of 12

  DmarcPolicy policy = DmarcPolicy::none;    // p=
  std::optional<DmarcPolicy> subdomains{};   // sp=
  std::optional<DmarcPolicy> nonexistent{};  // np=, of subdomains that are not there (RFC 9091 2.4)
  bool strict_spf = false;                   // aspf=s
  bool strict_dkim = false;                  // adkim=s
  unsigned percent = 100;                    // pct=

  /// Whether a text is one at all: `v=DMARC1` is its first tag.
  static bool begins(std::string_view text);

  /// Tags that are unknown or wrong are as if they were not there (6.3), but p=, sp= and np=: a record that lacks p=,
  /// or has one of these wrong, is of somebody who only wants reports, if it has an address for these (rua=), and says
  /// p=none; otherwise it is none (6.6.3). Of a tag that is there twice the first counts. REQUIRES: begins().
  static std::optional<DmarcRecord> parse(std::string_view text);
};

/// What the DNS says at `_dmarc.DOMAIN`.
struct DmarcAnswer {
  bool ends = false;  // the search for a policy (6.6.3): there is a record, though it may be of no use
  std::optional<DmarcRecord> record{};
};
/// Several records are as good as none, and the organisational domain is not asked in their place (6.6.3 step 5).
DmarcAnswer dmarc_answer(const dns::Answer& answer);

}  // namespace maildrop::filter
