/// settings_filter_place.cc: the rows of where clients are.
#include <charconv>

#include "core/filter_rows.h"
#include "core/text.h"

namespace maildrop::rows {

namespace {

Result<std::string> parse_country(const std::string& text) {
  if (text.size() != 2 || !is_letter(text[0]) || !is_letter(text[1]))
    return fail(Code::invalid, "'" + text + "' is not a country's two letters");
  constexpr char kCapital = ~0x20;
  return std::string{static_cast<char>(text[0] & kCapital), static_cast<char>(text[1] & kCapital)};
}

/// `AS64500` or `64500`.
Result<std::uint32_t> parse_asn(const std::string& text) {
  const std::string digits = to_lower(text.substr(0, 2)) == "as" ? text.substr(2) : text;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number == 0)
    return fail(Code::invalid, "'" + text + "' is not the number of an autonomous system");
  return number;
}

std::string format_asn(std::uint32_t number) { return "AS" + std::to_string(number); }

}  // namespace

void add_place(std::vector<Setting>& rows) {
  add_use(rows, "place", [](Config& config) -> FilterUse& { return config.filter.place; });
  rows.push_back(reloadable(list_row(
      "filter.place.files", MEMBER(filter.place.files), parse_element, as_is, "PATH, ...",
      "Databases of where addresses are: of libloc, or any .mmdb of countries or of autonomous systems. What the first "
      "of them knows counts. None: that of Debian's package libloc-database, if it is installed.")));
  rows.push_back(reloadable(list_row(
      "filter.place.networks", MEMBER(filter.place.networks), parse_element, as_is, "NETWORK=WORD[+WORD...], ...",
      "What you know better than the files: `192.0.2.0/24=NL+AS64500+drop`. A word is a country, a number, or one of "
      "drop, anycast, proxy and satellite. Of several that hold an address the first "
      "counts.")));
  rows.push_back(
      reloadable(list_row("filter.place.countries", MEMBER(filter.place.countries), parse_country, as_is,
                          "COUNTRY, ...", "Countries whose clients score, by their two letters (ISO 3166-1): `NL`.")));
  rows.push_back(reloadable(decimal_row("filter.place.country_score", kScore, MEMBER(filter.place.country_score),
                                        "-100..100", "What these score; below 0 it speaks for them.")));
  rows.push_back(reloadable(list_row("filter.place.asns", MEMBER(filter.place.asns), parse_asn, format_asn, "ASN, ...",
                                     "Autonomous systems whose clients score, by their number: `AS64500`.")));
  rows.push_back(reloadable(decimal_row("filter.place.asn_score", kScore, MEMBER(filter.place.asn_score), "-100..100",
                                        "What these score; below 0 it speaks for them.")));
  rows.push_back(reloadable(decimal_row(
      "filter.place.drop_score", kScore, MEMBER(filter.place.drop_score), "-100..100",
      "What clients score in networks that nobody should take anything from: hijacked ones, those of criminals. "
      "libloc's databases know them.")));
}

}  // namespace maildrop::rows
