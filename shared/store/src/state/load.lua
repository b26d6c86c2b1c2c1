-- KEYS: the conversation, the effects (optional). Answers {version, document, effects}.
local conversation = redis.call('HMGET', KEYS[1], 'v', 'd')
local effects = KEYS[2] and redis.call('GET', KEYS[2]) or false
return { conversation[1], conversation[2], effects }
