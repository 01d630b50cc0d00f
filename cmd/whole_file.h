/// whole_file.h: a file that is there whole or not at all.
#pragma once

#include <string>

#include "core/descriptor.h"
#include "core/result.h"

namespace maildrop::cmd {

/// Written beside PATH, under its name with six characters of chance behind it, and PATH once it is whole and synced.
/// Mode 0600. What is not committed goes with it, unless the process is killed.
class WholeFile {
 public:
  /// invalid: PATH is there, and is not to be replaced or no file; unavailable: it cannot be made.
  static Result<WholeFile> open(const std::string& path, bool replace);
  WholeFile(WholeFile&&) = default;
  WholeFile& operator=(WholeFile&&) = delete;
  ~WholeFile();

  int fd() const { return file_.get(); }
  Result<void> commit();

 private:
  WholeFile(std::string path, std::string part, bool replace, FileDescriptor folder, FileDescriptor file)
      : path_(std::move(path)),
        part_(std::move(part)),
        replace_(replace),
        folder_(std::move(folder)),
        file_(std::move(file)) {}

  std::string path_, part_;
  bool replace_;
  FileDescriptor folder_;
  FileDescriptor file_;  // none: committed, or moved from
};

}  // namespace maildrop::cmd
