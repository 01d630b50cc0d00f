/// packed.cc: a file that is packed: it is what it holds.
#include <utility>

#include "replay/archive.h"
#include "replay/sources.h"

namespace maildrop::replay {
namespace {

bool is_packed_file(const Place& place) { return place.is_file() && is_packed(place.head); }

Result<std::unique_ptr<Source>> open_packed(Place place, const SourceOptions& options) {
  if (place.unpacked) return fail(Code::invalid, "'" + place.path + "' is packed more than once");
  return open_place(TRY(unpack(std::move(place), options.give_up)), options);
}

}  // namespace

extern const SourceKind packed_source;
const SourceKind packed_source{"packed", "any other file, packed by gzip, zstd, xz or bzip2", is_packed_file,
                               open_packed};

}  // namespace maildrop::replay
