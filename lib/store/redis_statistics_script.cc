/// redis_statistics_script.cc: adding to all series in one step, and once.
///
/// PREFIXstatistics:HOUR, a hash, has the series of an hour and what they have, for as long as the caller keeps hours
/// (less by what the hour is older than the newest of its batch: who is too old goes at once);
/// PREFIXstatistics:total, a hash, the same since PREFIXstatistics:since, in milliseconds. PREFIXstatistics:by:WRITER
/// is the number of the last batch that a writer added, for a day: a batch of that number was added, though its answer
/// may have been lost.
///
/// Arguments: PREFIX WRITER number now SECONDS most (hour series n)...; SECONDS: that an hour is kept. Answers OK, or
/// nothing: it was added before.
#include "store/redis_scripts.h"

namespace maildrop::store::redis {

const std::string_view kStatisticsScript = R"lua(
local call = redis.call
local base = ARGV[1] .. 'statistics:'
local writer, number, most = base .. 'by:' .. ARGV[2], ARGV[3], tonumber(ARGV[6])
local DAY = 86400

local function add(key, series, n)
  if call('HEXISTS', key, series) == 0 and call('HLEN', key) + 1 >= most then series = 'other' end
  call('HINCRBY', key, series, n)
end

if tonumber(call('GET', writer) or 0) >= tonumber(number) then return false end
call('SET', writer, number, 'EX', DAY)
call('SETNX', base .. 'since', ARGV[4])
local newest = tonumber(ARGV[7] or 0)
for i = 7, #ARGV, 3 do newest = math.max(newest, tonumber(ARGV[i])) end
for i = 7, #ARGV, 3 do
  add(base .. ARGV[i], ARGV[i + 1], ARGV[i + 2])
  call('EXPIRE', base .. ARGV[i], ARGV[5] - 3600 * (newest - ARGV[i]))
  add(base .. 'total', ARGV[i + 1], ARGV[i + 2])
end
return redis.status_reply('OK')
)lua";

}  // namespace maildrop::store::redis
