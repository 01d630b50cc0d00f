/// sqlite_store: inboxes in one SQLite file; durable on return.
///
/// One process writes (Role::writer, under PATH.lock), any number read. Readers hand removals to the writer's control
/// socket; where there is no writer they take its place for a moment.
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "store/backends.h"
#include "store/sqlite_feed.h"
#include "store/sqlite_file.h"
#include "store/sqlite_ledger.h"
#include "store/sqlite_link.h"
#include "store/sqlite_models.h"
#include "store/sqlite_readers.h"
#include "store/sqlite_statistics.h"
#include "store/sqlite_writing.h"

namespace maildrop::store {

namespace {

using namespace sqlite;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr milliseconds kBusyRead{1500};        // a reader waits only for another process's exclusive lock
constexpr milliseconds kRemovePatience{1500};  // for a writer that is just starting or ending
constexpr milliseconds kRetry{10};

std::uint64_t file_size(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
}

class SqliteStore final : public Store {
 public:
  SqliteStore(std::string path, const OpenOptions& options)
      : path_(std::move(path)),
        clock_(*options.clock),
        settings_(within_max_size(options.settings)),
        caps_(options.inbox),
        readers_(path_, kBusyRead, clock_),
        models_(path_, clock_) {}

  Result<void> become_writer() {
    writing_ = TRY(Writing::start(path_, settings_, clock_));
    LinkActions actions;
    actions.remove = [this](const mail::Inbox& inbox, const MessageId& id) {
      return writing_->remove(inbox, id, caps_.get());
    };
    actions.remove_all = [this](std::span<const Spot> spots) { return writing_->remove_all(spots); };
    actions.scrub = [this] { return writing_->scrub(); };
    auto link = LinkServer::start(path_, std::move(actions));
    if (link) link_ = std::move(*link);
    // A file name too long for a socket is no reason not to take mail: removals by others then say why they fail.
    if (!link && link.error().code != Code::invalid) return tl::unexpected(link.error());
    return {};
  }

  std::vector<Result<MessageId>> put(std::span<const Delivery> deliveries) override {
    if (writing_) return writing_->put(deliveries, caps_.get());
    return std::vector<Result<MessageId>>(deliveries.size(), tl::unexpected(reading_only()));
  }

  Result<std::vector<Summary>> list(const mail::Inbox& inbox, const Query& query) override {
    return readers_.list(inbox, query, caps_.get());
  }

  Result<Message> get(const mail::Inbox& inbox, const MessageId& id) override {
    return readers_.get(inbox, id, caps_.get());
  }

  Result<bool> remove(const mail::Inbox& inbox, const MessageId& id) override {
    return writing_ ? writing_->remove(inbox, id, caps_.get()) : remove_as_reader(inbox, id);
  }

  Result<PurgeReport> purge(const PurgeQuery& query) override {
    if (!writing_) return tl::unexpected(reading_only());
    return writing_->purge(query, caps_.get());
  }

  Result<std::vector<Found>> scan(ScanCursor& cursor, std::size_t messages) override {
    return readers_.scan(cursor, messages, caps_.get());
  }

  Result<std::size_t> remove_all(std::span<const Spot> spots) override {
    std::vector<Spot> asked;  // a store holds no others
    for (const Spot& spot : spots) {
      if (can_ask_for(spot.inbox, spot.id)) asked.push_back(spot);
    }
    if (asked.empty()) return std::size_t{0};
    if (writing_) return writing_->remove_all(asked);
    return through_writer<std::size_t>([&] { return ask_remove_all(path_, asked); },
                                       [&](Writer& writer) { return writer.remove_all(asked); });
  }

  Result<bool> scrub() override {
    if (writing_) return writing_->scrub();
    return through_writer<bool>([&] { return ask_scrub(path_); }, [](Writer& writer) { return writer.scrub(); });
  }

  Result<StoreStats> stats() override {
    StoreStats stats = TRY(readers_.totals());
    stats.wal_bytes = file_size(path_ + "-wal");
    stats.bytes = file_size(path_) + stats.wal_bytes;
    return stats;
  }

