/// sqlite_readers.cc: one statement a question, so that each answer is one snapshot.
#include "store/sqlite_readers.h"

#include <sqlite3.h>

#include <algorithm>

#include "store/listing.h"
#include "store/packed_body.h"
#include "store/packed_summary.h"
#include "store/sqlite_file.h"

namespace maildrop::store::sqlite {

namespace {

constexpr std::chrono::seconds kLookAgain{1};                      // for what could not be opened
constexpr std::size_t kConnections = 8;                            // more threads than that wait for each other
constexpr std::int64_t kReaderCachePages = (1 << 20) / kPageSize;  // each; the system's page cache is behind it

/// What an inbox shows: the newest of it, unless it last received too long ago. ?1 name, ?2 that time.
#define SHOWN                                                                                                \
  "FROM inbox i JOIN message m ON m.inbox=i.id AND m.seq>i.floor "                                           \
  "WHERE i.name=?1 AND max(i.last, (SELECT at FROM message WHERE inbox=i.id ORDER BY seq DESC LIMIT 1))>?2 " \
  "ORDER BY m.seq DESC "

constexpr const char* kList = "SELECT m.id, m.summary " SHOWN "LIMIT ?3";
constexpr const char* kGet =
    "SELECT id, summary, body, size FROM (SELECT m.id, m.summary, m.body, m.size " SHOWN "LIMIT ?3) WHERE id=?4";
constexpr const char* kBody = "SELECT id, dictionary, data, transcript FROM body WHERE id>=?1 ORDER BY id";
/// By number, so that an inbox that comes meanwhile, again or for the first time, is behind all that were there.
constexpr const char* kNames = "SELECT name, id FROM inbox WHERE id>?1 ORDER BY id LIMIT ?2";
/// All that an inbox has, hidden or not. ?2: the last number of the names that were read, or above all.
constexpr const char* kAll =
    "SELECT m.id, m.summary, m.seq, m.size, m.seq<=i.floor, i.last, m.at, i.id "
    "FROM inbox i JOIN message m ON m.inbox=i.id WHERE i.name=?1 AND i.id<=?2 ORDER BY m.seq DESC";
constexpr std::int64_t kNamesAtOnce = 64;
constexpr const char* kTotals = "SELECT inboxes, messages FROM total WHERE id=1";

std::int64_t clamp(std::size_t n) { return static_cast<std::int64_t>(std::min<std::size_t>(n, INT64_MAX)); }

}  // namespace

struct Readers::Reader {
  explicit Reader(Connection c) : connection(std::move(c)) {}
  Connection connection;
  Statement list, get, body, names, all, totals;
};

/// A borrowed connection; given back at the end of the scope, or closed if it failed.
class Readers::Loan {
 public:
  Loan(Readers& pool, std::unique_ptr<Reader> reader) : pool_(pool), reader_(std::move(reader)) {}
  ~Loan() { pool_.give_back(std::move(reader_)); }
  Loan(const Loan&) = delete;
  Reader* operator->() { return reader_.get(); }
  /// An answer that leaves the connection in doubt: the next caller gets a fresh one.
  template <class T>
  Result<T> end(Result<T> result) {
    if (!result && result.error().code != Code::not_found) reader_.reset();
    return result;
  }

