/// place_mmdb.cc: databases of MaxMind's format, whoever made them.
#include <maxminddb.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "core/socket_address.h"
#include "filter/place_database.h"

namespace maildrop::filter {

namespace {

using Path = std::initializer_list<const char*>;  // of keys, ends in nullptr

class MmdbDatabase final : public PlaceDatabase {
 public:
  MmdbDatabase() = default;
  ~MmdbDatabase() override {
    if (open_) MMDB_close(&database_);
  }
  MmdbDatabase(const MmdbDatabase&) = delete;
  MmdbDatabase& operator=(const MmdbDatabase&) = delete;

  int open(const std::string& path) {
    const int error = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &database_);
    open_ = error == MMDB_SUCCESS;
    return error;
  }

  Place lookup(const IpAddress& address) const override {
    MMDB_lookup_result_s found = find(address);
    if (!found.found_entry) return {};
    Place place;
    place.country = country(found.entry);
    place.asn = number(found.entry, {"autonomous_system_number", nullptr});
    if (place.asn != 0)
      place.as_name = text(found.entry, {"autonomous_system_organization", nullptr}).substr(0, Place::kMostName);
    place.anycast = flag(found.entry, {"traits", "is_anycast", nullptr});
    place.proxy = flag(found.entry, {"traits", "is_anonymous_proxy", nullptr});
    place.satellite = flag(found.entry, {"traits", "is_satellite_provider", nullptr});
    return place;
  }

  Time made() const override { return Time(std::chrono::seconds(database_.metadata.build_epoch)); }

 private:
  /// Nothing, too, where the database is damaged on the way, or has no IPv6.
  MMDB_lookup_result_s find(const IpAddress& address) const {
    const SocketAddress where = socket_address(address, 0);
    int error = MMDB_SUCCESS;
    const auto found = MMDB_lookup_sockaddr(&database_, where.get(), &error);
    return error == MMDB_SUCCESS ? found : MMDB_lookup_result_s{};
  }

  static std::optional<MMDB_entry_data_s> get(MMDB_entry_s& entry, Path path, std::uint32_t type) {
    MMDB_entry_data_s data{};
    const int error = MMDB_aget_value(&entry, &data, path.begin());
    if (error != MMDB_SUCCESS || !data.has_data || data.type != type) return std::nullopt;
    return data;
  }
  static std::string text(MMDB_entry_s& entry, Path path) {
    const auto data = get(entry, path, MMDB_DATA_TYPE_UTF8_STRING);
    return data ? std::string(data->utf8_string, data->data_size) : std::string();
  }
  static std::uint32_t number(MMDB_entry_s& entry, Path path) {
    const auto data = get(entry, path, MMDB_DATA_TYPE_UINT32);
    return data ? data->uint32 : 0;
  }
  static bool flag(MMDB_entry_s& entry, Path path) {
    const auto data = get(entry, path, MMDB_DATA_TYPE_BOOLEAN);
    return data && data->boolean;
  }
  static std::string country(MMDB_entry_s& entry) {
    std::string code = text(entry, {"country", "iso_code", nullptr});
    if (code.empty()) code = text(entry, {"country_code", nullptr});
    const bool good =
        code.size() == 2 && std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    return good ? code : std::string();
  }

  MMDB_s database_{};
  bool open_ = false;
};

}  // namespace

Result<std::unique_ptr<PlaceDatabase>> detail::open_mmdb(const std::string& path) {
  auto database = std::make_unique<MmdbDatabase>();
  const int error = database->open(path);
  if (error == MMDB_FILE_OPEN_ERROR || error == MMDB_IO_ERROR || error == MMDB_OUT_OF_MEMORY_ERROR)
    return fail(Code::unavailable, MMDB_strerror(error));
  if (error != MMDB_SUCCESS) return fail(Code::corrupt, "it is no database of libloc, nor of MaxMind's format");
  return database;
}

}  // namespace maildrop::filter
