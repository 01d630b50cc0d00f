/// backends.cc: the table of stores, one line each.
#include "store/backends.h"

#include <utility>

#include "core/text.h"

namespace maildrop::store {

#define MAILDROP_BACKENDS(X) \
  X(sqlite_backend)          \
  X(redis_backend)           \
  X(redis_unix_backend)      \
  X(redis_sentinel_backend)  \
  X(memory_backend)

#define X(kind) extern const BackendKind kind;
MAILDROP_BACKENDS(X)
#undef X

namespace {

Result<const BackendKind*> find(const std::string& url) {
  const std::string_view scheme = std::string_view(url).substr(0, url.find(':'));
  if (scheme.size() == url.size()) return fail(Code::invalid, "store url '" + url + "' has no scheme (sqlite:PATH)");
  std::vector<std::string_view> known;
  for (const BackendKind* kind : backends()) {
    if (kind->scheme == scheme) return kind;
    known.push_back(kind->scheme);
  }
  std::string what = "unknown store '" + std::string(scheme) + ":'";
  if (const std::string_view near = nearest(scheme, known); !near.empty()) {
    what.append(", did you mean '").append(near).append(":'?");
  }
  return fail(Code::invalid, std::move(what));
}

}  // namespace

OpenOptions open_options(const Config& config, std::string url, const Clock& clock) {
  OpenOptions options;
  options.url = std::move(url);
  options.settings = config.store;
  options.redis = config.redis;
  options.inbox = config.inbox;
  options.clock = &clock;
  options.ledger = config.limits.ledger;
  return options;
}

std::span<const BackendKind* const> backends() {
#define X(kind) &kind,
  static constexpr const BackendKind* kTable[] = {MAILDROP_BACKENDS(X)};
#undef X
  return kTable;
}

Result<std::unique_ptr<Store>> open_store(const OpenOptions& options) { return TRY(find(options.url))->open(options); }

Result<void> check_store(const OpenOptions& options, std::span<const pid_t> leaving) {
  return TRY(find(options.url))->check(options, leaving);
}

Result<std::unique_ptr<Feed>> open_feed(const OpenOptions& options) { return TRY(find(options.url))->feed(options); }

Result<std::unique_ptr<Ledger>> open_ledger(const OpenOptions& options) {
  const BackendKind* kind = TRY(find(options.url));
  std::unique_ptr<Ledger> ledger = TRY(kind->ledger(options));
  if (options.role == Role::reader) ledger->only_read();
  return ledger;
}

Result<std::unique_ptr<Statistics>> open_statistics(const OpenOptions& options) {
  return TRY(find(options.url))->statistics(options);
}

}  // namespace maildrop::store