 private:
  Readers& pool_;
  std::unique_ptr<Reader> reader_;
};

/// A place among kConnections that is given back when nothing comes of it, by an error or by what open() throws.
struct Readers::Opening {
  explicit Opening(Readers& its_pool) : pool(its_pool) {}
  ~Opening() {
    if (failed) pool.give_back(nullptr);
  }
  Opening(const Opening&) = delete;
  Readers& pool;
  bool failed = true;
};

Readers::Readers(std::string path, std::chrono::milliseconds patience, const Clock& clock)
    : path_(std::move(path)), patience_(patience), clock_(clock) {
  idle_.reserve(kConnections);  // so that giving back never throws
}

Readers::~Readers() = default;

Result<std::unique_ptr<Readers::Reader>> Readers::open() const {
  auto reader = std::make_unique<Reader>(TRY(open_again(path_, patience_)));
  Connection& connection = reader->connection;
  TRY(connection.exec("PRAGMA query_only=ON; PRAGMA cache_size=" + std::to_string(kReaderCachePages)));
  // The last process to leave would empty the WAL and remove it: the writer's work, and not below its lock.
  sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  reader->list = TRY(connection.prepare(kList));
  reader->get = TRY(connection.prepare(kGet));
  reader->body = TRY(connection.prepare(kBody));
  reader->names = TRY(connection.prepare(kNames));
  reader->all = TRY(connection.prepare(kAll));
  reader->totals = TRY(connection.prepare(kTotals));
  return reader;
}

Result<std::unique_ptr<Readers::Reader>> Readers::borrow() {
  std::unique_lock lock(mutex_);
  const bool free = returned_.wait_for(lock, patience_, [&] { return !idle_.empty() || open_ < kConnections; });
  if (!free) return fail(Code::unavailable, "all readers of store '" + path_ + "' are still busy");
  std::unique_ptr<Reader> idle;
  bool moved = false;
  if (!idle_.empty()) {
    idle = std::move(idle_.back());
    idle_.pop_back();
    // A store that was replaced under its name: what this connection sees nobody writes any more.
    moved = idle->connection.has_moved();
    if (moved) idle.reset();
  } else {
    ++open_;
  }
  lock.unlock();
  Opening opening(*this);
  if (moved) forget_changes();
  Result<std::unique_ptr<Reader>> reader = std::move(idle);
  if (!*reader) reader = open();
  if (reader) look_at_changes();
  opening.failed = !reader;
  return reader;
}

void Readers::forget_changes() {
  std::unique_ptr<const WalIndex> old;  // closed when the lock is free again
  const std::lock_guard lock(index_mutex_);
  old = std::move(index_);
  next_look_ = {};
}

/// Without it there are no marks: no reason to fail, and to try again once in a while.
void Readers::look_at_changes() {
  const auto now = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(index_mutex_);
    if (index_ || now < next_look_) return;
    next_look_ = now + kLookAgain;
  }
  auto index = WalIndex::open(path_, patience_);
  const std::lock_guard lock(index_mutex_);
  if (index && !index_) index_ = std::move(*index);
}

std::optional<ChangeMark> Readers::change_mark() const {
  const std::lock_guard lock(index_mutex_);
  return index_ ? index_->mark() : std::nullopt;
}

void Readers::give_back(std::unique_ptr<Reader> reader) {
  const std::lock_guard lock(mutex_);
  if (reader) {
    idle_.push_back(std::move(reader));
  } else {
    --open_;
  }
  returned_.notify_one();
}

Result<std::vector<Summary>> Readers::list(const mail::Inbox& inbox, const Query& query, const Caps& caps) {
  if (query.limit == 0 || query.offset >= caps.messages) return std::vector<Summary>();
  Loan reader(*this, TRY(borrow()));
  const auto read = [&]() -> Result<std::vector<Summary>> {
    Listing listing(query);
    Cursor cursor(reader->list);
    cursor->bind_text(1, inbox.name()).bind(2, to_millis(clock_.now()) - caps.age.count());
    cursor->bind(3, clamp(caps.messages));
    while (!listing.full() && TRY(cursor->step()))
      if (auto summary = unpack(cursor->bytes(0), cursor->bytes(1))) listing.add(std::move(*summary));
    return listing.take();
  };
  return reader.end(read());
}

namespace {

/// Of one row, or of several that follow each other.
Result<UnpackedBody> read_body(Statement& statement, std::int64_t id, std::int64_t size) {
  Cursor row(statement);
  row->bind(1, id);
  if (!TRY(row->step()) || row->integer(0) != id) return fail(Code::corrupt, "its data is not there");
  const std::int64_t form = row->integer(1);
  std::string bytes(row->bytes(2));
  if (!row->is_null(3)) {  // an older maildrop's
    if (static_cast<std::int64_t>(bytes.size()) != size) return fail(Code::corrupt, "what is stored is damaged");
    return UnpackedBody{std::move(bytes), std::string(row->bytes(3)), {}};
  }
  while (TRY(row->step()) && row->integer(0) == ++id && row->integer(1) == kContinued) bytes += row->bytes(2);
  return unpack_body(static_cast<std::uint64_t>(form), bytes, static_cast<std::uint64_t>(size));
}

}  // namespace

