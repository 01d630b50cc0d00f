/// sources.cc: the table of sources, one line each; the first that fits is it.
#include "replay/sources.h"

#include <algorithm>

namespace maildrop::replay {

#define MAILDROP_SOURCES(X) \
  X(maildir_source)         \
  X(folder_source)          \
  X(store_source)           \
  X(packed_source)          \
  X(tar_source)             \
  X(backup_source)          \
  X(decisions_source)       \
  X(mbox_source)            \
  X(eml_source)

#define X(kind) extern const SourceKind kind;
MAILDROP_SOURCES(X)
#undef X

std::span<const SourceKind* const> source_kinds() {
#define X(kind) &kind,
  static constexpr const SourceKind* kTable[] = {MAILDROP_SOURCES(X)};
#undef X
  return kTable;
}

Result<std::unique_ptr<Source>> open_source(const std::string& path, const SourceOptions& options) {
  return open_place(TRY(look_at(path, options.input, options.give_up)), options);
}

Result<std::unique_ptr<Source>> open_place(Place place, const SourceOptions& options) {
  const auto kinds = source_kinds();
  const auto kind =
      std::find_if(kinds.begin(), kinds.end(), [&place](const SourceKind* each) { return each->fits(place); });
  if (kind == kinds.end()) return fail(Code::internal, "no kind of source fits '" + place.path + "'");
  return (*kind)->open(std::move(place), options);
}

}  // namespace maildrop::replay
