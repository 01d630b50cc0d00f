/// redis_scripts.cc: the Lua. Nothing in an error text is a sender's (CVE-2025-67733).
#include "store/redis_scripts.h"

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
local ENTRY, BODY, INBOX, ID, VERSION = 16, 256, 192, 26, 1
local messages, bytes = 0, 0

local function list_of(name) return prefix .. '{' .. name .. '}' end
local function body_of(entry) return prefix .. 'body:' .. string.sub(entry, 1, ID) end
local function body_size(body) return BODY + call('HSTRLEN', body, 'd') + call('HSTRLEN', body, 't') end
local function inbox_size(name) return INBOX + 2 * #name end

-- The entry is in no list any more.
local function drop(entry)
  messages = messages - 1
  bytes = bytes - ENTRY - #entry
  local body = body_of(entry)
  if call('EXISTS', body) == 0 or call('HINCRBY', body, 'n', -1) > 0 then return end
  bytes = bytes - body_size(body)
  call('UNLINK', body)
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

local function count()
  if messages ~= 0 then call('HINCRBY', TOTAL, 'messages', messages) end
  if bytes ~= 0 then call('HINCRBY', TOTAL, 'bytes', bytes) end
end
)lua";

constexpr std::string_view kPut = R"lua(
local id, now, floor, most, room = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local data, transcript = ARGV[7], ARGV[8]
local DIRECT = 64  -- a cap that was lowered by more leaves what is too much to purge
local body = prefix .. 'body:' .. id
local body_known = call('EXISTS', body) == 1
local targets = {}
local need, freed = 0, 0
if not body_known then need = BODY + #data + #transcript end

local function holds(list)
  if not body_known then return false end
  for _, entry in ipairs(call('LRANGE', list, 0, most - 1)) do
    if string.sub(entry, 1, ID) == id then return true end
  end
  return false
end

for i = 9, #ARGV, 2 do
  local target = {name = ARGV[i], list = list_of(ARGV[i]), entry = id .. ARGV[i + 1]}
  target.expired, target.last = expired(target.name, floor)
  if target.expired or not holds(target.list) then
    targets[#targets + 1] = target
    need = need + ENTRY + #target.entry
    if not target.last then need = need + inbox_size(target.name) end
  end
end

-- What the caps will take out counts, so that a full store still turns over.
local used = tonumber(call('HGET', TOTAL, 'bytes') or 0)
if used + need > room then
  for _, target in ipairs(targets) do
    local oldest = not target.expired and call('LINDEX', target.list, most - 1)
    if oldest then
      freed = freed + ENTRY + #oldest
      if call('HGET', body_of(oldest), 'n') == '1' then freed = freed + body_size(body_of(oldest)) end
    end
  end
  if used + need > room + freed then return 0 end
end

local function throw_away(list)
  local trash = prefix .. 'trash:' .. call('HINCRBY', TOTAL, 'trash', 1)
  call('RENAME', list, trash)
  call('RPUSH', TRASH, trash)
  return trash
end

for _, target in ipairs(targets) do call('PUBLISH', NEWS, target.name) end
call('HSETNX', TOTAL, 'version', VERSION)
if #targets > 0 then
  if not body_known then
    call('HSET', body, 'd', data, 't', transcript, 'n', #targets)
    bytes = bytes + BODY + #data + #transcript
  else
    call('HINCRBY', body, 'n', #targets)
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
  call('ZADD', LAST, now, target.name)
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
    count()
    return 1
  end
end
return 0
)lua";

constexpr std::string_view kPurge = R"lua(
local floor, most = tonumber(ARGV[2]), tonumber(ARGV[3])
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
  local list = list_of(name)
  local dropped = drain(list, steps)
  removed = removed + dropped
  steps = steps - math.max(dropped, 1)
  if call('EXISTS', list) == 0 then
    call('ZREM', LAST, name)
    bytes = bytes - inbox_size(name)
  end
end
count()
return {removed, more}
)lua";

}  // namespace

const std::array<std::string, kScripts>& script_texts() {
  static const std::array<std::string, kScripts> texts = [] {
    std::array<std::string, kScripts> made;
    const std::string_view own[kScripts] = {kPut, kRemove, kPurge};
    for (std::size_t i = 0; i < kScripts; ++i) made[i].append(kCommon).append(own[i]);
    return made;
  }();
  return texts;
}

}  // namespace maildrop::store::redis
