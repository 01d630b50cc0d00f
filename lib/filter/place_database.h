/// place_database.h: where addresses are: in which country, and in whose network.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/filter_settings.h"
#include "core/net.h"
#include "core/result.h"
#include "filter/filter.h"

namespace maildrop::filter {

/// What is known of one address; empty and 0: that is not.
struct Place {
  std::string country{};  // ISO 3166-1 alpha-2, capitals: `NL`
  std::uint32_t asn = 0;  // the autonomous system, RFC 6793
  std::string as_name{};  // as the database has it: any bytes, kMostName of them at most
  bool drop = false;      // nobody should take anything from there
  bool anycast = false;
  bool proxy = false;  // that hides who uses it
  bool satellite = false;

  static constexpr std::size_t kMostName = 100;

  bool is_known() const { return !country.empty() || asn != 0 || drop || anycast || proxy || satellite; }
  /// Takes over what is not known here. The name belongs to the number.
  void add(Place other);
};

/// One source. Thread-safe; lookups do not block, but for the pages of a file that are not in memory yet.
class PlaceDatabase {
 public:
  virtual ~PlaceDatabase() = default;
  virtual Place lookup(const IpAddress& address) const = 0;
  virtual Time made() const { return {}; }  // by its own word; the epoch: it has none
};

/// Of libloc, or of MaxMind's format, whatever its name: the content tells. The file is mapped, and must not change in
/// its place: who writes a new one renames it over the old. What is damaged is found here, not at a lookup.
///   unavailable  the file cannot be read
///   corrupt      it is no such database, or a damaged one
Result<std::unique_ptr<PlaceDatabase>> open_place_file(const std::string& path);

/// That of Debian's package libloc-database.
inline constexpr std::string_view kUsualPlaceFile = "/usr/share/libloc-location/location.db";

/// Files that are named; none are: the usual one, if it is there.
std::vector<std::string> place_files(const PlaceFilter& settings, std::string_view usual = kUsualPlaceFile);

/// All sources, in the order in which they go. `problems` has why the usual one cannot be used.
/// Fails as PlaceList::parse(), and open_place_file() of those that are named, with the setting as in_setting() has it.
using Places = std::vector<std::unique_ptr<const PlaceDatabase>>;
Result<Places> open_places(const PlaceFilter& settings, std::vector<FileProblem>& problems,
                           std::string_view usual = kUsualPlaceFile);

Place look_up(const Places& places, const IpAddress& address);

namespace detail {
/// Each in a file of its own. Code and text as open_place_file(), without the name.
Result<std::unique_ptr<PlaceDatabase>> open_loc(const std::string& path);
Result<std::unique_ptr<PlaceDatabase>> open_mmdb(const std::string& path);
}  // namespace detail

}  // namespace maildrop::filter
