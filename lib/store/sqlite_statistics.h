/// sqlite_statistics.h: Statistics in a file beside a SQLite store, for all processes of a machine.
///
/// Of the store at PATH it is PATH.statistics, with SQLite's own PATH.statistics-wal and PATH.statistics-shm, and
/// PATH.statistics.lock: made, put aside and synced as the ledger's file is (sqlite_ledger.h), and apart from it, so
/// that what is worth keeping for years does not go with what is worth nothing after a month.
#pragma once

#include <memory>

#include "store/backends.h"

namespace maildrop::store::sqlite {

/// Opens the file when it is first used, and again when that failed. invalid: no path in the URL. To a reader a file
/// that is not there yet is one in which nothing was counted.
Result<std::unique_ptr<Statistics>> open_statistics(const OpenOptions& options);

}  // namespace maildrop::store::sqlite
