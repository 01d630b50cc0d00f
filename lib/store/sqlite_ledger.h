/// sqlite_ledger.h: a Ledger in a file beside a SQLite store, for all processes of a machine.
///
/// Of the store at PATH it is PATH.ledger, with PATH.ledger-wal and PATH.ledger-shm (SQLite's own) and
/// PATH.ledger.lock (held while the file is made or put aside). All are 0600, whatever the umask. A reader makes none
/// of them, and a writer makes the first and the last, and puts aside, with OpenOptions::create_missing only: who
/// explains or forgets as root must not leave one that keeps the daemon out.
///
/// Nothing in it is worth waiting for: a commit is not synced, only a checkpoint is (synchronous=NORMAL). What a
/// process has written outlives its end by kill -9, and of a machine that loses its power the last seconds are lost,
/// the rest is whole. A file that is damaged all the same, or another program's, becomes PATH.ledger.damaged, is told
/// of in the log, and a new one is begun.
#pragma once

#include <memory>

#include "store/backends.h"

namespace maildrop::store::sqlite {

/// Opens the file when it is first used, and again when that failed. invalid: no path in the URL.
Result<std::unique_ptr<Ledger>> open_ledger(const OpenOptions& options);

}  // namespace maildrop::store::sqlite
