/// ranking_text.h: a ranking for people, for programs, and for those who block by it.
#pragma once

#include <span>
#include <string>

#include "report/ranking.h"

namespace maildrop::report {

/// What the keys are: `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/64`; names and addresses of hosts; or domains, of which
/// all that is below them was counted.
enum class RankingOf : std::uint8_t { sources, hosts, domains };

/// One object to a line, schema `maildrop.ranking/1`.
std::string as_json(std::span<const Ranking::Row> rows, RankingOf of);
/// With a line of names (RFC 4180).
std::string as_csv(std::span<const Ranking::Row> rows);
/// A zone of rbldnsd's type `combined`: sources as `ip4set` and `ip6trie`, hosts as `dnset`, domains with all that is
/// below them. What is of private networks is left out. What RFC 5782 5 asks for as a test is in it: 127.0.0.2 and
/// ::ffff:7f00:2, or the name TEST.
std::string as_zone(std::span<const Ranking::Row> rows, RankingOf of);

}  // namespace maildrop::report
