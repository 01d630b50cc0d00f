/// redis_ledger_script.cc: the rules of ledger_rules.cc in Lua, and the keeping of records.
///
/// PREFIXledger, a hash, has for each key `kind until a b c value` (LedgerRecord); PREFIXledger:used has the keys by
/// the order in which they were written, PREFIXledger:due by when they expire. Not one key each with an expiry of its
/// own: nobody could say how many there are, or which was used longest ago.
///
/// Arguments: PREFIX now most steps (kind key x y z value)... (LedgerTask). Answers: how many records there are, how
/// many of them expired and were evicted, and then one list for each operation, see redis_ledger.cc.
#include "store/redis_scripts.h"

namespace maildrop::store::redis {

const std::string_view kLedgerScript = R"lua(
local call = redis.call
local RECORDS = ARGV[1] .. 'ledger'
local USED, DUE = RECORDS .. ':used', RECORDS .. ':due'
local now, most, steps = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local NOTE, SUM, BUCKET = 1, 2, 3
local PARTS, LARGEST, MICROS = 4096, 1000000000000, 1000
local floor, ceil = math.floor, math.ceil
local used

local function clamp(number, least, greatest) return math.max(least, math.min(number, greatest)) end

local function read(key, kind)
  local text = call('HGET', RECORDS, key)
  if not text then return nil end
  local its, till, a, b, c, value = string.match(text, '^(%d) (%d+) (%d+) (%-?%d+) (%-?%d+) (.*)$')
  if tonumber(its) ~= kind or tonumber(till) <= now then return nil end
  return {till = tonumber(till), a = tonumber(a), b = tonumber(b), c = tonumber(c), value = value}
end

local function write(key, kind, till, a, b, c, value)
  if not used then used = tonumber(call('ZREVRANGE', USED, 0, 0, 'WITHSCORES')[2] or 0) end
  used = used + 1
  call('HSET', RECORDS, key, string.format('%d %.0f %.0f %.0f %.0f %s', kind, till, a, b, c, '') .. value)
  call('ZADD', USED, used, key)
  call('ZADD', DUE, till, key)
end

local function erase(key)
  call('HDEL', RECORDS, key)
  call('ZREM', USED, key)
  call('ZREM', DUE, key)
end

local function keep(kind, key, lifetime, value)
  local record = read(key, NOTE)
  if kind == 'put' or (kind == 'note' and not record) then
    write(key, NOTE, now + lifetime, now, 0, 0, value)
  elseif kind == 'remove' and record then
    erase(key)
  end
  if not record then return {} end
  return {record.a, record.till, record.value}
end

local function add(key, amount, window)
  local start = now - now % window
  local record = read(key, SUM)
  if not record or record.till - record.a ~= 2 * window then record = {a = start, b = 0, c = 0} end
  if record.a < start then
    record.c = start - record.a == window and record.b or 0
    record.b = 0
  end
  local sum = clamp(record.b + amount, -LARGEST, LARGEST)
  if amount ~= 0 then write(key, SUM, start + 2 * window, start, sum, record.c, '') end
  local share = floor((window - (now - start)) * PARTS / window)
  return {sum + floor(record.c * share / PARTS), sum}
end

local function take(key, cost, time, burst)
  local at = now * MICROS
  local empty = at + burst * time
  local record = read(key, BUCKET)
  local full = clamp(record and record.a or at, at, empty)
  local next = full + cost * time
  local granted = next <= empty
  local after = granted and next or full
  if cost ~= 0 then write(key, BUCKET, ceil(after / MICROS), after, 0, 0, '') end
  return {granted and 1 or 0, granted and 0 or ceil((next - empty) / MICROS), floor((empty - after) / time)}
end

local answers = {0, 0, 0}
for i = 5, #ARGV, 6 do
  local kind, key, x, y, z = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4])
  if kind == 'add' then
    answers[#answers + 1] = add(key, x, y)
  elseif kind == 'take' then
    answers[#answers + 1] = take(key, x, y, z)
  else
    answers[#answers + 1] = keep(kind, key, x, ARGV[i + 5])
  end
end

-- What has expired, then what was used longest ago.
if used then
  local expired = call('ZRANGEBYSCORE', DUE, '-inf', now, 'LIMIT', 0, steps)
  for _, key in ipairs(expired) do erase(key) end
  answers[2] = #expired
  local surplus = math.min(call('HLEN', RECORDS) - most, steps - #expired)
  if surplus > 0 then
    for _, key in ipairs(call('ZRANGE', USED, 0, surplus - 1)) do erase(key) end
    answers[3] = surplus
  end
end
answers[1] = call('HLEN', RECORDS)
return answers
)lua";

}  // namespace maildrop::store::redis
