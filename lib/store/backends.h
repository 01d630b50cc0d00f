/// backends.h: the table of stores, by the scheme of `store.url`.
#pragma once

#include <sys/types.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "store/feed.h"
#include "store/ledger.h"
#include "store/statistics.h"
#include "store/store.h"

namespace maildrop::store {

/// How a process means to use the store.
enum class Role {
  writer,  // the one process that delivers; opening fails with unavailable while another does
  reader,  // reads; removals are handed to the writer, or done under its lock when there is none. Of ledger and
           // statistics: reads
};

struct OpenOptions {
  std::string url;  // resolved (config.h resolve_store_url)
  Role role = Role::reader;
  StoreSettings settings;
  RedisSettings redis;
  InboxSettings inbox;
  const Clock* clock = nullptr;  // outlives the store
  /// A reader that finds no store makes an empty one, or waits for the writer to: it may be started first. Of ledger
  /// and statistics: a writer makes the file where there is none, and a new one in place of one that is damaged.
  bool create_missing = false;
  std::size_t ledger = 100000;  // limits.ledger
};

/// What a configuration says of the store at `url`, for a reader.
OpenOptions open_options(const Config& config, std::string url, const Clock& clock);

struct BackendKind {
  std::string_view scheme;  // `sqlite`
  std::string_view summary;
  Result<std::unique_ptr<Store>> (*open)(const OpenOptions&);
  Result<void> (*check)(const OpenOptions&, std::span<const pid_t> leaving);
  Result<std::unique_ptr<Feed>> (*feed)(const OpenOptions&);
  Result<std::unique_ptr<Ledger>> (*ledger)(const OpenOptions&);
  Result<std::unique_ptr<Statistics>> (*statistics)(const OpenOptions&);
};

std::span<const BackendKind* const> backends();

/// invalid for an unknown scheme (names the nearest); not_found when a reader finds no store there.
Result<std::unique_ptr<Store>> open_store(const OpenOptions& options);
/// Whether open_store() can be expected to succeed when the processes `leaving` have ended (0: one of a pid namespace
/// that is not ours), as far as can be told without changing anything. Errors as of open_store().
Result<void> check_store(const OpenOptions& options, std::span<const pid_t> leaving);
Result<std::unique_ptr<Feed>> open_feed(const OpenOptions& options);
/// Of the store at the same URL, which need not be there. Whatever is wrong with it but the URL, its run() says. A
/// reader's changes nothing, and leaves no file that was not there.
Result<std::unique_ptr<Ledger>> open_ledger(const OpenOptions& options);
/// The same for statistics: what is wrong, add() and read() say, and a reader, whose add() must not be called, finds
/// nothing counted where there is none yet.
Result<std::unique_ptr<Statistics>> open_statistics(const OpenOptions& options);

}  // namespace maildrop::store
