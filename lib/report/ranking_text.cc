/// ranking_text.cc: JSON, CSV, and a zone.
#include "report/ranking_text.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/special_networks.h"
#include "core/text.h"

namespace maildrop::report {

namespace {

double rounded(double number, double digits = 1000) { return std::round(number * digits) / digits; }

/// What is asked for gets the address and a text (RFC 5782 2.1); `$` is what was asked for.
constexpr std::string_view kAnswer = ":127.0.0.2:$ was seen to send spam\n";

}  // namespace

std::string as_json(std::span<const Ranking::Row> rows, RankingOf of) {
  std::string out;
  for (const Ranking::Row& row : rows) {
    nlohmann::ordered_json object;
    object["schema"] = "maildrop.ranking/1";
    object[of == RankingOf::sources ? "source" : "host"] = row.key;
    object["bad"] = rounded(row.bad);
    object["good"] = rounded(row.good);
    object["share"] = rounded(row.share());
    object["decisions"] = row.decisions;
    object["first"] = rfc3339(row.first);
    object["last"] = rfc3339(row.last);
    out += object.dump() + "\n";
  }
  return out;
}

std::string as_csv(std::span<const Ranking::Row> rows) {
  std::string out = "key,bad,good,share,decisions,first,last\r\n";
  for (const Ranking::Row& row : rows)
    out += row.key + "," + format_number(rounded(row.bad)) + "," + format_number(rounded(row.good)) + "," +
           format_number(rounded(row.share())) + "," + std::to_string(row.decisions) + "," + rfc3339(row.first) + "," +
           rfc3339(row.last) + "\r\n";
  return out;
}

std::string as_zone(std::span<const Ranking::Row> rows, RankingOf of) {
  std::string v4, v6, names;
  for (const Ranking::Row& row : rows) {
    const auto address = IpAddress::parse(row.key.substr(0, row.key.find('/')));
    if (address && !is_private(*address))
      (address->is_v4() ? v4 : v6) += row.key + "\n";
    else if (!address)
      names += (of == RankingOf::domains ? "." : "") + row.key + "\n";  // with a dot it is all below it, too
  }
  std::string out = "# who was seen to send spam, the worst first\n$TTL 600\n";
  if (of != RankingOf::sources) out += "$DATASET dnset:names @\n" + std::string(kAnswer) + "test\n" + names;
  out += "$DATASET ip4set:v4 @\n" + std::string(kAnswer) + "127.0.0.2\n" + v4;
  if (of == RankingOf::sources) out += "$DATASET ip6trie:v6 @\n" + std::string(kAnswer) + "::ffff:7f00:2\n" + v6;
  return out;
}

}  // namespace maildrop::report
