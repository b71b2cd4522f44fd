-- coroutine.close, to-be-closed variables in coroutines, wrap with errors, dead and unstarted coroutines.
local co = coroutine
local function closer(name, err) return setmetatable({}, { __close = function(_, e) print("close " .. name, e) if err then error(err, 0) end end }) end
local c = co.create(function() local a <close> = closer "a" local b <close> = closer "b" co.yield(1) print("never") end)
print(co.resume(c)) print(co.close(c), co.status(c)) print(co.close(c)) print(co.resume(c))
c = co.create(function() local a <close> = closer("a", "err a") local b <close> = closer("b", "err b") co.yield(1) end) print(co.resume(c)) print(co.close(c)) print(co.status(c), co.close(c))
c = co.create(print) print(co.close(c), co.status(c)) print(co.resume(c)) print(co.close(co.create(function() end)))
c = co.create(function() error("dead by error", 0) end) print(co.resume(c)) print(co.close(c)) print(co.close(c)) c = co.create(function() error({ 1 }) end) co.resume(c) local ok, e = co.close(c) print(ok, type(e))
c = co.create(function() local x <close> = closer "x" error("E", 0) end) print(co.resume(c)) print(co.status(c), co.close(c))
print(pcall(co.close, co.running())) local outer outer = co.create(function() print(pcall(co.close, outer)) local inner = co.create(function() print(pcall(co.close, outer)) end) co.resume(inner) end) print(co.resume(outer)) print(pcall(co.close)) print(pcall(co.close, 1))
-- Nested calls each with variables to close; closing runs innermost first.
c = co.create(function() local a <close> = closer "outer" pcall(function() local b <close> = closer "in pcall" for i in function() return 1 end, nil, nil, closer "for" do local d <close> = closer "body" co.yield("deep") end end) end) print(co.resume(c)) print(co.close(c))
-- A closer yields while the coroutine is closed from outside: refused, or runs in the closer's caller.
c = co.create(function() local a <close> = setmetatable({}, { __close = function() print(co.isyieldable()) print(pcall(co.yield, 1)) end }) co.yield() end) co.resume(c) print(co.close(c))
-- A closer of the same coroutine yields when the body returns.
c = co.wrap(function() local a <close> = setmetatable({}, { __close = function() print("resumed with", co.yield("from closer")) end }) return "result" end) print(c()) print(c("R"))
-- wrap: an error closes what is pending.
local w = co.wrap(function() local a <close> = closer "w" co.yield(1) error("wrap error", 0) end) print(w()) print(pcall(w)) print(pcall(w)) w = co.wrap(function() local a <close> = closer("w2", "close error") error("wrap error", 0) end) print(pcall(w))
-- In a for loop the wrapped coroutine is not closed by break; a closing value does it.
local function iter() local c = co.create(function() local x <close> = closer "generator" for i = 1, 10 do co.yield(i) end end) return function() local _, v = co.resume(c) return v end, nil, nil, setmetatable({}, { __close = function() co.close(c) end }) end
for v in iter() do print(v) if v == 2 then break end end
-- Error passing through closers in a coroutine: the last error wins.
c = co.create(function() local a <close> = closer "1" local b <close> = closer("2", "second") local d <close> = closer("3", "third") error("first", 0) end) print(co.resume(c))
-- Collected without closing: nothing runs.
do local g = co.create(function() local a <close> = closer "collected: must not print" co.yield() end) co.resume(g) end collectgarbage() collectgarbage() print("collected")
