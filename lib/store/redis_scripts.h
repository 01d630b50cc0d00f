/// redis_scripts.h: what the server does in one step each, in Lua, and the keys it is done with. With PREFIX of
/// redis.prefix, all of one server (no Redis Cluster: a delivery is for several inboxes, and counts):
///
/// - `PREFIX{NAME}`, a list: the messages of an inbox, newest first, each its id and its summary (packed_summary.h).
/// - `PREFIXbody:ID`, a hash: `d` message, transcript and verdicts and `z` their form (packed_body.h), `t` the
///   transcript of an older maildrop's mail, `n` how many inboxes show it, and of those that are in the sample of who
///   holds what (fair_share.h), `w` its weight and, after a space, its source.
/// - `PREFIXlast`, a sorted set: each inbox by when it last received, in milliseconds.
/// - `PREFIXsources`, a sorted set: each source by what it holds, as the sample says, in bytes.
/// - `PREFIXtotal`, a hash: `version` of all this, `messages`, `bytes` (with an estimate of what Redis takes beside),
///   `trash`, how many lists were thrown away.
/// - `PREFIXtrash`, a list of names `PREFIXtrash:NUMBER`, of lists whose messages nobody sees any more.
/// - `PREFIXprobe`: whether it can be written.
/// - `PREFIXledger`, a hash, `PREFIXledger:due`, `PREFIXledger:spaces` and, for each space, `PREFIXledger:used:SPACE`,
///   sorted sets: the Ledger (ledger.h), see redis_ledger_script.cc.
/// - `PREFIXstatistics:HOUR`, `PREFIXstatistics:total`, hashes, `PREFIXstatistics:since` and
/// `PREFIXstatistics:by:WRITER`:
///   the Statistics (statistics.h), see redis_statistics_script.cc.
/// - `PREFIXmodels:{models}:index`, a hash, `PREFIXmodels:{models}:last` and `PREFIXmodels:{models}:NAME:TOKEN:N`:
///   the models (models.h), see redis_models_script.cc.
/// - `PREFIXnews`, a channel: the name of an inbox that receives, or that a reader removes from.
///
/// A message that is out of its inbox at once but too many to be removed in one step goes by the trash. Times and caps
/// are the caller's, so the clocks and caps of machines that share a server must agree: what last received at or before
/// FLOOR (a time, too) has expired.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace maildrop::store::redis {

inline constexpr int kVersion =
    4;  // of all that; redis_scripts.cc writes it. 1 had no sample, 2 plain mail, 3 no parts
inline constexpr std::size_t kId = 26;  // bytes of an id, at the begin of an entry

/// Arguments, and what comes back; NAMEs are of inboxes.
enum class Script {
  // PREFIX id now FLOOR max_messages inbox.max_size store.max_size SOURCE weight form data (NAME summary)...
  // -> 1, or 0: there is no room, -1: none for that source.
  put,
  remove,      // PREFIX id FLOOR max_messages NAME -> 1, or 0: there was none
  purge,       // PREFIX FLOOR most -> removed, 1: there is more, and the bytes of the store
  evict,       // PREFIX (NAME entry)... -> removed
  take,        // the same by an operator's hand, so the readers hear of it
  ledger,      // see redis_ledger_script.cc
  statistics,  // see redis_statistics_script.cc
  models,      // see redis_models_script.cc
};
inline constexpr std::size_t kScripts = 8;

extern const std::string_view kLedgerScript;
extern const std::string_view kStatisticsScript;
extern const std::string_view kModelsScript;

/// In the order of Script.
const std::array<std::string, kScripts>& script_texts();

}  // namespace maildrop::store::redis
