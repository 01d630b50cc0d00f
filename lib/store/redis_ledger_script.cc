/// redis_ledger_script.cc: the rules of ledger_rules.cc in Lua, and the keeping of records.
///
/// PREFIXledger, a hash, has for each key `kind until a b c value` (LedgerRecord); PREFIXledger:used:SPACE has those of
/// a space by the order in which they were written, PREFIXledger:spaces the spaces by how many that are, and
/// PREFIXledger:due all keys by when they expire. Not one key each with an expiry of its own: nobody could say how many
/// there are, or which was used longest ago.
///
/// All of it is dropped, and begun anew, where PREFIXledger:used is, in which an older maildrop had the order of all
/// spaces together; and where there are too many records, but in no space, since somebody removed a key. Nothing in a
/// ledger is worth what would mend it. A batch that only asks has no steps: it finds nothing where the first is so, and
/// leaves it.
///
/// Arguments: PREFIX now most steps (kind key x y z value)... (LedgerTask). Answers: how many records there are, how
/// many of them expired and were evicted, and then one list for each operation, see redis_ledger.cc.
#include "store/redis_scripts.h"

namespace maildrop::store::redis {

const std::string_view kLedgerScript = R"lua(
local call = redis.call
local RECORDS = ARGV[1] .. 'ledger'
local USED, DUE, SPACES = RECORDS .. ':used', RECORDS .. ':due', RECORDS .. ':spaces'
local now, most, steps = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local NOTE, SUM, BUCKET = 1, 2, 3
local PARTS, LARGEST, MICROS = 4096, 1000000000000, 1000
local TOP = 16 -- spaces that are looked at in one go
local floor, ceil = math.floor, math.ceil
local old = call('EXISTS', USED) == 1
local used = {} -- the last number in each space that this batch has to do with

local function clamp(number, least, greatest) return math.max(least, math.min(number, greatest)) end

local function read(key, kind)
  local text = not old and call('HGET', RECORDS, key)
  if not text then return nil end
  local its, till, a, b, c, value = string.match(text, '^(%d) (%d+) (%d+) (%-?%d+) (%-?%d+) (.*)$')
  if tonumber(its) ~= kind or tonumber(till) <= now then return nil end
  return {till = tonumber(till), a = tonumber(a), b = tonumber(b), c = tonumber(c), value = value}
end

local function space_of(key)
  local space = string.match(key, '^[^:#]*')
  local of = USED .. ':' .. space
  used[space] = used[space] or tonumber(call('ZREVRANGE', of, 0, 0, 'WITHSCORES')[2] or 0)
  return space, of
end

local function write(key, kind, till, a, b, c, value)
  local space, of = space_of(key)
  used[space] = used[space] + 1
  call('HSET', RECORDS, key, string.format('%d %.0f %.0f %.0f %.0f %s', kind, till, a, b, c, '') .. value)
  call('ZADD', of, used[space], key)
  call('ZADD', DUE, till, key)
end

local function erase(key)
  local space, of = space_of(key)
  call('HDEL', RECORDS, key)
  call('ZREM', of, key)
  call('ZREM', DUE, key)
end

local function settle(space)
  local size = call('ZCARD', USED .. ':' .. space)
  if size > 0 then call('ZADD', SPACES, size, space) else call('ZREM', SPACES, space) end
end

local function drop()
  for _, space in ipairs(call('ZRANGE', SPACES, 0, -1)) do call('UNLINK', USED .. ':' .. space) end
  call('UNLINK', RECORDS, DUE, SPACES, USED)
end

-- What the largest spaces, which hold as many, used longest ago: until they hold what the next one does, but no more
-- than `most` in all. Answers how many.
local function evict(most)
  local top = call('ZREVRANGE', SPACES, 0, TOP - 1, 'WITHSCORES')
  if #top == 0 then
    drop()
    return most
  end
  local size, equal = top[2], 1
  while top[2 * equal + 2] == size do equal = equal + 1 end
  local below = top[2 * equal + 2] or (equal == TOP and size - 1 or 0)
  local each = clamp(floor(most / equal), 1, size - below)
  local done = 0
  for i = 1, math.min(equal, most) do
    local space = top[2 * i - 1]
    local keys = call('ZRANGE', USED .. ':' .. space, 0, each - 1)
    for _, key in ipairs(keys) do erase(key) end
    settle(space)
    done = done + #keys
  end
  return done
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

if old and steps > 0 then
  drop()
  old = false
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

-- What has expired, then what is too many.
if next(used) then
  local expired = call('ZRANGEBYSCORE', DUE, '-inf', now, 'LIMIT', 0, steps)
  for _, key in ipairs(expired) do erase(key) end
  answers[2] = #expired
  for space in pairs(used) do settle(space) end
  local surplus = math.min(call('HLEN', RECORDS) - most, steps - #expired)
  while answers[3] < surplus do answers[3] = answers[3] + evict(surplus - answers[3]) end
end
answers[1] = call('HLEN', RECORDS)
return answers
)lua";

}  // namespace maildrop::store::redis
