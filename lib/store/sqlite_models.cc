/// sqlite_models.cc: a model is a row, and rows of its pieces; a transaction makes it another.
#include "store/sqlite_models.h"

#include <algorithm>
#include <chrono>

#include "mail/sha256.h"
#include "store/sqlite_side_file.h"

namespace maildrop::store::sqlite {

namespace {

/// `sum`: the SHA-256 of all the bytes. `last`: one row, the last version that any model was given.
constexpr const char* kModelSchema = R"(
  CREATE TABLE model(name TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL, size INTEGER NOT NULL,
                     sum TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE piece(version INTEGER NOT NULL, n INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY(version, n));
  CREATE TABLE last(id INTEGER PRIMARY KEY, version INTEGER NOT NULL);
  INSERT INTO last VALUES(1, 0);
)";

constexpr SideFile kFile{"models", 0x4d444d4f, 1, kModelSchema};  // "MDMO"
constexpr std::chrono::milliseconds kTurn{5000};  // for another who puts one: the largest takes about a second
constexpr int kLooks = 3;                         // before what is found counts as damaged

std::string sum_of(std::string_view bytes) {
  mail::Sha256 sum;
  sum.add(bytes);
  return sum.hex();
}

/// What `look` finds in one snapshot; nothing: there is no file. Who finds no log reads a file that he takes for one
/// that nobody writes (open_to_read): where somebody begins to just then he may find half of both, which the sum tells,
/// or damage that there is not.
template <class T, class Look>
Result<std::optional<T>> read(const std::string& path, Look look) {
  const auto once = [&]() -> Result<std::optional<T>> {
    Connection connection = TRY(open_side_file(kFile, path, FileUse::read));
    TRY(connection.exec("BEGIN"));
    return TRY(look(connection));
  };
  for (int n = 1;; ++n) {
    Result<std::optional<T>> found = once();
    if (found) return found;
    const Error& error = found.error();
    if (error.code == Code::not_found) return std::nullopt;
    if (!is_damage(error) || n == kLooks) return fail(error.code, "models '" + path + "': " + error.what);
  }
}

Result<Model> read_model(Connection& connection, Statement& row) {
  Model model{static_cast<std::uint64_t>(row.integer(0)), {}};
  const auto size = static_cast<std::uint64_t>(row.integer(1));
  if (size > kMostModel) return fail(Code::corrupt, "a size is wrong");
  Statement pieces = TRY(connection.prepare("SELECT data FROM piece WHERE version=?1 ORDER BY n"));
  model.bytes.reserve(size);
  pieces.bind(1, row.integer(0));
  while (model.bytes.size() <= size && TRY(pieces.step())) model.bytes += pieces.bytes(0);
  if (model.bytes.size() != size || sum_of(model.bytes) != row.bytes(2))
    return fail(Code::corrupt, "a model is damaged");
  return model;
}

Result<void> forget(Connection& connection, std::string_view name) {
  Statement pieces =
      TRY(connection.prepare("DELETE FROM piece WHERE version=(SELECT version FROM model WHERE name=?1)"));
  TRY(pieces.bind_text(1, name).run());
  Statement model = TRY(connection.prepare("DELETE FROM model WHERE name=?1"));
  return model.bind_text(1, name).run();
}

/// That one or the next that no model has.
Result<std::int64_t> free_version(Connection& connection, std::int64_t version) {
  Statement taken = TRY(connection.prepare("SELECT 1 FROM model WHERE version=?1"));
  for (;; ++version) {
    taken.bind(1, version);
    const bool found = TRY(taken.step());
    taken.reset();
    if (!found) return version;
  }
}

/// `version`: as that of Models::put().
Result<std::uint64_t> add(Connection& connection, std::string_view name, std::string_view bytes, std::uint64_t version,
                          Time now) {
  const std::int64_t last = TRY(connection.number("SELECT version FROM last WHERE id=1"));
  if (version == 0) version = next_version(static_cast<std::uint64_t>(last), now);
  const std::int64_t number = TRY(free_version(connection, static_cast<std::int64_t>(version)));
  TRY(connection.exec("UPDATE last SET version=" + std::to_string(std::max(last, number))));
  const std::string sum = sum_of(bytes);
  Statement model = TRY(connection.prepare("INSERT INTO model VALUES(?1, ?2, ?3, ?4)"));
  model.bind_text(1, name).bind(2, number).bind(3, static_cast<std::int64_t>(bytes.size())).bind_text(4, sum);
  TRY(model.run());
  Statement piece = TRY(connection.prepare("INSERT INTO piece VALUES(?1, ?2, ?3)"));
  for (std::int64_t n = 0; !bytes.empty(); ++n) {
    const std::size_t size = std::min(bytes.size(), kModelPiece);
    TRY(piece.bind(1, number).bind(2, n).bind_blob(3, bytes.substr(0, size)).run());
    bytes.remove_prefix(size);
  }
  return static_cast<std::uint64_t>(number);
}

/// `change` in a transaction, which is durable on success. The pages of what goes are used again by what comes.
template <class T, class Change>
Result<T> write(const std::string& path, FileUse use, Change change) {
  const auto once = [&]() -> Result<T> {
    Connection connection = TRY(open_side_file(kFile, path, use));
    connection.busy_timeout(kTurn);
    TRY(connection.exec("PRAGMA synchronous=FULL; BEGIN IMMEDIATE"));
    const T done = TRY(change(connection));  // what fails is rolled back with its connection
    TRY(connection.exec("COMMIT"));
    return done;
  };
  const Identity seen = identity_of(path);
  Result<T> done = once();
  if (!done && use == FileUse::make && is_damage(done.error())) {
    TRY(put_aside(kFile, path, seen, done.error()));
    done = once();
  }
  if (!done && done.error().code != Code::not_found)
    return fail(done.error().code, "models '" + path + "': " + done.error().what);
  return done;
}

}  // namespace

SqliteModels::SqliteModels(const std::string& store, const Clock& clock)
    : path_(store + "." + kFile.name), clock_(clock) {}

Result<std::vector<ModelInfo>> SqliteModels::list() {
  using Found = std::vector<ModelInfo>;
  const auto look = [](Connection& connection) -> Result<Found> {
    Found models;
    Statement row = TRY(connection.prepare("SELECT name, version, size FROM model ORDER BY name"));
    while (TRY(row.step()))
      models.push_back({std::string(row.bytes(0)), static_cast<std::uint64_t>(row.integer(1)),
                        static_cast<std::uint64_t>(row.integer(2))});
    return models;
  };
  std::optional<Found> found = TRY(read<Found>(path_, look));
  return found ? std::move(*found) : Found();
}

Result<std::optional<Model>> SqliteModels::get(std::string_view name) {
  TRY(check_model(name));
  const auto look = [&](Connection& connection) -> Result<std::optional<Model>> {
    Statement row = TRY(connection.prepare("SELECT version, size, sum FROM model WHERE name=?1"));
    row.bind_text(1, name);
    if (!TRY(row.step())) return std::nullopt;
    return TRY(read_model(connection, row));
  };
  std::optional<std::optional<Model>> found = TRY(read<std::optional<Model>>(path_, look));
  return found ? std::move(*found) : std::nullopt;
}

Result<std::uint64_t> SqliteModels::put(std::string_view name, std::string_view bytes, std::uint64_t version) {
  TRY(check_model(name, bytes.size(), version));
  return write<std::uint64_t>(path_, FileUse::make, [&](Connection& connection) -> Result<std::uint64_t> {
    TRY(forget(connection, name));
    return add(connection, name, bytes, version, clock_.now());
  });
}

Result<bool> SqliteModels::remove(std::string_view name) {
  TRY(check_model(name));
  Result<bool> removed = write<bool>(path_, FileUse::write, [&](Connection& connection) -> Result<bool> {
    Statement known = TRY(connection.prepare("SELECT 1 FROM model WHERE name=?1"));
    known.bind_text(1, name);
    const bool found = TRY(known.step());
    known.reset();
    TRY(forget(connection, name));
    return found;
  });
  if (!removed && removed.error().code == Code::not_found) return false;
  return removed;
}

}  // namespace maildrop::store::sqlite
