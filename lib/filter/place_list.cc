/// place_list.cc: the form of the operator's own word.
#include "filter/place_list.h"

#include <algorithm>
#include <charconv>

namespace maildrop::filter {

namespace {

bool* flag_of(Place& place, std::string_view word) {
  if (word == "drop") return &place.drop;
  if (word == "anycast") return &place.anycast;
  if (word == "proxy") return &place.proxy;
  return word == "satellite" ? &place.satellite : nullptr;
}

bool is_country(std::string_view word) {
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  return word.size() == 2 && is_capital(word[0]) && is_capital(word[1]);
}

bool add_word(Place& place, std::string_view word) {
  if (bool* flag = flag_of(place, word)) return *flag = true;
  if (is_country(word)) {
    place.country = word;
    return true;
  }
  if (!word.starts_with("AS")) return false;
  const auto [end, error] = std::from_chars(word.data() + 2, word.data() + word.size(), place.asn);
  return error == std::errc() && end == word.data() + word.size() && place.asn != 0;
}

Result<PlaceList::Entry> parse_entry(const std::string& text) {
  const std::size_t at = text.find('=');
  if (at == std::string::npos) return fail(Code::invalid, "'" + text + "' has no '='");
  PlaceList::Entry entry{TRY(Network::parse(text.substr(0, at))), {}};
  for (std::size_t begin = at + 1; at + 1 < text.size() && begin <= text.size();) {
    const std::size_t end = std::min(text.find('+', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (!add_word(entry.second, word))
      return fail(Code::invalid, "'" + text + "': '" + word +
                                     "' is neither a country (NL), a number (AS64500) nor one of drop, anycast, proxy "
                                     "and satellite");
    begin = end + 1;
  }
  return entry;
}

}  // namespace

Result<std::unique_ptr<const PlaceDatabase>> PlaceList::parse(const std::vector<std::string>& texts) {
  std::vector<Entry> entries;
  for (const std::string& text : texts) entries.push_back(TRY(parse_entry(text)));
  return std::make_unique<const PlaceList>(std::move(entries));
}

Place PlaceList::lookup(const IpAddress& address) const {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& each) { return each.first.contains(address); });
  return found == entries_.end() ? Place{} : found->second;
}

}  // namespace maildrop::filter
