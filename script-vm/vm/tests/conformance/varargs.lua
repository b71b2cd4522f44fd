-- Varargs: counts with nils, select, passing on, in constructors, main chunk, tail calls, large counts.
local function count(...) return select("#", ...) end
local function pack(...) return { n = select("#", ...), ... } end
print(count(), count(nil), count(nil, nil), count(1, nil), count((nil)), count(count()), count(table.unpack({}, 1, 3)))
local function show(...) local p = pack(...) local s = {} for i = 1, p.n do s[i] = tostring(p[i]) end print(p.n, table.concat(s, ",")) end
show() show(nil) show(1, nil, 3, nil) show(show) 
local function first(...) local a = ... return a end
local function two(...) local a, b = ... return a, b end
local function rest(_, ...) return ... end
local function paren(...) return (...) end
local function mid(...) return 0, ..., 9 end
local function last(...) return 0, 9, ... end
show(first(1, 2)) show(first()) show(two(1)) show(two()) show(two(1, 2, 3)) show(rest()) show(rest(1)) show(rest(1, 2, nil)) show(paren(5, 6)) show(paren())
show(mid(1, 2, 3)) show(last(1, 2, 3)) show(last()) show((last(1))) show(last(last(7)))
show(select(2, "a", "b", "c")) show(select(-1, "a", "b", "c")) show(select(-3, "a", "b", "c")) show(select(4, "a", "b", "c")) show(select("#"))
show(pcall(select, 0)) show(pcall(select, -4, 1, 2, 3)) show(pcall(select)) show(pcall(select, "x")) show(select(2.0, 1, 2, 3)) show(pcall(select, 1.5))
-- Fixed parameters before the dots.
local function fixed(a, b, ...) return a, b, select("#", ...), ... end
show(fixed()) show(fixed(1)) show(fixed(1, 2)) show(fixed(1, 2, 3, nil))
-- Varargs after others in constructors and calls.
local function cons(...) return { ..., "end" }, { "begin", ... }, { ... , n = "named" } end
local a, b, c = cons(1, 2, 3) print(#a, a[1], a[2], #b, b[1], b[4], #c, c.n)
-- Assignment from dots adjusts.
local function assign(...) local x, y, z = ... x, y = y, x local p, q = 1, ... return x, y, z, p, q end
show(assign(1, 2)) show(assign(1, 2, 3, 4))
-- Tail calls keep counts; recursion peels one argument at a time.
local function tail(...) return count(...) end
local function sum(x, ...) if x == nil then return 0 end return x + sum(...) end
local function sumtail(acc, x, ...) if x == nil then return acc end return sumtail(acc + x, ...) end
print(tail(), tail(nil, nil), sum(1, 2, 3, 4, 5), sumtail(0, 1, 2, 3, 4, 5))
local function rev(x, ...) if select("#", ...) == 0 then return x end local function app(v, ...) return ..., v end return app(x, rev(...)) end
show(rev(1, 2)) show(rev(1, 2, 3))
-- The dots are values: changing what they came from does not change them.
local function frozen(a, ...) local t = { ... } a = 5 t[1] = "changed" return a, ... end
show(frozen(1, "kept", "too"))
-- In coroutines, methods, metamethods, pcall.
show(coroutine.wrap(function(...) local n = select("#", ...) local x, y = coroutine.yield(n, ...) return x, y, ... end)(1, nil, nil))
local obj = { m = function(self, ...) return self ~= nil, ... end } show(obj:m(1, nil)) show(obj.m(nil, 2))
local callable = setmetatable({}, { __call = function(self, ...) return select("#", ...), ... end }) show(callable()) show(callable(nil, nil)) show(callable(callable(1)))
show(pcall(function(...) return ... end, 1, nil, nil)) show(pcall(error)) show(pcall(error, nil)) show(select("#", pcall(error)))
-- Many of them.
local big = {} for i = 1, 250 do big[i] = i end
print(count(table.unpack(big)), (select(250, table.unpack(big))), #{ table.unpack(big) }, #pack(table.unpack(big)), select("#", table.unpack(big, -5, 200)))
print(#table.pack(string.byte(("x"):rep(300), 1, -1)), select("#", ("x"):rep(200):byte(1, -1)), math.max(table.unpack(big)), string.char(table.unpack(big, 65, 70)))
-- Main chunk and loaded chunks are vararg functions.
print(select("#", ...), load("return select('#', ...), ...")(1, nil, 2))
-- table.pack, table.unpack
local p = table.pack(1, nil, 3, nil) print(p.n, p[1], p[3]) show(table.unpack(p, 1, p.n)) show(table.unpack({ 1, 2, 3 }, 2)) show(table.unpack({ 1, 2, 3 }, 2, 5)) show(table.unpack({ 1, 2 }, 3, 2))
show(table.unpack({}, 0, 0)) show(table.unpack({ [-1] = "m", [0] = "z", "o" }, -1, 1)) show(table.unpack(setmetatable({}, { __index = function(_, k) return k * k end }), 2, 4))
