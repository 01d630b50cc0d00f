/// sqlite_feed.h: news of a SQLite store, whichever process committed.
#pragma once

#include <memory>

#include "store/backends.h"

namespace maildrop::store::sqlite {

Result<std::unique_ptr<Feed>> open_feed(const OpenOptions& options);

}  // namespace maildrop::store::sqlite
