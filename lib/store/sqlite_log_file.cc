/// sqlite_log_file.cc: a VFS that is the default one but for the files of logs.
#include "store/sqlite_log_file.h"

#include <sqlite3.h>

#include <cstddef>
#include <cstring>
#include <new>

namespace maildrop::store::sqlite {

namespace {

constexpr std::size_t kGatheredBytes = 64 * 1024;

/// Bytes that belong at one place of the log, one behind the other.
struct Gathered {
  sqlite3_int64 at = 0;
  std::size_t size = 0;
  char bytes[kGatheredBytes];
};

/// SQLite gives the room for it, and for the file of the default VFS behind it.
struct LogFile {
  sqlite3_file file;   // first: SQLite knows no more of it
  Gathered* gathered;  // from the first write on
};
constexpr std::size_t kInner = (sizeof(LogFile) + 15) / 16 * 16;

sqlite3_vfs* default_vfs() {
  static sqlite3_vfs* const found = sqlite3_vfs_find(nullptr);
  return found;
}

LogFile* log_of(sqlite3_file* file) { return reinterpret_cast<LogFile*>(file); }
sqlite3_file* inner_of(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + kInner);
}
const sqlite3_io_methods& inner_methods(sqlite3_file* file) { return *inner_of(file)->pMethods; }

int write_gathered(sqlite3_file* file) {
  Gathered* gathered = log_of(file)->gathered;
  if (!gathered || gathered->size == 0) return SQLITE_OK;
  const int size = static_cast<int>(gathered->size);
  gathered->size = 0;
  return inner_methods(file).xWrite(inner_of(file), gathered->bytes, size, gathered->at);
}

int close_log(sqlite3_file* file) {
  const int written = write_gathered(file);
  delete log_of(file)->gathered;
  const int closed = inner_methods(file).xClose(inner_of(file));
  return written != SQLITE_OK ? written : closed;
}

int write_log(sqlite3_file* file, const void* bytes, int amount, sqlite3_int64 at) {
  const auto size = static_cast<std::size_t>(amount);
  Gathered*& gathered = log_of(file)->gathered;
  if (!gathered) gathered = new (std::nothrow) Gathered;
  if (gathered && gathered->size != 0) {
    const bool follows = at == gathered->at + static_cast<sqlite3_int64>(gathered->size);
    if (!follows || gathered->size + size > kGatheredBytes) {
      if (const int code = write_gathered(file); code != SQLITE_OK) return code;
    }
  }
  if (!gathered || size > kGatheredBytes) return inner_methods(file).xWrite(inner_of(file), bytes, amount, at);
  if (gathered->size == 0) gathered->at = at;
  std::memcpy(gathered->bytes + gathered->size, bytes, size);
  gathered->size += size;
  return SQLITE_OK;
}

/// Any other call, for which all must be there.
template <auto Method, class... Arguments>
int after_writing(sqlite3_file* file, Arguments... arguments) {
  if (const int code = write_gathered(file); code != SQLITE_OK) return code;
  return (inner_methods(file).*Method)(inner_of(file), arguments...);
}

template <auto Method, class... Arguments>
int passed_on(sqlite3_file* file, Arguments... arguments) {
  return (inner_methods(file).*Method)(inner_of(file), arguments...);
}

using Methods = sqlite3_io_methods;
constexpr Methods kLogMethods{
    .iVersion = 1,  // the rest is of database files
    .xClose = close_log,
    .xRead = after_writing<&Methods::xRead, void*, int, sqlite3_int64>,
    .xWrite = write_log,
    .xTruncate = after_writing<&Methods::xTruncate, sqlite3_int64>,
    .xSync = after_writing<&Methods::xSync, int>,
    .xFileSize = after_writing<&Methods::xFileSize, sqlite3_int64*>,
    .xLock = passed_on<&Methods::xLock, int>,
    .xUnlock = passed_on<&Methods::xUnlock, int>,
    .xCheckReservedLock = passed_on<&Methods::xCheckReservedLock, int*>,
    .xFileControl = passed_on<&Methods::xFileControl, int, void*>,
    .xSectorSize = passed_on<&Methods::xSectorSize>,
    .xDeviceCharacteristics = passed_on<&Methods::xDeviceCharacteristics>,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* const vfs = default_vfs();
  if ((flags & SQLITE_OPEN_WAL) == 0) return vfs->xOpen(vfs, name, file, flags, out_flags);
  *log_of(file) = {};
  sqlite3_file* const inner = inner_of(file);
  inner->pMethods = nullptr;
  const int code = vfs->xOpen(vfs, name, inner, flags, out_flags);
  if (code == SQLITE_OK) {
    file->pMethods = &kLogMethods;
  } else if (inner->pMethods) {
    inner->pMethods->xClose(inner);
  }
  return code;
}

const char* register_vfs() {
  if (!default_vfs()) return nullptr;
  static sqlite3_vfs ours = *default_vfs();
  ours.zName = "maildrop";
  ours.pNext = nullptr;
  ours.szOsFile += static_cast<int>(kInner);
  ours.xOpen = open_file;
  return sqlite3_vfs_register(&ours, 0) == SQLITE_OK ? ours.zName : nullptr;
}

}  // namespace

const char* gathering_vfs() {
  static const char* const name = register_vfs();
  return name;
}

}  // namespace maildrop::store::sqlite
