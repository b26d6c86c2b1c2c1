-- What `rule.rs` does, under the clock of Redis. Lua's numbers hold microseconds exactly, but only
-- %.0f writes them so.
-- KEYS: the gate. ARGV: what to do, its numbers.
local names = { 'seen', 'refilled', 'previous', 'ticket', 'ends', 'known', 'strikes', 'probe' }
local PROBE, PAUSE, IDLE, STRUCK, MOST = 30e6, 1e6, 600e6, 604800e6, 30

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local gate = {}
for index, value in ipairs(redis.call('HMGET', KEYS[1], unpack(names))) do
  gate[names[index]] = tonumber(value or 0)
end
local back = math.max(gate.seen - now, 0)
gate.refilled, gate.previous, gate.ends = gate.refilled - back, gate.previous - back, gate.ends - back
if gate.probe > 0 then
  gate.probe = gate.probe - back
end
gate.seen = now

local function number(index)
  return tonumber(ARGV[index])
end

local function store()
  local fields = {}
  for _, name in ipairs(names) do
    fields[#fields + 1] = name
    fields[#fields + 1] = string.format('%.0f', gate[name])
  end
  redis.call('HSET', KEYS[1], unpack(fields))
  local idle = gate.strikes > 0 and STRUCK or IDLE
  local life = math.max(now, gate.refilled, gate.ends) + idle - now
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.ceil(life / 1000)))
end

-- Also when nothing else changes: otherwise no time would pass until the clock is where it was.
if back > 0 then
  store()
end

-- Zero: for no time.
local function blocked()
  if gate.ends > now then
    return gate.ends - now
  end
  return math.max(math.min(gate.probe - now, PAUSE), 0)
end

local act = {}

-- every, depth, patience: {'granted', after, ticket}, {'early', wait, 0} or {'blocked', wait, 0}.
function act.pass()
  local every, depth, patience = number(2), number(3), number(4)
  if blocked() > 0 then
    return { 'blocked', blocked(), 0 }
  end
  local refilled = math.max(gate.refilled, now) + every
  local after = math.max(refilled - depth - now, 0)
  if after > patience then
    return { 'early', after, 0 }
  end
  gate.previous, gate.refilled = gate.refilled, refilled
  gate.ticket = math.max(now, gate.ticket + 1)
  if gate.probe > 0 then
    gate.probe = now + PROBE
  end
  store()
  return { 'granted', after, gate.ticket }
end

-- ticket
function act.give_back()
  if number(2) == gate.ticket then
    gate.refilled = gate.previous
    gate.probe = math.min(gate.probe, now)
    store()
  end
end

-- base, factor, longest, at_least, spread, probe (0, 1), ticket (-1: unknown):
-- {for, strikes, newly}.
function act.block()
  local base, factor, longest, at_least = number(2), number(3), number(4), number(5)
  local spread, probe, ticket = number(6), number(7), number(8)
  local known = gate.ends > now or (ticket >= 0 and ticket <= gate.known)
  local newly = not known and gate.strikes == 0
  if not known then
    gate.strikes = gate.strikes + 1
    gate.known = math.max(now, gate.ticket)
  end
  local pause = 0
  if gate.strikes > 0 then
    local step = math.min(base * factor ^ math.min(gate.strikes - 1, MOST), longest)
    pause = math.ceil(step / factor + (step - step / factor) * spread)
  end
  gate.ends = math.max(gate.ends, now + math.max(pause, at_least))
  if not known then
    gate.probe = probe * gate.ends
  elseif gate.probe > 0 then
    gate.probe = math.max(gate.probe, gate.ends)
  end
  store()
  return { gate.ends - now, gate.strikes, newly and 1 or 0 }
end

-- ticket: whether there was a strike.
function act.unblock()
  if gate.strikes == 0 or number(2) <= gate.known then
    return 0
  end
  gate.strikes, gate.ends, gate.probe = 0, 0, 0
  store()
  return 1
end

act.blocked = blocked

return act[ARGV[1]]()
