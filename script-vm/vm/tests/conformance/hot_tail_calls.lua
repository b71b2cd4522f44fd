-- Tail calls and recursion between optimized functions, which leave in the midst of it.
local function one(f, ...) local r = f(...) return r end
local function try(f, ...) local ok, r = pcall(f, ...) print(ok, (tostring(r):gsub(":.*stack overflow.*", ": stack overflow"))) end
local function warm(f, ...) for _ = 1, 150 do one(f, ...) end return f end
local function count(...) return select("#", ...) end

-- To the function itself.
local function ack(m, n)
  if m == 0 then return n + 1 end
  if n == 0 then return ack(m - 1, 1) end
  return ack(m - 1, ack(m, n - 1))
end
warm(ack, 2, 3) print(one(ack, 2, 9), one(ack, 3, 6), ack(2, 300), one(ack, 2.0, 3)) try(ack, 2, "x") try(ack, {}, 1)
local function tak(x, y, z) if y >= x then return z end return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y)) end
warm(tak, 6, 3, 1) print(one(tak, 12, 8, 4), one(tak, 7.5, 3, 1)) try(tak, 5, nil, 1)
local function loop(n, s) if n == 0 then return s end return loop(n - 1, s + n) end
warm(loop, 9, 0) print(one(loop, 300000, 0), one(loop, 300000, 0.5), loop(5, 1)) try(loop, 5, {}) try(loop, 100000, "x")
-- To each other.
local even, odd
function even(n) if n == 0 then return true end return odd(n - 1) end
function odd(n) if n == 0 then return false end return even(n - 1) end
warm(even, 9) print(one(even, 100000), one(odd, 100000), even(7), one(even, 8.0)) try(even, "x") try(one, even, {})
local ping, pong
function ping(n) if n == 0 then return 0 end return 1 + pong(n - 1) end
function pong(n) if n == 0 then return 0 end local r = ping(n - 1) return r + 2 end
warm(ping, 9) print(one(ping, 1001), ping(10), one(pong, 5000)) try(ping, -1) try(pong, {}) try(one, ping, 1.5)
-- As many results as there are.
local function several(n) if n > 100 then return n, 1, 2 end return n end
local function through(n) return several(n) end
local function deeper(n) local a = through(n) return through(a + 1) end
warm(through, 1) warm(deeper, 1)
print(one(through, 3), one(deeper, 3), one(through, 200), count(through(200)), count(deeper(200)), count(deeper(3)), count(through(3), through(200)))
local function up(n) if n > 5 then return n, n end return up(n + 1) end
warm(up, 1) print(one(up, 1), up(1)) print(count(up(1)), count(up(7), up(2)))
local function single(n) if n > 5 then return n end return single(n + 1) end
local function all(n) return count(single(n)) + count(single(n), single(n)) end
warm(single, 1) warm(all, 1) print(one(single, 0), all(2), one(all, 3))
local function none(n) if n == 0 then return end return none(n - 1) end
warm(none, 3) print(one(none, 5), count(none(2)), count((none(2))))
-- Arguments: too few, too many.
local function few(a, b) if a > 3 then return b end return few(a + 1) end
local function many(a) if a > 3 then return a end return many(a + 1, a, a) end
warm(few, 1, 2) warm(many, 1) print(one(few, 1, 2), one(few, 4, 2), one(many, 1))
-- What is called changes while it runs.
local which
local function first(n) if n == 0 then return "first" end return which(n - 1) end
local function second(n) if n == 0 then return "second" end return first(n - 1) end
which = first warm(first, 5) print(one(first, 4)) which = second warm(first, 5) print(one(first, 4), one(first, 5))
which = tostring print(one(first, 4)) which = nil try(first, 4) which = setmetatable({}, {__call = function(_, n) return "called " .. n end}) print(one(first, 3))
function again(n) if n == 0 then return "old" end if n == 50 then again = function(m) return "new " .. m end end return again(n - 1) end
for _ = 1, 150 do one(again, 9) end print(one(again, 20), one(again, 60), again(3))
-- Frames that have been replaced, as those who look at them see them.
local function look(n)
  if n > 90 then
    local here, below = debug.getinfo(1, "tf"), debug.getinfo(2, "tl")
    return tostring(here.istailcall) .. " " .. tostring(here.func ~= nil) .. " " .. tostring(below.istailcall) .. " " .. below.currentline
  end
  return n
