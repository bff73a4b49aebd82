-- Changes rows of a table together with the maps that lead to them: all of it or
-- nothing. Returns how many rows there are that were changed, and the keys of
-- those that are not as the caller has seen them; or -1 and a key that is taken.
local at = 0
local function take() at = at + 1; return ARGV[at] end
local function count() return tonumber(take()) end

local name = take()
local maps = {}
for i = 1, count() do
	local m = {name = take(), columns = {}}
	for j = 1, count() do m.columns[j] = take() end
	maps[i] = m
end

local steps, taken = {}, {}
while at < #ARGV do
	local s = {kind = take(), key = take(), seen = {}, set = {}, drop = {}}
	for i = 1, count() do s.seen[i] = {take(), take(), take()} end
	for i = 1, 2 * count() do s.set[i] = take() end
	for i = 1, count() do s.drop[i] = take() end
	steps[#steps + 1] = s
	if s.kind == 'insert' then
		if taken[s.key] or redis.call('EXISTS', s.key) == 1 then return {-1, s.key} end
		taken[s.key] = true
	end
end

local function sets(key)
	local found = {}
	for i, m in ipairs(maps) do
		local set = name .. ':' .. m.name .. ':'
		for _, v in ipairs(redis.call('HMGET', key, unpack(m.columns))) do
			if not v then set = nil break end
			set = set .. ':' .. v
		end
		found[i] = set or false
	end
	return found
end

local function index(m) return name .. '::index::' .. m.name end

local function unchanged(s)
	for _, c in ipairs(s.seen) do
		local v = redis.call('HGET', s.key, c[1])
		if (c[2] == '1') ~= (v and true or false) or (v and v ~= c[3]) then return false end
	end
	return true
end

local done = {0}
for _, s in ipairs(steps) do
	local change = s.kind == 'insert' or s.kind == 'put'
	if not change and redis.call('EXISTS', s.key) == 1 then
		change = unchanged(s)
		if not change then done[#done + 1] = s.key end
	end
	if change then
		done[1] = done[1] + 1
		local before = sets(s.key)
		if s.kind == 'delete' then redis.call('DEL', s.key) end
		if #s.set > 0 then redis.call('HSET', s.key, unpack(s.set)) end
		if #s.drop > 0 then redis.call('HDEL', s.key, unpack(s.drop)) end
		local after = sets(s.key)
		for i, m in ipairs(maps) do
			if before[i] and before[i] ~= after[i] then
				redis.call('SREM', before[i], s.key)
				if redis.call('SCARD', before[i]) == 0 then redis.call('SREM', index(m), before[i]) end
			end
			if after[i] then
				redis.call('SADD', after[i], s.key)
				redis.call('SADD', index(m), after[i])
			end
		end
	end
end
return done
