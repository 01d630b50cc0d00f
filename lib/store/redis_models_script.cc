/// redis_models_script.cc: pieces become the model of a name, and those of the one before go.
///
/// PREFIXmodels:{models}:index, a hash, has of each name `VERSION TOKEN PIECES SIZE SUM`: the version, the word by
/// which its pieces are called, how many they are, the bytes of all, and their SHA-256. Its pieces are
/// PREFIXmodels:{models}:NAME:TOKEN:N from 1 on; as long as they belong to no model they end by themselves.
/// PREFIXmodels:{models}:last is the last version that any model was given. All have one hash tag, so they are in one
/// slot.
///
/// Arguments: PREFIX NAME TOKEN PIECES SIZE SUM now version (as that of Models::put()). Answers the version; 0: pieces
/// have ended meanwhile, and nothing is changed. Or PREFIX NAME: removes it; 1, or 0: there was none.
#include "store/redis_scripts.h"

namespace maildrop::store::redis {

const std::string_view kModelsScript = R"lua(
local call = redis.call
local base = ARGV[1] .. 'models:{models}:'
local name, token = ARGV[2], ARGV[3]
local INDEX, LAST = base .. 'index', base .. 'last'

local function piece(of, n) return base .. name .. ':' .. of .. ':' .. n end

local old = call('HGET', INDEX, name)
local version = old and 1 or 0
if token then
  local pieces = tonumber(ARGV[4])
  for n = 1, pieces do
    if call('EXISTS', piece(token, n)) == 0 then return 0 end
  end
  local last = tonumber(call('GET', LAST) or 0)
  version = tonumber(ARGV[8])
  if version == 0 then version = math.max(last + 1, tonumber(ARGV[7])) end
  local taken = {}
  local index = call('HGETALL', INDEX)
  for i = 1, #index, 2 do
    if index[i] ~= name then taken[tonumber(string.match(index[i + 1], '^%d+') or 0)] = true end
  end
  while taken[version] do version = version + 1 end
  local text = string.format('%.0f', version)
  call('SET', LAST, string.format('%.0f', math.max(last, version)))
  for n = 1, pieces do call('PERSIST', piece(token, n)) end
  call('HSET', INDEX, name, table.concat({text, token, ARGV[4], ARGV[5], ARGV[6]}, ' '))
elseif old then
  call('HDEL', INDEX, name)
end
if old then
  local of, pieces = string.match(old, '^%d+ (%w+) (%d+) ')
  for n = 1, tonumber(pieces or 0) do call('UNLINK', piece(of, n)) end
end
return version
)lua";

}  // namespace maildrop::store::redis
