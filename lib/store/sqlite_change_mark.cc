/// sqlite_change_mark.cc: SQLite's own mapping of PATH-shm, had from it by its interface for file systems. One of ours
/// would do as well until it is closed: all locks of the process on that file would be gone with it.
#include "store/sqlite_change_mark.h"

#include <sqlite3.h>

#include <atomic>
#include <cstdint>

#include "store/sqlite_file.h"

namespace maildrop::store::sqlite {

namespace {

constexpr int kRegion = 32 * 1024;  // bytes; SQLite maps so much at a time, and takes no other number
using Word = const volatile std::uint64_t;

ChangeMark copy_of(Word* words) {
  ChangeMark copy;
  for (std::uint64_t& each : copy) each = *words++;
  return copy;
}

}  // namespace

Result<std::unique_ptr<const WalIndex>> WalIndex::open(const std::string& path,
                                                       std::chrono::milliseconds busy_timeout) {
  Connection connection = TRY(open_again(path, busy_timeout));
  sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);  // as all readers
  TRY(connection.number("SELECT count(*) FROM sqlite_schema"));  // the first read is what maps it
  sqlite3_file* file = nullptr;
  const int code = sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (code != SQLITE_OK) return tl::unexpected(connection.error(code));
  volatile void* head = nullptr;
  const bool has_memory = file->pMethods && file->pMethods->iVersion >= 2 && file->pMethods->xShmMap;
  if (!has_memory || file->pMethods->xShmMap(file, 0, kRegion, 0, &head) != SQLITE_OK || !head)
    return fail(Code::unavailable, "store '" + path + "' has no index of its log in shared memory");
  return std::unique_ptr<const WalIndex>(new WalIndex(std::move(connection), head));
}

/// As SQLite's own readers do: whoever writes begins with the second copy, so the first is read first.
std::optional<ChangeMark> WalIndex::mark() const {
  Word* const words = static_cast<Word*>(head_);
  const ChangeMark first = copy_of(words);
  std::atomic_thread_fence(std::memory_order_acquire);
  if (first != copy_of(words + first.size())) return std::nullopt;
  return first;
}

}  // namespace maildrop::store::sqlite
