/// archive_library.h: libarchive, loaded when something is unpacked for the first time.
///
/// Not linked: of what it needs itself (an XML parser, and ICU's tables of 30 MB) a server needs nothing, and a
/// container without it is half as large.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "core/result.h"

namespace maildrop::replay {

#define MAILDROP_ARCHIVE_FUNCTIONS(X)  \
  X(archive_read_new)                  \
  X(archive_read_free)                 \
  X(archive_read_open)                 \
  X(archive_read_next_header)          \
  X(archive_read_data)                 \
  X(archive_filter_count)              \
  X(archive_filter_bytes)              \
  X(archive_error_string)              \
  X(archive_errno)                     \
  X(archive_read_support_filter_gzip)  \
  X(archive_read_support_filter_zstd)  \
  X(archive_read_support_filter_xz)    \
  X(archive_read_support_filter_bzip2) \
  X(archive_read_support_format_raw)   \
  X(archive_read_support_format_empty) \
  X(archive_read_support_format_tar)   \
  X(archive_entry_pathname)            \
  X(archive_entry_pathname_utf8)       \
  X(archive_entry_filetype)            \
  X(archive_entry_hardlink)

/// Its functions, by their names.
struct ArchiveLibrary {
#define X(function) decltype(&::function) function = nullptr;
  MAILDROP_ARCHIVE_FUNCTIONS(X)
#undef X
};

/// The one of this process; stays loaded. Thread-safe.
///   unavailable  it is not installed
Result<const ArchiveLibrary*> archive_library();

}  // namespace maildrop::replay
