-- KEYS: the conversation, its alias, the effects (optional).
-- ARGV: the expected version (empty: there is no document), the document, its life in ms,
--       the effects, their life in ms.
-- Answers {'stored', version}, {'conflict', ''} or {'decided', effects}.
if KEYS[3] then
  local decided = redis.call('GET', KEYS[3])
  if decided then
    return { 'decided', decided }
  end
end
local version = redis.call('HGET', KEYS[1], 'v') or '0'
if ARGV[1] ~= '' then
  if version ~= ARGV[1] or (version == '0' and redis.call('EXISTS', KEYS[2]) == 1) then
    return { 'conflict', '' }
  end
  version = redis.call('HINCRBY', KEYS[1], 'v', 1)
  redis.call('HSET', KEYS[1], 'd', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
if KEYS[3] then
  redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[5])
end
return { 'stored', version }
