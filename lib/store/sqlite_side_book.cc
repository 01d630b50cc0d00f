/// sqlite_side_book.cc: where a side file is, and whose it is to make.
#include "store/sqlite_side_book.h"

#include "store/sqlite_file.h"

namespace maildrop::store::sqlite {

FileUse use_of(const OpenOptions& options) {
  if (options.role == Role::reader) return FileUse::read;
  return options.create_missing ? FileUse::make : FileUse::write;
}

Result<std::string> path_beside(const OpenOptions& options, const SideFile& kind) {
  const Result<std::string> path = locate(options.url, false);
  if (!path && path.error().code == Code::invalid) return tl::unexpected(path.error());
  const std::string store = path ? *path : options.url.substr(options.url.find(':') + 1);
  return store + "." + kind.name;
}

}  // namespace maildrop::store::sqlite