end
local function tailed(n) return look(n) end
local function twice(n) return tailed(n) end
local function plain(n) local r = look(n) return r end
for _ = 1, 150 do one(tailed, 1) one(twice, 1) one(plain, 1) end
print(one(look, 99)) print(one(tailed, 99)) print(one(twice, 99)) print(one(plain, 99)) print(tailed(99))
local function raises(n, m) if n == 0 then return m.x.y end return raises(n - 1, m) end
warm(raises, 5, {x = {y = 1}}) try(raises, 5, {}) print(select(2, xpcall(one, function(m) return select(2, debug.traceback(m):gsub("tail calls", "")) end, raises, 5, {})))
-- Types change on the way; yields; no end.
local function mixed(n, x) if n == 0 then return x end if n == 7 then x = x + 0.5 end if n == 3 then x = x .. "" end return mixed(n - 1, x) end
warm(mixed, 2, 1) print(one(mixed, 2, 1), one(mixed, 6, 1), one(mixed, 9, 1), one(mixed, 20, 2))
local function yields(n) if n == 0 then return "end" end if n % 40 == 0 then coroutine.yield(n) end return yields(n - 1) end
warm(yields, 5)
local co = coroutine.wrap(function() return one(yields, 100) end) print(co(), co(), co())
local function forever(n) return 1 + forever(n + 1) end
local function over(n) if n < 0 then return over(n) + 1 end return n end
warm(over, 3) try(over, -1) try(one, over, -1) try(forever, 1)
print(one(over, 5), one(loop, 10, 0), one(ping, 20))
-- Methods that other places have looked up before.
local class = {} class.__index = class
function class:fib(n) if n < 2 then return n end return self:fib(n - 1) + self:fib(n - 2) end
function class:gcd(a, b) if b == 0 then return a end return self:gcd(b, a % b) end
local object, other = setmetatable({}, class), setmetatable({x = 1}, class)
print(object:fib(15), other:fib(15)) print(one(object.fib, other, 12), one(object.gcd, object, 1071, 462)) warm(object.gcd, object, 21, 14)
print(one(object.gcd, other, 1e15, 250), other:gcd(12, 18)) try(object.gcd, {}, 1, 2) try(object.fib, object, "x")
local fib = class.fib class.fib = function(self, n) return n < 3 and fib(self, n) or "new" end try(fib, object, 5) print(one(fib, object, 2))
-- Closures of one function that call each other rather than themselves.
local function link(step, next) local f f = function(n) if n <= 0 then return step end return (next or f)(n - step) + step end return f end
local l1 = link(1) local l2 = link(2, l1) local l3 = link(3, l2)
warm(l1, 5) print(one(l1, 9), one(l2, 9), one(l3, 9)) warm(l3, 12) print(one(l1, 9), one(l2, 9), one(l3, 9), one(l3, 0.5))
local function count_down(n, k) if n == 0 then return k end return count_down(n - 1, k + 1) end
local first_one = count_down
local function fresh() local function walk(n) if n < 2 then return n end return walk(n - 1) + walk(n - 2) end return walk end
for _ = 1, 40 do one(fresh(), 7) end print(one(fresh(), 12), one(fresh(), 6.5)) try(fresh(), "y")
count_down = function(n, k) return "replaced " .. n .. " " .. k end print(one(first_one, 5, 0), one(count_down, 5, 0))
-- Tail calls of objects with `__call` are tail calls.
local caller caller = setmetatable({}, {__call = function(self, n, k) if n == 0 then return k end return self(n - 1, k + 1) end})
warm(caller, 6, 0) print(caller(300000, 0), one(caller, 5, 0), pcall(caller, 250000, 0))
local chain = setmetatable({}, {__call = setmetatable({}, {__call = function(outer, inner, n) if n == 0 then return type(outer), type(inner) end return inner(n - 1) end})})
warm(chain, 5) print(chain(220000)) print(one(chain, 3))
local native = setmetatable({}, {__call = select}) local function pick(n) return native(n, 5, 6) end
try(pick, "#") try(pick, 1) local varying = setmetatable({}, {__call = function(self, ...) local n = ... if n == 0 then return ... end return self(n - 1, select(2, ...)) end})
print(varying(210000, 1, 2, 3)) local function where() return setmetatable({}, {__call = function() error("level", 2) end})() end try(where)
local function absent(x) return x() end warm(pcall, absent, caller) try(absent, nil) try(absent, {}) try(absent, setmetatable({}, {__call = 5}))
