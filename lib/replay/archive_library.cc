/// archive_library.cc: looks for it, once.
#include "replay/archive_library.h"

#include <dlfcn.h>

#include <string>

namespace maildrop::replay {

namespace {

constexpr const char* kFile = "libarchive.so.13";  // of Debian's package libarchive13, whose headers these are

Error not_loaded() {
  const char* why = ::dlerror();
  return {Code::unavailable, std::string("what is packed needs the package libarchive13: ") + (why ? why : kFile)};
}

Result<ArchiveLibrary> load() {
  void* file = ::dlopen(kFile, RTLD_NOW | RTLD_LOCAL);
  if (file == nullptr) return tl::unexpected(not_loaded());
  ArchiveLibrary library;
#define X(function)                                                                          \
  library.function = reinterpret_cast<decltype(library.function)>(::dlsym(file, #function)); \
  if (library.function == nullptr) return tl::unexpected(not_loaded());
  MAILDROP_ARCHIVE_FUNCTIONS(X)
#undef X
  return library;
}

}  // namespace

Result<const ArchiveLibrary*> archive_library() {
  static const Result<ArchiveLibrary> library = load();
  if (!library) return tl::unexpected(library.error());
  return &*library;
}

}  // namespace maildrop::replay
