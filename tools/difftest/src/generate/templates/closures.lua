--- closures.counter 8 14
local function counter(step) local n = $i return function() n = n + step return n end, function() return n end, function(v) n = v end end
local inc, get, set = counter(‹$i¦1¦0.5›)
local inc2, get2 = counter(2)
print(inc(), inc(), get(), inc2(), get2())
set(‹$n¦100›)
print(inc(), get(), get2())
--- closures.loop 10 24
local fs = {}
for i = 1, ‹3¦4› do local j = i * $d fs[#fs + 1] = function(d) i = i + d j = j + i return i, j end end
local w = 0
while w < 3 do w = w + 1 local k = w fs[#fs + 1] = function(d) k = k + d return k, w end end
local r = 0
repeat r = r + 1 local m = r fs[#fs + 1] = function(d) m = m + d return m, r end until ‹m >= 3¦r >= 2›
for _, v in ipairs({5, 6}) do fs[#fs + 1] = function(d) v = v + d return v, _ end end
for round = 1, 2 do for i = 1, #fs do print(fs[i](round)) end end
--- closures.shared 8 14
local a, b = $i, $s
local function setters() return function(v) a = v end, function(v) b = v end, function() return a, b end end
local seta, setb, get = setters()
local seta2, _, get2 = setters()
seta($i)
print(get())
setb(cap($s))
seta2($n)
print(get2())
a = "outer"
print(get())
--- closures.nested 6 14
local x = $i
local function one() local y = x + 1 return function() local z = y + x x = x + 1 return function(w) y = y + (w or 1) return x, y, z end end end
local two = one()
local three, four = two(), two()
print(three(), four(1))
print(three(5), four(), x)
--- closures.recursive 6 30
local fact fact = function(n) if n <= 1 then return 1 end return n * fact(n - 1) end
local memo = {}
local function fib(n) if n < 2 then return n end local m = memo[n] if m then return m end m = fib(n - 1) + fib(n - 2) memo[n] = m return m end
print(fact(‹5¦20¦21¦$p›), fib($p * 5), fact(3.0))
local saved = fact
fact = function(n) return -1 end
print(saved($p))
--- closures.compose 7 30
local function compose(f, g) return function(...) return f(g(...)) end end
local function curry(f, a) return function(...) return f(a, ...) end end
local add = function(a, b) return a + (b or 0) end
local h = compose(curry(add, $i), compose(function(x) return x * 2 end, add))
print(h(1, 2), h($n, $i), curry(curry, add)(5)(6))
local function map(t, f) local o = {} for i = 1, #t do o[i] = f(t[i], i) end return o end
local function fold(t, f, a) for i = 1, #t do a = f(a, t[i]) end return a end
print(fold(map({$i, $i, 3}, function(v, i) return v + i * $d end), function(a, v) return a ~ v end, 0))
--- closures.identity 4 8
local function make() return function() end end
local a, b = make(), make()
print(a == a, type(a), rawequal(a, a))
local t = {[a] = "a"}
print(t[a], t[print], #t)
--- closures.upvalue_stack 6 30
local list = {}
local function outer(n)
  local v = n
  local function inner() v = v + 1 return v end
  list[#list + 1] = inner
  if n > 0 then outer(n - 1) end
  return inner() + v
end
print(outer($p))
for i = 1, #list do print(list[i]()) end
--- closures.parameter 6 10
local function f(a, b) local g = function() a = a + 1 return a, b end b = (b or 0) * 2 a = a * 2 return g, a end
local g, a = f($i, $n)
print(g()) print(g()) print(a)
local function opt(t) t = t or {n = 0} t.n = t.n + 1 return t end
print(opt().n, opt({n = $i}).n, opt(opt()).n)
--- closures.capture_in_block 5 12
local get
do local hidden = $v get = function(v) local old = hidden if v ~= nil then hidden = v end return old end end
do local hidden = "other" $S end
print(get($i)) print(get($s)) print(get())
for i = 1, 2 do local x get = function() x = (x or 0) + i return x end print(get(), get()) end
--- closures.generators 7 30
local function range(a, b, step) step = step or 1 local i = a - step return function() i = i + step if (step > 0 and i <= b) or (step < 0 and i >= b) then return i end end end
local total = 0
for i in range(1, ‹5¦9›) do total = total + i end
for i in range(5, 1, -2) do total = total * 2 + i end
print(total)
local function filter(it, p) return function() while true do local v = it() if v == nil or p(v) then return v end end end end
for v in filter(range(1, 12), function(v) return v % ‹2¦3¦5› == 0 end) do print(v) end
local function stateless(s, c) if c < s then return c + 1, c * c end end
for i, sq in stateless, $p, 0 do print(i, sq) end
--- closures.goto_forward 8 30
local fs = {}
local function run(k)
  do
    local a, b = k, "x" .. k
    fs[#fs + 1] = function(v) a = v or a return a, b end
    if k > ‹0¦1¦2› then goto out end
    b = b .. "!"
  end
  ::out::
  local c, d = k * 10, "after" .. k
  fs[#fs + 1] = function() return c, d end
  c = c + 1
end
for k = 1, 4 do run(k) end
for i = 1, #fs do print(fs[i]()) end
