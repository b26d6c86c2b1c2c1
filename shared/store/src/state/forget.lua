-- KEYS: the conversation, its alias. ARGV: where to go on, the pattern of its effects' keys.
-- Deletes the conversation and those of its effects that are found in this step; the alias stays.
-- Answers {where to go on, how many were deleted}; where to go on is 0 in the end. All these keys
-- share a hash tag, so that they are on the node that runs this.
local deleted = redis.call('DEL', KEYS[1])
local step = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', 1000)
for _, key in ipairs(step[2]) do
  if key ~= KEYS[2] then
    deleted = deleted + redis.call('DEL', key)
  end
end
return { step[1], deleted }
