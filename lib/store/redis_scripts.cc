/// redis_scripts.cc: the Lua. Nothing in an error text is a sender's (CVE-2025-67733).
#include "store/redis_scripts.h"

#include <iterator>

namespace maildrop::store::redis {

namespace {

/// The overheads are about what Redis 7.0 with jemalloc takes beside the bytes themselves: redis_store_test compares.
/// What can be refused comes before the first write, since Redis takes back nothing: PUBLISH, which needs a right of
/// its own, and by its first write the whole script where memory is out. Nobody hears the news before the script has
/// ended.
constexpr std::string_view kCommon = R"lua(
local call = redis.call
local prefix = ARGV[1]
local LAST, TOTAL, TRASH, NEWS = prefix .. 'last', prefix .. 'total', prefix .. 'trash', prefix .. 'news'
local SOURCES = prefix .. 'sources'
local ENTRY, BODY, INBOX, SOURCE, WEIGHT, ID, VERSION = 16, 256, 192, 160, 100, 26, 4
local messages, bytes = 0, 0
local weights = {}  -- that are added, by source

local function list_of(name) return prefix .. '{' .. name .. '}' end
local function body_of(entry) return prefix .. 'body:' .. string.sub(entry, 1, ID) end
-- 't' is there in an older maildrop's mail.
local function body_size(body) return BODY + call('HSTRLEN', body, 'd') + call('HSTRLEN', body, 't') end
local function inbox_size(name) return INBOX + 2 * #name end
local function weigh(source, by) weights[source] = (weights[source] or 0) + by end

-- The entry is in no list any more.
local function drop(entry)
  messages = messages - 1
  bytes = bytes - ENTRY - #entry
  local body = body_of(entry)
  local known = call('HMGET', body, 'n', 'w')
  if not known[1] then return end
  if tonumber(known[1]) > 1 then
    call('HINCRBY', body, 'n', -1)
    return
  end
  bytes = bytes - body_size(body)
  call('UNLINK', body)
  if not known[2] then return end
  bytes = bytes - WEIGHT
  local weight, source = string.match(known[2], '^(%d+) (.*)')
  weigh(source, -tonumber(weight))
end

-- Removes at most `most` entries, the oldest first; how many there were.
local function drain(list, most)
  local count = 0
  while count < most do
    local entry = call('RPOP', list)
    if not entry then break end
    drop(entry)
    count = count + 1
  end
  return count
end

-- Whether all in it has expired, and when it last received.
local function expired(name, floor)
  local last = call('ZSCORE', LAST, name)
  return last and tonumber(last) <= floor, last
end

-- An inbox without messages goes: nobody can tell it from one that never was.
local function close_if_empty(name, list)
  if call('EXISTS', list) == 1 then return end
  call('ZREM', LAST, name)
  bytes = bytes - inbox_size(name)
end

local function count()
  for source, by in pairs(weights) do
    local holds = by ~= 0 and tonumber(call('ZINCRBY', SOURCES, by, source))
    if holds == by then bytes = bytes + SOURCE end
    if holds and holds <= 0 then
      call('ZREM', SOURCES, source)
      bytes = bytes - SOURCE
    end
  end
  if messages ~= 0 then call('HINCRBY', TOTAL, 'messages', messages) end
  if bytes ~= 0 then call('HINCRBY', TOTAL, 'bytes', bytes) end
end
)lua";

constexpr std::string_view kPut = R"lua(
local id, arrived, floor, most = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local most_bytes, room = tonumber(ARGV[6]), tonumber(ARGV[7])
local source, weight, form, data = ARGV[8], tonumber(ARGV[9]), ARGV[10], ARGV[11]
local restored = ARGV[12] == '1'
local DIRECT = 64  -- a cap that was lowered by more leaves what is too much to purge
local body = prefix .. 'body:' .. id
local body_known = call('EXISTS', body) == 1
local targets = {}
local need = 0
if not body_known then need = BODY + #data end

local function holds(list)
  if not body_known then return false end
  for _, entry in ipairs(call('LRANGE', list, 0, most - 1)) do
    if string.sub(entry, 1, ID) == id then return true end
  end
  return false
end

for i = 13, #ARGV, 2 do
  local target = {name = ARGV[i], list = list_of(ARGV[i]), entry = id .. ARGV[i + 1]}
  target.expired, target.last = expired(target.name, floor)
  if target.expired or not holds(target.list) then
    targets[#targets + 1] = target
    need = need + ENTRY + #target.entry
    if not target.last then need = need + inbox_size(target.name) end
  end
end

-- What the caps will take out does not count. Who holds what is asked only where one could hold too much.
local used = tonumber(call('HGET', TOTAL, 'bytes') or 0)
local free = room - used
if need > free then return 0 end
if not restored and need > 0 and used + 2 * need > free and tonumber(call('ZSCORE', SOURCES, source) or 0) + 2 * need > free then
  return -1
end

-- Of an entry the bytes of its message: the second number of packed_summary.h.
local function size_of(entry)
  local at, size, scale = ID + 2, 0, 1
  while string.byte(entry, at) >= 128 do at = at + 1 end
  repeat
    at = at + 1
    local byte = string.byte(entry, at)
    size = size + byte % 128 * scale
    scale = scale * 128
  until byte < 128
  return size
end

-- The oldest that are too much by their bytes; the newest stays.
local function shrink(list)
  local sum, entries = 0, call('LRANGE', list, 0, -1)
  for at, entry in ipairs(entries) do
    sum = sum + size_of(entry)
    if at > 1 and sum > most_bytes then return drain(list, #entries - at + 1) end
  end
end

local function throw_away(list)
  local trash = prefix .. 'trash:' .. call('HINCRBY', TOTAL, 'trash', 1)
  call('RENAME', list, trash)
  call('RPUSH', TRASH, trash)
  return trash
end

for _, target in ipairs(targets) do call('PUBLISH', NEWS, target.name) end
call('HSET', TOTAL, 'version', VERSION)
if #targets > 0 then
  if body_known then
    call('HINCRBY', body, 'n', #targets)
  else
    call('HSET', body, 'd', data, 'z', form, 'n', #targets)
    bytes = bytes + BODY + #data
    if weight > 0 then
      call('HSET', body, 'w', weight .. ' ' .. source)
      weigh(source, weight)
      bytes = bytes + WEIGHT
    end
  end
end
for _, target in ipairs(targets) do
  local list = target.list
  if target.expired and call('EXISTS', list) == 1 then throw_away(list) end
  local length = call('LPUSH', list, target.entry)
  if length > most + DIRECT then
    local kept = call('LRANGE', list, 0, most - 1)
    call('LTRIM', throw_away(list), most, -1)
    for at = 1, #kept, 1000 do call('RPUSH', list, unpack(kept, at, math.min(at + 999, #kept))) end
  elseif length > most then
    drain(list, length - most)
  end
  if most_bytes > 0 then shrink(list) end
  local last = restored and tonumber(target.last) or arrived
  call('ZADD', LAST, math.max(last, arrived), target.name)
  if not target.last then bytes = bytes + inbox_size(target.name) end
  messages = messages + 1
  bytes = bytes + ENTRY + #target.entry
end
count()
return 1
)lua";

constexpr std::string_view kRemove = R"lua(
local id, floor, most, name = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
if expired(name, floor) then return 0 end
local list = list_of(name)
for _, entry in ipairs(call('LRANGE', list, 0, most - 1)) do
  if string.sub(entry, 1, ID) == id then
    call('PUBLISH', NEWS, name)
    call('LREM', list, 1, entry)
    drop(entry)
    close_if_empty(name, list)
    count()
    return 1
  end
end
return 0
)lua";

constexpr std::string_view kEvict = R"lua(
local evicted = 0
for i = 2, #ARGV, 2 do
  local name, entry = ARGV[i], ARGV[i + 1]
  local list = list_of(name)
  if call('LREM', list, -1, entry) == 1 then
    drop(entry)
    close_if_empty(name, list)
    evicted = evicted + 1
  end
end
count()
return evicted
)lua";

constexpr std::string_view kTake = R"lua(
local taken, told = 0, {}
for i = 2, #ARGV, 2 do
  if not told[ARGV[i]] then call('PUBLISH', NEWS, ARGV[i]) end
  told[ARGV[i]] = true
end
for i = 2, #ARGV, 2 do
  local name, entry = ARGV[i], ARGV[i + 1]
  local list = list_of(name)
  if call('LREM', list, 1, entry) == 1 then
    drop(entry)
    close_if_empty(name, list)
    taken = taken + 1
  end
end
count()
return taken
)lua";

constexpr std::string_view kPurge = R"lua(
local floor, most = ARGV[2], tonumber(ARGV[3])
local removed, steps = 0, most  -- an inbox without messages is a step, too
local more = 0
while true do
  local trash = call('LINDEX', TRASH, 0)
  if not trash then break end
  if steps == 0 then more = 1 break end
  local dropped = drain(trash, steps)
  removed = removed + dropped
  steps = steps - math.max(dropped, 1)
  if call('EXISTS', trash) == 0 then call('LPOP', TRASH) end
end

while more == 0 do
  local name = call('ZRANGEBYSCORE', LAST, '-inf', floor, 'LIMIT', 0, 1)[1]
  if not name then break end
  if steps == 0 then more = 1 break end
  local dropped = drain(list_of(name), steps)
  removed = removed + dropped
  steps = steps - math.max(dropped, 1)
  close_if_empty(name, list_of(name))
end
count()
return {removed, more, tonumber(call('HGET', TOTAL, 'bytes') or 0)}
)lua";

}  // namespace

const std::array<std::string, kScripts>& script_texts() {
  static const std::array<std::string, kScripts> texts = [] {
    std::array<std::string, kScripts> made;
    const std::string_view own[] = {kPut, kRemove, kPurge, kEvict, kTake};
    for (std::size_t i = 0; i < std::size(own); ++i) made[i].append(kCommon).append(own[i]);
    made[static_cast<std::size_t>(Script::ledger)] = kLedgerScript;
    made[static_cast<std::size_t>(Script::statistics)] = kStatisticsScript;
    made[static_cast<std::size_t>(Script::models)] = kModelsScript;
    return made;
  }();
  return texts;
}

}  // namespace maildrop::store::redis
