/// sqlite_log_file.h: how a writer writes its write-ahead log. SQLite makes two system calls for each page of it, of
/// which each touches pages of the kernel's anew; with a VFS of ours they are gathered, and written when the log is
/// synced: a call for fifteen pages.
#pragma once

namespace maildrop::store::sqlite {

/// The name of that VFS for sqlite3_open_v2(), registered at the first call; nullptr (the default) where it cannot be.
/// Thread-safe.
///
/// What is gathered is written before the log is synced, read, cut or measured by the same connection, and in the order
/// in which it came. Others see it then: so the connection must sync at each commit (PRAGMA synchronous=FULL), since
/// SQLite tells of a commit right afterwards. An error of such a write is an error of the call that brought it about,
/// and what was gathered is gone, with the transaction that fails by it.
const char* gathering_vfs();

}  // namespace maildrop::store::sqlite
