/// place_list.h: where networks are by the operator's own word.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "filter/place_database.h"

namespace maildrop::filter {

class PlaceList final : public PlaceDatabase {
 public:
  /// Each `NETWORK=WORDS`, with `+` between words: two letters of a country, `AS64500`, drop, anycast, proxy,
  /// satellite. No words: nothing is known. invalid: `'TEXT' ...`, what is wrong with it.
  static Result<std::unique_ptr<const PlaceDatabase>> parse(const std::vector<std::string>& texts);

  using Entry = std::pair<Network, Place>;
  explicit PlaceList(std::vector<Entry> entries) : entries_(std::move(entries)) {}

  /// Of the first that holds it.
  Place lookup(const IpAddress& address) const override;

 private:
  std::vector<Entry> entries_;
};

}  // namespace maildrop::filter
