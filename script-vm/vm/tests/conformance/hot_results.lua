-- Calls in hot code that want all results of a call, or take them: arguments, returns, constructors, nested.
local function one(f, ...) local r = f(...) return r end
local function try(f, ...) local ok, r = pcall(f, ...) print(ok, r) end
local function warm(f, ...) for _ = 1, 150 do one(f, ...) end return f end
local function add(a, b) return a + (b or 100) end
local function twice(x) return x * 2 end
local function pair(a, b) return b, a end
local function none() end

-- Arguments that are results.
local function nested(x) return add(twice(twice(x))) + add(x, twice(x)) end
warm(nested, 3) print(one(nested, 4), one(nested, 1.5), nested(2))
try(nested, {}) try(nested, "3") try(nested, nil)
local function swapped(x, y) return add(pair(x, y)) - add(x, pair(y, x)) end
warm(swapped, 1, 2) print(one(swapped, 5, 7), one(swapped, 0.5, -1)) try(swapped, 1, "x") try(swapped, nil, 1)
local function empty(x) local a = add(x, none()) local b = twice(add(x, none(x))) return a + b end
warm(empty, 1) print(one(empty, 2), one(empty, -0.5))
-- Now one result, now two, now none.
local function some(x) if x == 0 then return end if x > 10 then return x, 1 end return x end
local function count(...) return select("#", ...) end
local function varied(x) local c = count(some(x)) return c * 1000 + count(x, some(x)) end
warm(varied, 5) print(one(varied, 5), one(varied, 0), one(varied, 11), varied(5))
local function taken(x) return add(1, some(x)) end
warm(taken, 5) print(one(taken, 5), one(taken, 0), one(taken, 11))
-- Functions too long or too deep to be inlined, and recursive ones.
local function fac(n) if n < 2 then return 1 end return n * fac(n - 1) end
local function ack(m, n) if m == 0 then return n + 1 end if n == 0 then return (ack(m - 1, 1)) end return (ack(m - 1, ack(m, n - 1))) end
local function tak(x, y, z) if y >= x then return z end return (tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))) end
local function facs(n) return add(fac(n), fac(n + 1)) + twice(fac(n)) end
warm(facs, 5) warm(ack, 1, 3) warm(tak, 6, 3, 1)
print(one(facs, 6), one(ack, 2, 5), one(tak, 8, 4, 2), one(facs, 25), one(facs, 2.0)) try(facs, "x") try(ack, 1, {}) try(tak, 5, nil, 1)
local function deep(n) if n == 0 then return 0 end return 1 + add(deep(n - 1), 0) end
warm(deep, 8) print(one(deep, 3000)) try(deep, "a")
print((select(2, pcall(deep, 1e7)):gsub(":.*stack overflow.*", ": stack overflow")):sub(-14))
-- Functions of the library.
local floor, max, abs = math.floor, math.max, math.abs
local function lib(x, y) return add(max(x, abs(y))) + twice(floor(x)) end
warm(lib, 1.5, 2.5) print(one(lib, 3.7, -9.5), one(lib, -3.7, 1.0)) try(lib, "x", 1) try(lib, 2, {})
local out = {}
local function shown(x) out[#out + 1] = tostring(twice(x)) out[#out + 1] = table.concat({twice(x), add(x, twice(x))}, ",") return #out end
warm(shown, 2) one(shown, 4) print(out[#out - 1], out[#out], #out)
local function appended(t, x) t[#t + 1] = twice(x) t[#t + 1] = (add(x, twice(x))) return #t end
local list = {} for i = 1, 150 do one(appended, list, i) end print(#list, list[299], list[300])
-- Constructors and returns.
local function make(x, y) return {pair(x, y)}, {x, twice(y)}, {twice(x), none()} end
for i = 1, 150 do make(i, i) end
do local a, b, c = make(1, 2) print(a[1], a[2], b[1], b[2], c[1], #c) end
local function many(x, y) return x, pair(y, x) end
local function last(x) return (pair(x, x + 1)) end
local function use(x) local a, b, c, d = many(x, x * 2) return a + b * 10 + c * 100 + (d or 1000) + last(x) end
warm(use, 1) print(one(use, 2), one(use, 3.5), many(1, 2)) print(count(many(1, 2)), count(many(1, pair(3, 4))), add(many(5, 6)))
-- Tail calls.
local function tail(x) return twice(add(x, x)) end
local function tails(x, y) return pair(pair(x, y)) end
local function both(x) local a, b = tails(x, 2) return a * 10 + (b or 0) + tail(x) + add(tails(x, x)) end
warm(both, 3) print(one(both, 4), tails(1, 2), tail(9)) print(count(tails(1, 2)), count(tail(3)), tails("a", nil))
local function loop(n, s) if n == 0 then return s end return loop(n - 1, add(s, twice(n))) end
warm(loop, 5, 0) print(one(loop, 5, 1), loop(200000, 0), one(loop, 100000, 0.5)) try(loop, 3, "x") try(loop, 3, {})
local function even(n) if n == 0 then return true end return (function(m) return m == 0 and "odd" or even(m - 1) end)(n - 1) end
for _ = 1, 60 do even(6) end print(even(10), even(7), even(100000))
-- What is called changes, and what it needs.
local f, g = twice, add
local function variable(x) return g(f(x)) + g(f(x), f(x)) end
warm(variable, 2) print(one(variable, 3))
f = function(x) return x, x * 3 end print(one(variable, 3))
for _ = 1, 60 do one(variable, 2) end print(one(variable, 3))
f = setmetatable({}, {__call = function(_, x) return x + 0.5 end}) print(one(variable, 3))
f = math.abs g = math.max print(one(variable, -3)) for _ = 1, 60 do one(variable, 2) end print(one(variable, -3))
f = nil try(variable, 1)
-- Errors within, and what they name.
local function fails(x) if x > 3 then error("too much: " .. x) end return x end
local function outer(x) return add(fails(x), fails(x + 1)) end
warm(outer, 1) try(outer, 3) try(outer, 4) try(outer, {})
local function wide(x, t) return add(t.a.b, twice(x)) end
warm(wide, 1, {a = {b = 2}}) try(wide, 1, {}) try(wide, 1, {a = {}}) try(wide, {}, {a = {b = 1}})
-- Coroutines in the middle of arguments.
local function yields(x) if x % 50 == 0 then return coroutine.yield(x) end return x end
local function through(x) return add(yields(x), twice(yields(x + 1))) end
local co = coroutine.wrap(function() local s = 0 for i = 1, 200 do s = s + through(i) end return s end)
do local r, n = co(), 0 while n < 20 and r do n = n + 1 local ok, v = pcall(co, r + n) if not ok then break end r = v end print(n, r) end
-- Varargs pass through.
local function pass(...) return add(...) + count(..., none()) + count(twice(...)) end
warm(pass, 1, 2) print(one(pass, 3, 4), one(pass, 1), one(pass, 2.5, 1, 7))
-- More results than the frame has registers.
local function five(x) return x, 1, 2, 3, x end
local function ignore() end
local function less(x) ignore(five(x)) return (add(five(x))) end
warm(less, 1) print(one(less, 3), one(less, 0.5)) try(less, {})
-- Frames that wait within arguments, when called code leaves: fuel runs out at any of these calls.
local function down(x) if x > 4 then return x end return (down(x + 1)) end
local function second(a, b) return b or a end
local function waits(x, n) local s = 0 for i = 1, n do local a, b = second(second(down(x), down(i))) s = s + a + (b or 100) local t = {i, down(x)} s = s + #t end return second(down(s, x)) end
for _ = 1, 150 do waits(1, 3) waits(0.5, 3) end print(one(waits, -3, 4), waits(-2, 3), waits(1, 2000))
