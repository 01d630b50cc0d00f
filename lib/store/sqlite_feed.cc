/// sqlite_feed.cc: the question is `PRAGMA data_version`; inotify says when to ask it. If it has changed, the changes
/// that are counted in the store say whose news these are, or that they are nobody's.
///
/// The WAL changes before the commit is visible (the sync comes between), so one look is not enough: after each sign
/// the question is asked again for a while, and each kFallback in any case.
#include "store/sqlite_feed.h"

#include <limits.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "store/sqlite_connection.h"
#include "store/sqlite_file.h"

namespace maildrop::store::sqlite {

namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kFallback{250};  // inotify may be used up, or blind (network file systems)
constexpr milliseconds kFirstLook{1};   // after a sign; then twice as long each time
constexpr milliseconds kLastLook{32};
constexpr milliseconds kBusyRead{1500};
constexpr const char* kDataVersion = "PRAGMA data_version";
constexpr const char* kChanges = "SELECT changes, changed FROM total WHERE id=1";
constexpr std::int64_t kAnother = -1;  // no version: the store is another one

class SqliteFeed final : public Feed {
 public:
  SqliteFeed(Connection connection, Statement version, Statement changes, const std::string& path)
      : connection_(std::move(connection)), version_(std::move(version)), changes_(std::move(changes)), path_(path) {
    inotify_ = FileDescriptor(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    const std::string folder = std::filesystem::path(path).parent_path().string();
    if (inotify_) ::inotify_add_watch(inotify_.get(), folder.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO);
  }

  /// From here on.
  Result<void> begin() {
    seen_ = TRY(read_version(version_));
    told_ = TRY(read_changes()).count();
    return {};
  }

  Result<bool> wait(milliseconds at_most) override {
    const Steady::time_point until = Steady::now() + at_most;
    milliseconds pause = kFallback;
    for (;;) {
      if (TRY(changed())) return true;
      const auto left = std::chrono::ceil<milliseconds>(until - Steady::now());
      if (left.count() <= 0) return false;
      if (signs_within(std::min(pause, left))) {
        pause = kFirstLook;
      } else {
        pause = pause < kLastLook ? pause * 2 : kFallback;
      }
    }
  }

 private:
  Result<bool> changed() {
    news_ = News();
    if (connection_.has_moved()) TRY(reopen());
    const std::int64_t now = TRY(read_version(version_));
    if (now == seen_) return false;
    const Changes changes = TRY(read_changes());
    if (std::exchange(seen_, now) == kAnother)
      news_.add_all();
    else
      news_ = changes.since(told_);
    told_ = changes.count();
    return !news_.empty();
  }

  /// A store that was replaced under its name has news for sure.
  Result<void> reopen() {
    Connection fresh = TRY(open_again(path_, kBusyRead));
    Statement version = TRY(fresh.prepare(kDataVersion)), changes = TRY(fresh.prepare(kChanges));
    version_ = std::move(version);
    changes_ = std::move(changes);
    connection_ = std::move(fresh);
    seen_ = kAnother;
    return {};
  }

  Result<Changes> read_changes() {
    Cursor cursor(changes_);
    if (!TRY(cursor->step())) return fail(Code::corrupt, "store '" + path_ + "' has lost its totals");
    return Changes(static_cast<std::uint64_t>(cursor->integer(0)), cursor->bytes(1));
  }

  static Result<std::int64_t> read_version(Statement& version) {
    Cursor cursor(version);
    if (!TRY(cursor->step())) return fail(Code::internal, "no data_version");
    return cursor->integer(0);
  }

  /// true: something happened to the store's files in that time.
  bool signs_within(milliseconds time) {
    const Steady::time_point until = Steady::now() + time;
    const std::string name = std::filesystem::path(path_).filename().string();
    for (;;) {
      const auto left = std::chrono::ceil<milliseconds>(until - Steady::now()).count();
      pollfd one{inotify_.get(), POLLIN, 0};
      if (::poll(&one, 1, static_cast<int>(std::max<std::int64_t>(left, 0))) <= 0) return false;
      if (drain(name)) return true;
      if (left <= 0) return false;
    }
  }

  bool drain(const std::string& name) {
    bool sign = false;
    alignas(inotify_event) char buffer[16 * (sizeof(inotify_event) + NAME_MAX + 1)];
    for (;;) {
      const ssize_t n = ::read(inotify_.get(), buffer, sizeof buffer);
      if (n <= 0) return sign;
      for (ssize_t at = 0; at < n;) {
        const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
        const std::string_view file = event->len > 0 ? event->name : "";
        sign = sign || (event->mask & IN_Q_OVERFLOW) != 0 || file == name || file == name + "-wal";
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      }
    }
  }

  Connection connection_;
  Statement version_;  // after its connection: finalised first
  Statement changes_;
  std::int64_t seen_ = 0;
  std::uint64_t told_ = 0;
  const std::string path_;
  FileDescriptor inotify_;
};

}  // namespace

Result<std::unique_ptr<Feed>> open_feed(const OpenOptions& options) {
  const std::string path = TRY(locate(options.url, options.create_missing));
  if (options.create_missing) TRY(create_or_wait(path));
  Connection connection = TRY(open_existing(path, kBusyRead, {}));
  TRY(connection.exec("PRAGMA query_only=ON; PRAGMA cache_size=4"));
  Statement version = TRY(connection.prepare(kDataVersion)), changes = TRY(connection.prepare(kChanges));
  auto feed = std::make_unique<SqliteFeed>(std::move(connection), std::move(version), std::move(changes), path);
  TRY(feed->begin());
  return feed;
}

}  // namespace maildrop::store::sqlite
