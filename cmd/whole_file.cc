/// whole_file.cc: beside it, and renamed.
#include "whole_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "core/file_error.h"

namespace maildrop::cmd {
namespace {

/// Whether there is something at `path` that must stay.
Result<void> check(const std::string& path, bool replace) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISREG(found.st_mode) && !S_ISLNK(found.st_mode))
    return fail(Code::invalid, "'" + path + "' is no file; - is standard output");
  if (!replace) return fail(Code::invalid, "'" + path + "' exists; --force replaces it");
  return {};
}

}  // namespace

Result<WholeFile> WholeFile::open(const std::string& path, bool replace) {
  TRY(check(path, replace));
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  FileDescriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent) return tl::unexpected(file_error("open the folder", folder, errno));
  std::string part = path + ".XXXXXX";
  FileDescriptor file(::mkostemp(part.data(), O_CLOEXEC));
  if (!file) return tl::unexpected(file_error("create", path, errno));
  return WholeFile(path, std::move(part), replace, std::move(parent), std::move(file));
}

WholeFile::~WholeFile() {
  if (file_) ::unlink(part_.c_str());
}

Result<void> WholeFile::commit() {
  if (::fsync(file_.get()) != 0) return tl::unexpected(file_error("write", path_, errno));
  TRY(check(path_, replace_));
  const unsigned how = replace_ ? 0 : RENAME_NOREPLACE;
  int renamed = ::renameat2(AT_FDCWD, part_.c_str(), AT_FDCWD, path_.c_str(), how);
  if (renamed != 0 && errno == EINVAL) renamed = ::rename(part_.c_str(), path_.c_str());  // a file system without it
  if (renamed != 0) return tl::unexpected(file_error("create", path_, errno));
  file_ = FileDescriptor();
  if (::fsync(folder_.get()) != 0) return tl::unexpected(file_error("sync the folder of", path_, errno));
  return {};
}

}  // namespace maildrop::cmd
