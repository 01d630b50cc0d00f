/// export_target.cc: files that are whole or not there.
#include "export_target.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <unordered_set>

#include "core/descriptor.h"
#include "core/file_error.h"
#include "mail/line_ends.h"
#include "mail/mbox.h"
#include "terminal.h"
#include "whole_file.h"

namespace maildrop::cmd {
namespace {

/// A server elsewhere may tell anything as the recipient: it must stay one field.
std::string with_recipient(const store::Message& message) {
  std::string to = message.summary.to;
  std::replace_if(
      to.begin(), to.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; }, '?');
  return to.empty() ? message.data : "X-Envelope-To: " + to + "\r\n" + message.data;
}

Result<void> sync(int fd, const std::string& path) {
  if (::fsync(fd) != 0) return tl::unexpected(file_error("write", path, errno));
  return {};
}

/// So that the names in it outlive a crash, too.
Result<void> sync_folder(const std::string& path) {
  const FileDescriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return tl::unexpected(file_error("open", path, errno));
  return sync(folder.get(), path);
}

Result<void> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return sync_folder(path + "/..");
  const int number = errno;
  struct stat status {};
  if (number == EEXIST && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
  return tl::unexpected(file_error("create", path, number));
}

/// The file of that time, on the disk.
Result<void> write_new(const std::string& path, std::string_view text, Time time) {
  const FileDescriptor file(TRY(create_file(path, true)));
  TRY(print(file.get(), text, "'" + path + "'"));
  const std::int64_t millis = to_millis(time);
  const timespec stamp{millis / 1000, 0};
  const timespec stamps[] = {stamp, stamp};
  ::futimens(file.get(), stamps);  // readers sort by it; where it cannot be set, they see the time of the export
  return sync(file.get(), path);
}

/// Writes `part` and gives it its name once it is whole. No WholeFile: a Maildir's begins in another folder, and one
/// sync of the folder is enough for all.
Result<void> write_whole(const std::string& part, const std::string& path, std::string_view text, Time time) {
  auto written = write_new(part, text, time);
  if (written && ::rename(part.c_str(), path.c_str()) != 0) written = tl::unexpected(file_error("create", path, errno));
  if (!written) ::unlink(part.c_str());
  return written;
}

class EmlExport final : public ExportTarget {
 public:
  EmlExport(std::string folder, bool force) : folder_(std::move(folder)), force_(force) {}

  Result<bool> add(const store::Message& message) override {
    const std::string name = message.summary.id.text() + ".eml", path = folder_ + "/" + name;
    if (!force_ && ::access(path.c_str(), F_OK) == 0) return false;
    TRY(write_whole(folder_ + "/." + name, path, message.data, message.summary.received));
    return true;
  }

  Result<void> finish() override { return sync_folder(folder_); }

 private:
  const std::string folder_;
  const bool force_;
};

class MaildirExport final : public ExportTarget {
 public:
  MaildirExport(std::string folder, std::unordered_set<std::string> known)
      : folder_(std::move(folder)), known_(std::move(known)) {}

  Result<bool> add(const store::Message& message) override {
    const std::int64_t seconds = to_millis(message.summary.received) / 1000;
    const std::string name = std::to_string(seconds) + ".m" + message.summary.id.text() + ".maildrop";
    if (!known_.insert(name).second) return false;
    TRY(write_whole(folder_ + "/tmp/" + name, folder_ + "/new/" + name, mail::to_lf(with_recipient(message)),
                    message.summary.received));
    return true;
  }

  Result<void> finish() override { return sync_folder(folder_ + "/new"); }

 private:
  const std::string folder_;
  std::unordered_set<std::string> known_;
};

class MboxExport final : public ExportTarget {
 public:
  explicit MboxExport(int fd) : fd_(fd), name_("the output") {}
  MboxExport(WholeFile file, const std::string& path)
      : file_(std::move(file)), fd_(file_->fd()), name_("'" + path + "'") {}

  Result<bool> add(const store::Message& message) override {
    const mail::FromLine from{message.summary.from, message.summary.received};
    TRY(print(fd_, mail::mboxrd(with_recipient(message), from), name_));
    return true;
  }

  Result<void> finish() override { return file_ ? file_->commit() : Result<void>(); }

 private:
  std::optional<WholeFile> file_;  // none: the descriptor is somebody else's
  const int fd_;
  const std::string name_;
};

/// What is in `cur` and `new`, without flags.
Result<std::unordered_set<std::string>> names_in(const std::string& maildir) {
  std::unordered_set<std::string> names;
  for (const char* const folder : {"/cur", "/new"}) {
    std::error_code problem;
    for (std::filesystem::directory_iterator each(maildir + folder, problem), end; !problem && each != end;
         each.increment(problem)) {
      const std::string name = each->path().filename().string();
      names.insert(name.substr(0, name.find(':')));
    }
    if (problem) return tl::unexpected(file_error("read", maildir + folder, problem.value()));
  }
  return names;
}

Result<std::unique_ptr<ExportTarget>> open_mbox(const std::string& path, bool force) {
  return std::make_unique<MboxExport>(TRY(WholeFile::open(path, force)), path);
}

Result<std::unique_ptr<ExportTarget>> open_maildir(const std::string& path) {
  for (const char* const folder : {"", "/tmp", "/new", "/cur"}) TRY(make_folder(path + folder));
  return std::make_unique<MaildirExport>(path, TRY(names_in(path)));
}

}  // namespace

Result<std::unique_ptr<ExportTarget>> open_export(std::string_view format, const std::string& path, int fd,
                                                  bool force) {
  if (format == "maildir") return open_maildir(path);
  if (format == "mbox" && path.empty()) return std::make_unique<MboxExport>(fd);
  if (format == "mbox") return open_mbox(path, force);
  TRY(make_folder(path));
  return std::make_unique<EmlExport>(path, force);
}

}  // namespace maildrop::cmd
