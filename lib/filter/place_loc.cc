/// place_loc.cc: databases of libloc (location.ipfire.org).
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <mutex>

#include "filter/place_database.h"
#include "filter/place_loc_check.h"

extern "C" {  // its headers do not say so
#include <libloc/as.h>
#include <libloc/database.h>
#include <libloc/libloc.h>
#include <libloc/network.h>
}

namespace maildrop::filter {

namespace {

/// A thing of libloc's that is given back by `unref`.
template <class T, T* (*unref)(T*)>
struct Unref {
  void operator()(T* thing) const { unref(thing); }
};
template <class T, T* (*unref)(T*)>
using Counted = std::unique_ptr<T, Unref<T, unref>>;
using Context = Counted<loc_ctx, loc_unref>;
using Handle = Counted<loc_database, loc_database_unref>;
using FoundNetwork = Counted<loc_network, loc_network_unref>;
using System = Counted<loc_as, loc_as_unref>;

struct Closed {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Closed>;

/// Its words would go to standard error.
void say_nothing(loc_ctx*, int, const char*, int, const char*, const char*, va_list) {}

tl::unexpected<Error> failed(Code code, int number) { return fail(code, std::strerror(number)); }

Result<void> check(std::FILE* file) {
  struct stat about {};
  if (::fstat(::fileno(file), &about) != 0) return failed(Code::unavailable, errno);
  if (!S_ISREG(about.st_mode)) return fail(Code::corrupt, "it is no file");
  const auto size = static_cast<std::size_t>(about.st_size);
  void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, ::fileno(file), 0);
  if (bytes == MAP_FAILED) return failed(Code::unavailable, errno);
  const Result<void> checked = check_loc({static_cast<const char*>(bytes), size});
  ::munmap(bytes, size);
  return checked;
}

class LocDatabase final : public PlaceDatabase {
 public:
  LocDatabase(Context context, Handle handle) : context_(std::move(context)), handle_(std::move(handle)) {}

  Place lookup(const IpAddress& address) const override {
    in6_addr in6{};
    std::memcpy(&in6, address.bytes().data(), sizeof in6);  // IPv4 is mapped there, too
    // A lookup that only reads counts who uses the handle and its context in plain integers. It takes 2 us: a lock
    // costs less than a handle, and the memory behind it, for each loop.
    const std::lock_guard lock(mutex_);
    loc_network* network = nullptr;
    if (loc_database_lookup(handle_.get(), &in6, &network) != 0 || !network) return {};
    return place_of(FoundNetwork(network).get());
  }

  Time made() const override { return Time(std::chrono::seconds(loc_database_created_at(handle_.get()))); }

 private:
  Place place_of(loc_network* network) const {
    Place place;
    const char* country = loc_network_get_country_code(network);
    if (country && loc_country_code_is_valid(country)) place.country = country;
    place.asn = loc_network_get_asn(network);
    if (place.asn != 0) place.as_name = name_of(place.asn);
    const auto has = [&](loc_network_flags flag) { return loc_network_has_flag(network, flag) != 0; };
    place.drop = has(LOC_NETWORK_FLAG_DROP);
    place.anycast = has(LOC_NETWORK_FLAG_ANYCAST);
    place.proxy = has(LOC_NETWORK_FLAG_ANONYMOUS_PROXY);
    place.satellite = has(LOC_NETWORK_FLAG_SATELLITE_PROVIDER);
    return place;
  }

  std::string name_of(std::uint32_t asn) const {
    loc_as* as = nullptr;
    if (loc_database_get_as(handle_.get(), &as, asn) != 0 || !as) return {};
    const System system(as);
    const char* name = loc_as_get_name(as);
    return name ? std::string(name, ::strnlen(name, Place::kMostName)) : std::string();
  }

  mutable std::mutex mutex_;
  Context context_;
  Handle handle_;
};

}  // namespace

Result<std::unique_ptr<PlaceDatabase>> detail::open_loc(const std::string& path) {
  const File file(std::fopen(path.c_str(), "re"));
  if (!file) return failed(Code::unavailable, errno);
  TRY(check(file.get()));
  loc_ctx* context = nullptr;
  if (loc_new(&context) != 0) return fail(Code::unavailable, "libloc does not start");
  Context owned(context);
  loc_set_log_fn(context, say_nothing);
  loc_database* database = nullptr;
  if (loc_database_new(context, &database, file.get()) != 0) return fail(Code::corrupt, "libloc does not read it");
  return std::make_unique<LocDatabase>(std::move(owned), Handle(database));
}

}  // namespace maildrop::filter