Result<Message> Readers::get(const mail::Inbox& inbox, const MessageId& id, const Caps& caps) {
  Loan reader(*this, TRY(borrow()));
  const auto read = [&]() -> Result<Message> {
    Cursor cursor(reader->get);
    cursor->bind_text(1, inbox.name()).bind(2, to_millis(clock_.now()) - caps.age.count());
    cursor->bind(3, clamp(caps.messages)).bind_text(4, id.text());
    if (!TRY(cursor->step())) return fail(Code::not_found, "no message '" + id.text() + "'");
    // While that statement is open, the next one reads what it has read.
    Result<UnpackedBody> body = read_body(reader->body, cursor->integer(2), cursor->integer(3));
    if (!body) return fail(body.error().code, "message '" + id.text() + "': " + body.error().what);
    return Message{TRY(unpack(cursor->bytes(0), cursor->bytes(1))), std::move(body->data), std::move(body->transcript),
                   std::move(body->verdicts)};
  };
  return reader.end(read());
}

Result<std::vector<Found>> Readers::scan(ScanCursor& cursor, std::size_t messages, const Caps& caps) {
  Loan reader(*this, TRY(borrow()));
  ScanCursor at = cursor;
  const std::int64_t expired = to_millis(clock_.now()) - caps.age.count();
  const auto names = [&]() -> Result<void> {
    Cursor row(reader->names);
    row->bind(1, static_cast<std::int64_t>(at.next)).bind(2, kNamesAtOnce);
    while (TRY(row->step())) {
      at.inboxes.emplace_back(row->bytes(0));
      at.next = static_cast<std::uint64_t>(row->integer(1));
    }
    std::reverse(at.inboxes.begin(), at.inboxes.end());
    at.named = at.inboxes.empty();
    return {};
  };
  const auto read = [&]() -> Result<std::vector<Found>> {
    std::vector<Found> found;
    while (!at.done() && found.size() < messages) {
      if (at.inboxes.empty()) {
        TRY(names());
        continue;
      }
      const std::string name = std::move(at.inboxes.back());
      at.inboxes.pop_back();
      Cursor row(reader->all);
      row->bind_text(1, name).bind(2, at.next == 0 ? INT64_MAX : static_cast<std::int64_t>(at.next));
      std::optional<Quota> quota;
      std::int64_t last = 0;
      while (TRY(row->step())) {
        if (!quota) {  // the newest
          last = std::max(row->integer(5), row->integer(6));
          quota.emplace(caps.messages, caps.bytes, last <= expired);
        }
        const auto size = static_cast<std::uint64_t>(row->integer(3));
        const bool over = quota->exceeded_by(size, row->integer(4) != 0);
        Result<Summary> summary = unpack(row->bytes(0), row->bytes(1));
        const bool damaged = !summary;
        if (damaged) {
          summary.emplace();
          summary->id = MessageId::trusted(std::string(row->bytes(0)));
          summary->received = from_millis(row->integer(6));
          summary->size = size;
        }
        Spot spot{mail::Inbox::trusted(name), summary->id, std::to_string(row->integer(2))};
        found.push_back({std::move(spot), std::move(*summary), over, from_millis(last), damaged});
      }
    }
    return found;
  };
  Result<std::vector<Found>> found = reader.end(read());
  if (found) cursor = std::move(at);
  return found;
}

Result<StoreStats> Readers::totals() {
  Loan reader(*this, TRY(borrow()));
  const auto read = [&]() -> Result<StoreStats> {
    Cursor cursor(reader->totals);
    if (!TRY(cursor->step())) return fail(Code::corrupt, "the store has lost its totals");
    StoreStats stats;
    stats.inboxes = static_cast<std::uint64_t>(cursor->integer(0));
    stats.messages = static_cast<std::uint64_t>(cursor->integer(1));
    return stats;
  };
  return reader.end(read());
}

}  // namespace maildrop::store::sqlite
