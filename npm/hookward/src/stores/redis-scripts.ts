// The scripts that Redis runs. Answers are whole numbers, which every client hands over alike.
//
// A key holds `held:` and a token, and expires with the lease; or `done:` and the token that completed
// it, and expires with its time to live.

/**
 * When this server began to remember. It has lost keys if it was restarted or another took over (its
 * `run_id` is another), or if it evicted some; a server that does not tell (INFO forbidden) is taken to
 * lose them all the time. ARGV[1] is 1 where the user vouches for it.
 */
const REMEMBER = `
local function section(name)
  local text = redis.pcall('INFO', name)
  return type(text) == 'string' and text or ''
end
local function remember(key)
  local state = 'durable'
  if ARGV[1] ~= '1' then
    local run = string.match(section('server'), 'run_id:(%w+)')
    local evicted = string.match(section('stats'), 'evicted_keys:(%d+)')
    state = run and evicted and run .. ':' .. evicted
  end
  local now = tonumber(redis.call('TIME')[1]) + 1
  local known = redis.call('HMGET', key, 'since', 'state')
  if known[1] and state and (known[2] == state or state == 'durable') then return tonumber(known[1]) end
  redis.call('HSET', key, 'since', now, 'state', state or '')
  return now
end
`;

/** -1: it is the caller's. -2: it is done. Else how long the lease still runs, in milliseconds. */
export const CLAIM = `${REMEMBER}
remember(KEYS[1])
local found = redis.call('GET', KEYS[2])
local mine = 'held:' .. ARGV[2]
if not found then redis.call('SET', KEYS[2], mine, 'PX', ARGV[3]) end
if not found or found == mine then return -1 end
if string.sub(found, 1, 5) == 'done:' then return -2 end
return math.max(redis.call('PTTL', KEYS[2]), 0)
`;

/** 1: it is done, now or by this same call before. */
export const COMPLETE = `
local found = redis.call('GET', KEYS[1])
local done = 'done:' .. ARGV[1]
if found == 'held:' .. ARGV[1] then
  redis.call('SET', KEYS[1], done, 'PX', ARGV[2])
  return 1
end
return found == done and 1 or 0
`;

export const RELEASE = `
if redis.call('GET', KEYS[1]) == 'held:' .. ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0
`;

export const SINCE = `${REMEMBER}
return remember(KEYS[1])
`;
