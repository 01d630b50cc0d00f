/// sqlite_side_file.h: a file beside the store, which is worth less than mail: made by whoever comes first, and put
/// aside when it is damaged.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "core/result.h"
#include "store/sqlite_connection.h"

namespace maildrop::store::sqlite {

/// What is in it: of the store at PATH it is PATH.NAME.
struct SideFile {
  const char* name;      // `ledger`
  std::int64_t id;       // PRAGMA application_id
  std::int64_t version;  // of its tables
  const char* schema;
};

/// Which file it is, under whatever name; all zero: none.
struct Identity {
  dev_t device = 0;
  ino_t number = 0;
  friend bool operator==(const Identity&, const Identity&) = default;
};

Identity identity_of(const std::string& path);

/// Who makes it makes a new one of one that is damaged, too. Who writes may be another user than who made it: the
/// file's owner and mode stay, and SQLite gives its own files the same.
enum class FileUse { make, write, read };

/// One with its tables. To be read it is as of now: what is written later it may not see, or take for
/// damage.
///   not_found  there is none, or an empty one, and it is not to be made
///   corrupt    it is something else
Result<Connection> open_side_file(const SideFile& kind, const std::string& path, FileUse use);

/// What can be mended by beginning anew: SQLite has no other word for tables that are not what they should be.
inline bool is_damage(const Error& error) { return error.code == Code::corrupt || error.code == Code::internal; }

/// Renames the file to PATH.damaged, for the reason `why`, and makes a new one. Unless another process has done so
/// since: what lies there now is not the file that was `seen` to be damaged. REQUIRES: it is not open here.
Result<void> put_aside(const SideFile& kind, const std::string& path, const Identity& seen, const Error& why);

}  // namespace maildrop::store::sqlite
