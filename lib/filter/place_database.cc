/// place_database.cc: which library reads a file, and what several sources know together.
#include "filter/place_database.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "core/descriptor.h"
#include "core/file_error.h"
#include "filter/place_list.h"
#include "filter/place_loc_check.h"

namespace maildrop::filter {

namespace {

Result<bool> is_loc(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // not for the writer of a pipe
  std::string begin(kLocMagic.size(), '\0');
  const ssize_t got = file ? ::pread(file.get(), begin.data(), begin.size(), 0) : -1;
  if (got < 0) return tl::unexpected(file_error("read", path, errno));
  return begin == kLocMagic;
}

}  // namespace

void Place::add(Place other) {
  if (country.empty()) country = std::move(other.country);
  if (asn == 0) {
    asn = other.asn;
    as_name = std::move(other.as_name);
  } else if (as_name.empty() && asn == other.asn) {
    as_name = std::move(other.as_name);
  }
  drop = drop || other.drop;
  anycast = anycast || other.anycast;
  proxy = proxy || other.proxy;
  satellite = satellite || other.satellite;
}

Result<std::unique_ptr<PlaceDatabase>> open_place_file(const std::string& path) {
  const bool loc = TRY(is_loc(path));
  auto opened = loc ? detail::open_loc(path) : detail::open_mmdb(path);
  if (!opened) return fail(opened.error().code, "cannot use '" + path + "': " + opened.error().what);
  return opened;
}

std::vector<std::string> place_files(const PlaceFilter& settings, std::string_view usual) {
  if (!settings.files.empty()) return settings.files;
  std::error_code error;
  if (!std::filesystem::exists(usual, error)) return {};
  return {std::string(usual)};
}

Result<Places> open_places(const PlaceFilter& settings, std::vector<FileProblem>& problems, std::string_view usual) {
  Places places;
  if (!settings.networks.empty()) places.push_back(TRY(in_setting("networks", PlaceList::parse(settings.networks))));
  for (const std::string& path : place_files(settings, usual)) {
    Result<std::unique_ptr<PlaceDatabase>> opened = open_place_file(path);
    if (!opened && !settings.files.empty()) return in_setting("files", Result<Places>(tl::unexpected(opened.error())));
    if (opened)
      places.push_back(std::move(*opened));
    else
      problems.push_back({path, std::move(opened.error().what)});
  }
  return places;
}

Place look_up(const Places& places, const IpAddress& address) {
  Place place;
  for (const auto& each : places) place.add(each->lookup(address));
  return place;
}

}  // namespace maildrop::filter
