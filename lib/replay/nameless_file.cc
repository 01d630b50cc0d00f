/// nameless_file.cc: O_TMPFILE.
#include "replay/nameless_file.h"

#include <fcntl.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "core/file_error.h"
#include "core/write_all.h"

namespace maildrop::replay {

Result<FileDescriptor> nameless_file() {
  std::error_code failed;
  std::string folder = std::filesystem::temp_directory_path(failed).string();
  if (failed) folder = "/tmp";
  FileDescriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file) return tl::unexpected(file_error("make a temporary file in", folder, errno));
  return file;
}

Result<void> write_to(const FileDescriptor& file, std::string_view bytes, std::string_view name) {
  if (const int number = write_all(file.get(), bytes); number != 0)
    return tl::unexpected(file_error("write", name, number));
  return {};
}

}  // namespace maildrop::replay