  std::optional<ChangeMark> change_mark() const override { return readers_.change_mark(); }

  Result<void> ready() override {
    if (writing_) return writing_->ready();
    TRY(readers_.totals());
    return {};
  }

  void tend() override {
    if (writing_) writing_->tend();
  }

  Models& models() override { return models_; }

  void apply(const InboxSettings& settings) override { caps_.set(settings); }

 private:
  Error reading_only() const { return {Code::unavailable, "store '" + path_ + "' is open for reading only"}; }

  Result<bool> remove_as_reader(const mail::Inbox& inbox, const MessageId& id) {
    if (!can_ask_for(inbox, id)) return false;
    return through_writer<bool>([&] { return ask_remove(path_, inbox, id); },
                                [&](Writer& writer) { return writer.remove(inbox, id, caps_.get()); });
  }

  /// Asks the writer, or where there is none takes its place for a moment.
  template <class T, class Ask, class Act>
  Result<T> through_writer(Ask ask, Act act) {
    const Steady::time_point until = Steady::now() + kRemovePatience;
    for (;;) {
      const Result<T> answer = ask();
      const bool unheard = !answer && (answer.error().code == Code::not_found || answer.error().code == Code::invalid);
      if (!unheard) return answer;
      const auto lock = WriteLock::take(path_, {});
      if (lock) return act_as_writer<T>(act);
      if (Steady::now() >= until) {
        return fail(Code::unavailable, lock.error().what + ", which cannot be asked: " + answer.error().what);
      }
      std::this_thread::sleep_for(kRetry);
    }
  }

  /// Nobody else keeps the write-ahead log short meanwhile. REQUIRES: the WriteLock.
  template <class T, class Act>
  Result<T> act_as_writer(Act act) {
    const std::unique_ptr<Writer> writer = TRY(Writer::open(path_, settings_, clock_));
    Result<T> result = act(*writer);
    if (result && writer->wal_bytes() > settings_.wal_size / 4) {
      [[maybe_unused]] const auto emptied = writer->empty_wal(Writer::Reset::overwrite);  // what was done is done
    }
    return result;
  }

  const std::string path_;
  const Clock& clock_;
  const StoreSettings settings_;
  LiveCaps caps_;
  Readers readers_;
  SqliteModels models_;
  std::unique_ptr<Writing> writing_;  // only of a writer
  std::unique_ptr<LinkServer> link_;  // its thread uses writing_: ends first
};

Result<std::unique_ptr<Store>> open_sqlite(const OpenOptions& options) {
  const bool may_create = options.role == Role::writer || options.create_missing;
  std::string path = TRY(locate(options.url, may_create));
  auto store = std::make_unique<SqliteStore>(path, options);
  if (options.role == Role::writer) {
    TRY(store->become_writer());
  } else if (options.create_missing) {
    TRY(create_or_wait(path));
  } else {
    TRY(open_existing(path, kBusyRead, {}));
  }
  return store;
}

Result<void> check_sqlite(const OpenOptions& options, std::span<const pid_t> leaving) {
  const Result<std::string> path = locate(options.url, false);
  const auto may_change = [](const Error& error) {  // it is not there yet, an older maildrop's, or busy
    return error.code == Code::not_found || error.code == Code::unavailable;
  };
  if (!path) return may_change(path.error()) ? Result<void>() : tl::unexpected(path.error());
  if (options.role == Role::writer) TRY(WriteLock::check(*path, leaving));
  if (const auto there = open_existing(*path, kBusyRead, {}); !there && !may_change(there.error()))
    return tl::unexpected(there.error());
  return {};
}

}  // namespace

extern const BackendKind sqlite_backend;
const BackendKind sqlite_backend{"sqlite",
                                 "in a file, durable, for one machine",
                                 open_sqlite,
                                 check_sqlite,
                                 sqlite::open_feed,
                                 sqlite::open_ledger,
                                 sqlite::open_statistics};

}  // namespace maildrop::store
